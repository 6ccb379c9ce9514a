"""The true clothing of a drawn person as the library knows clothing: an offset at every vertex of the bare body."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from bodydouble.geometry.mesh import unique_edges, vertex_normals
from bodydouble.values import Clothing, RestBody
from workshop.synthesis.body import PackedBody
from workshop.synthesis.garments.folds import fold_cloth
from workshop.synthesis.garments.worn import CLOTH, Fitted

_FARTHEST = 0.12  # metres; what stands off farther (a skirt between the legs, long hair) is not an offset
_SPREAD_ROUNDS = 40  # of carrying offsets to covered vertices that no cloth vertex lies over
_SMOOTH_ROUNDS = 4


def true_clothing(body: PackedBody, fitted: Fitted) -> Clothing:
    """How far clothes, shoes and hair stand off the skin, in the rest pose.

    Each point of cloth belongs to the skin vertex nearest to it; where several lie over one vertex the outermost
    counts. Covered skin in between takes what is around it; bare skin stays. A skirt is cloth on two legs here.
    """
    rest = fitted.rest
    skin_normals = vertex_normals(rest.vertices, body.base_faces)
    height = torch.full((len(rest.vertices),), -torch.inf, device=rest.vertices.device)
    for kind, hung, visible, nearest, faces in _cloth_pieces(fitted):
        if fitted.folds is not None and kind in CLOTH:
            apart = (hung.vertices - rest.vertices[nearest]).norm(dim=1)
            folded = fold_cloth(hung.vertices, faces, hung, apart, fitted.folds, body.roles)
            hung = replace(hung, vertices=folded)
        points, at = _points(hung, nearest, faces[visible], rest)
        stand = ((points - rest.vertices[at]) * skin_normals[at]).sum(-1)
        stand = torch.where(stand.abs() < _FARTHEST, stand, -torch.inf)
        height = height.scatter_reduce(0, at, stand, "amax")
    bare = torch.zeros(len(height), dtype=torch.bool, device=height.device)
    bare[body.base_faces[fitted.skin_faces].flatten()] = True
    fixed = height.isfinite() | bare
    height = torch.where(height.isfinite(), height.clamp_min(0), 0.0)
    height = _diffuse(height, fixed, body.base_faces)
    offsets = (height[:, None] * skin_normals)[body.of_body]
    return Clothing(offsets=offsets, leg_blend=torch.zeros(len(offsets), device=offsets.device))


def _cloth_pieces(fitted: Fitted) -> list[tuple[str, RestBody, Tensor, Tensor, Tensor]]:
    """What clothing is made of: kind, geometry, faces kept, nearest skin vertices, faces; nothing of the face."""
    return [
        (item.kind, hung, visible, nearest, item.garment.faces)
        for item, hung, visible, nearest in fitted.items
        if item.kind not in ("eyes", "brows", "facial hair", "thing")
    ]


def _points(hung: RestBody, nearest: Tensor, faces: Tensor, rest: RestBody) -> tuple[Tensor, Tensor]:
    """Vertices in use and the middles of faces, and the skin vertex (of the base) each belongs to."""
    used = faces.unique()
    middles = hung.vertices[faces].mean(1)
    candidates = nearest[faces]
    best = (rest.vertices[candidates] - middles[:, None]).norm(dim=-1).argmin(1, keepdim=True)
    points = torch.cat([hung.vertices[used], middles])
    return points, torch.cat([nearest[used], candidates.gather(1, best)[:, 0]])


def _diffuse(height: Tensor, fixed: Tensor, faces: Tensor) -> Tensor:
    """Values carried along edges to the vertices that are not known, then everything smoothed a little."""
    edges = unique_edges(faces)
    start, end = torch.cat([edges, edges.flip(1)]).T
    weight = fixed.float()
    for _ in range(_SPREAD_ROUNDS):
        total = torch.zeros_like(height).index_add(0, end, (height * weight)[start])
        count = torch.zeros_like(height).index_add(0, end, weight[start])
        filled = total / count.clamp_min(1e-6)
        height = torch.where(fixed, height, filled)
        weight = torch.where(fixed, 1.0, (count > 0).float())
    neighbours = torch.zeros_like(height).index_add(0, end, torch.ones_like(height)[start]).clamp_min(1)
    for _ in range(_SMOOTH_ROUNDS):
        total = torch.zeros_like(height).index_add(0, end, height[start])
        height = (height + total / neighbours) / 2
    return height
