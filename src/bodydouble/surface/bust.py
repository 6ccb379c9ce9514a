"""A bust: the body cut off below what the photos show, with a straight edge and a lid.

Faces below the cut go. Those that cross it stay, and their lower corners move along the face's edges up to the cut, so
that the edge is straight; one spare vertex in the middle of each opening closes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import dress_rest, pose_fit
from bodydouble.geometry.camera import project
from bodydouble.raster.shade import interpolate
from bodydouble.surface.lowest_seen import lowest_seen, trunk_and_leg_heights
from bodydouble.surface.regions import LIMBS, Region, anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import BodyFit, FittedView, RestBody, Surface, Texture

_BIN_M = 0.02  # along an arm
_SHADE = 0.6  # of the colours at the edge: the lid's
_LID_TEXELS = 2  # around the face that is painted for it


def cut_bust(
    fit: BodyFit,
    texture: Texture,
    views: Sequence[FittedView],
    body: BodyModel,
    attached: Sequence[Surface] = (),
) -> tuple[BodyFit, Texture, tuple[Surface, ...]] | None:
    """The fit with the faces of a bust, its texture with the lid's colour, and what of its surfaces lies above the cut.

    None where nothing is to be cut off.

    Args:
        fit: of the first photo, clothed.
        texture: the body's, whole.
        views: all photos.
        attached: what hangs off the body, whole; what was seen of it stays, too.
    """
    rest = dress_rest(fit, body)
    level = _cut_level(rest, texture, body, attached)
    inside = _depth_inside(rest, level, views, body)
    if bool((inside > 0).all()) or not bool((inside > 0).any()):
        return None
    corners_inside = inside[body.faces] > 0
    stays, crossing = corners_inside.any(1), corners_inside.any(1) & ~corners_inside.all(1)
    vertices = onto_cut(rest.vertices, body.faces[crossing], inside)
    patch = int((_uv_area(body) * ~stays).argmax())  # the face that the lid shows: nobody saw it
    faces = torch.stack([body.faces, body.layout.faces], 1)[stays]
    vertices, lid = _close(vertices, faces[:, 0], inside <= 0)
    faces = torch.cat([faces, torch.stack([lid, body.layout.faces[patch].expand(len(lid), 3)], 1)])
    offsets = fit.clothing.offsets + vertices - rest.vertices
    cut = replace(fit, clothing=replace(fit.clothing, offsets=offsets), faces=faces)
    return cut, _painted(texture, patch, crossing, body), cut_attached(attached, level)


def cut_attached(surfaces: Sequence[Surface], level: float) -> tuple[Surface, ...]:
    """The surfaces without what hangs below a level of the rest pose, metres, with a straight edge there."""
    cut = []
    for surface in surfaces:
        inside = surface.vertices[:, 1] - level
        stays = (inside[surface.faces] > 0).any(1)
        if bool(stays.all()):
            cut.append(surface)
        elif bool(stays.any()):
            layout = replace(surface.layout, faces=surface.layout.faces[stays])
            faces = surface.faces[stays]
            vertices = onto_cut(surface.vertices, faces, inside)
            cut.append(replace(surface, vertices=vertices, faces=faces, layout=layout))
    return tuple(cut)


def _cut_level(rest: RestBody, texture: Texture, body: BodyModel, attached: Sequence[Surface]) -> float:
    """Metres of the rest pose, below which trunk, legs and what hangs before them were not seen; 0: they were."""
    size = texture.rgb.shape[-1]
    feet = anatomy(body).regions(size) == Region.FOOT
    level = lowest_seen(texture.confidence, trunk_and_leg_heights(rest, body, size), feet)
    for surface in attached:
        texels = texel_map(surface.layout, surface.texture.rgb.shape[-1])
        heights = interpolate(texels, surface.faces, surface.vertices[:, 1:2])[0, 0]
        observed = heights[surface.texture.confidence > 0]
        if len(observed):
            level = min(level, float(observed.min()))
    return level


def _depth_inside(rest: RestBody, level: float, views: Sequence[FittedView], body: BodyModel) -> Tensor:
    """(V,), metres: how far each vertex lies on the side of the cuts that stays; 0 and less is cut off.

    Args:
        level: metres, of the cut through trunk and legs.
    """
    inside = rest.vertices[:, 1] - level if level > 0 else torch.ones(len(rest.vertices))
    visible = torch.stack([_within_photo(view, body) for view in views]).any(0)
    for number, (first, last) in enumerate(LIMBS[:2]):
        limb = anatomy(body).limb_share[:, number].clamp(0, 1)
        start, end = (rest.joints[body.roles[name]] for name in (first, last))
        along = (rest.vertices - start) @ torch.nn.functional.normalize(end - start, dim=0)
        beyond = _arm_end(along[limb > 0.5], visible[limb > 0.5]) - along
        inside = torch.lerp(inside, beyond, limb)
    return inside


def _within_photo(view: FittedView, body: BodyModel) -> Tensor:
    """(V,), bool: the vertex lies within the photo's edges."""
    x, y, _ = project(pose_fit(view.fit, body).vertices, view.fit.camera).unbind(1)
    height, width = view.photo.size
    return (x > 0) & (x < width) & (y > 0) & (y < height)


def _arm_end(along: Tensor, visible: Tensor) -> float:
    """Metres along an arm up to which it is shown; far beyond its end where the hand is."""
    step = ((along - along.min()) / _BIN_M).long()
    mostly = torch.bincount(step, visible.float()) >= 0.5 * torch.bincount(step)
    last = int(mostly.nonzero().max()) if bool(mostly.any()) else 0
    return float(along.min()) + _BIN_M * (last + 1) if last < len(mostly) - 2 else float(along.max()) + 1.0


def onto_cut(vertices: Tensor, faces: Tensor, inside: Tensor) -> Tensor:
    """Vertices (V×3) of which those below the cut have moved up to it, along edges of the faces (F×3) that cross it."""
    edges = torch.cat([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    edges = torch.cat([edges, edges.flip(1)])
    above, below = edges[(inside[edges[:, 0]] > 0) & (inside[edges[:, 1]] <= 0)].T
    fraction = (inside[above] / (inside[above] - inside[below]))[:, None]
    crossing = torch.lerp(vertices[above], vertices[below], fraction)
    count = torch.bincount(below, minlength=len(vertices))[:, None]
    mean = torch.zeros_like(vertices).index_add(0, below, crossing) / count.clamp_min(1)
    return torch.where(count > 0, mean, vertices)


def _close(vertices: Tensor, faces: Tensor, below: Tensor) -> tuple[Tensor, Tensor]:
    """Vertices (V×3) with a spare one moved into the middle of each opening, and the faces (L×3) that close these.

    Args:
        faces: F×3, those that stay.
        below: (V,), bool: at the cut, or beyond it.
    """
    edges = _open_edges(faces, below)
    rim, ends = edges.unique(return_inverse=True)
    first, second = ends.T.numpy()
    joined = coo_matrix((np.ones(len(first)), (first, second)), shape=(len(rim), len(rim)))
    count, loop = connected_components(joined, directed=False)
    spare = torch.ones(len(vertices), dtype=torch.bool)
    spare[faces] = False
    vertices, lid = vertices.clone(), [edges.new_empty(0, 3)]
    for number in range(count):
        around = rim[torch.from_numpy(loop == number)]
        middle, free = vertices[around].mean(0), spare.nonzero()[:, 0]
        centre = free[(vertices[free] - middle).norm(dim=1).argmin()]  # near by, it moves with what lies there
        spare[centre], vertices[centre] = False, middle
        border = edges[torch.isin(edges[:, 0], around)]
        lid.append(torch.stack([border[:, 1], border[:, 0], centre.expand(len(border))], 1))
    return vertices, torch.cat(lid)


def _open_edges(faces: Tensor, below: Tensor) -> Tensor:
    """E×2: edges between vertices at the cut (V, bool) that only one of the faces (F×3) has, in its direction."""
    edges = torch.cat([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    edges = edges[below[edges].all(1)]
    code, twin = edges @ torch.tensor([len(below), 1]), edges @ torch.tensor([1, len(below)])
    return edges[~torch.isin(code, twin)]


def _uv_area(body: BodyModel) -> Tensor:
    """(F,): twice the area of each face in the layout."""
    first, second, third = body.layout.uv[body.layout.faces].unbind(1)
    one, other = second - first, third - first
    return (one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]).abs()


def _painted(texture: Texture, patch: int, edge: Tensor, body: BodyModel) -> Texture:
    """The texture with the face of the layout that the lid shows, in a darker shade of the faces (F, bool) at the edge.

    Texels that were seen stay.
    """
    size = texture.rgb.shape[-1]
    face = texel_map(body.layout, size).face[0]
    near = (face >= 0) & edge[face.clamp_min(0)]
    colour = _SHADE * (texture.rgb[:, near].median(1).values if bool(near.any()) else torch.full((3,), 0.5))
    lowest, highest = (body.layout.uv[body.layout.faces[patch]] * size).aminmax(dim=0)
    left, top = (lowest - _LID_TEXELS).clamp_min(0).int().tolist()
    right, bottom = (highest + _LID_TEXELS).ceil().int().tolist()
    rgb, unseen = texture.rgb.clone(), texture.confidence[top:bottom, left:right] == 0
    rgb[:, top:bottom, left:right] = torch.where(unseen, colour[:, None, None], rgb[:, top:bottom, left:right])
    return replace(texture, rgb=rgb)
