"""Surfaces without what is transparent of them: a mesh has no alpha, so they are cut along its contour.

Locks of hair and worn hems end where their texture does, in the middle of large faces. To leave out whole faces would
make saw teeth of them; the faces are made small and each one is cut where alpha passes a half (marching triangles).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from bodydouble.geometry.mesh import number_edges, quarter_faces
from bodydouble.raster.shade import sample_texture
from bodydouble.values import Surface, UvLayout

_OPAQUE = 0.5  # alpha from which a veil is part of the solid
_FINEST_M = 0.006  # metres, edge of the faces that are cut: a cell and a half of the solid
_MOST_SPLITS = 3  # times that edges are halved for that


@dataclass(frozen=True, kw_only=True)
class _Net:
    """Faces whose vertices know all that a surface's corner has."""

    values: Tensor  # V×C: place, uv, skin weights
    faces: Tensor  # F×3, int64


def cut_transparent(surface: Surface) -> Surface:
    """The surface's opaque part, at rest; the surface itself where all of it is opaque, or nothing is."""
    if surface.texture.alpha is None or surface.blendshapes is not None:
        return surface
    net = _join_corners(surface)
    for _ in range(_MOST_SPLITS):
        places = net.values[net.faces, :3]
        if float((places - places.roll(1, 1)).norm(dim=2).median()) <= _FINEST_M:
            break
        net = _halve_edges(net)
    uv = net.values[:, 3:5].T[None, :, None]
    excess = sample_texture(surface.texture.alpha[None], uv)[0, 0, 0] - _OPAQUE
    if bool((excess > 0).all()) or not bool((excess > 0).any()):
        return surface
    net = _keep_positive(net, excess)
    places, uv, weights = net.values[:, :3], net.values[:, 3:5], net.values[:, 5:]
    return replace(
        surface,
        vertices=places.contiguous(),
        faces=net.faces,
        layout=UvLayout(uv=uv.contiguous(), faces=net.faces, mirrored=surface.layout.mirrored),
        skin_weights=weights.contiguous(),
    )


def _join_corners(surface: Surface) -> _Net:
    """Vertices are split where the layout has seams."""
    count = len(surface.layout.uv)
    keys, rows = (surface.faces * count + surface.layout.faces).unique(return_inverse=True)
    vertex, place = keys // count, keys % count
    values = torch.cat([surface.vertices[vertex], surface.layout.uv[place], surface.skin_weights[vertex]], 1)
    return _Net(values=values, faces=rows)


def _halve_edges(net: _Net) -> _Net:
    """Each face as four."""
    ends, rows = number_edges(net.faces)
    values = torch.cat([net.values, net.values[ends].mean(1)])
    return _Net(values=values, faces=quarter_faces(net.faces, rows + len(net.values)))


def _keep_positive(net: _Net, excess: Tensor) -> _Net:
    """The part of the faces where the excess, (V,), is positive: whole ones, and pieces of those that it leaves."""
    ends, rows = number_edges(net.faces)
    low, high = excess[ends].unbind(1)
    share = (low / torch.where(low == high, 1.0, low - high)).clamp(0.02, 0.98)  # no face becomes a line
    crossing = torch.lerp(net.values[ends[:, 0]], net.values[ends[:, 1]], share[:, None])
    inside = excess[net.faces] > 0
    kept = [net.faces[inside.all(1)]]
    for corner in range(3):
        turn = [corner, (corner + 1) % 3, (corner + 2) % 3]
        faces, marks, cuts = net.faces[:, turn], inside[:, turn], rows[:, turn] + len(net.values)
        alone = marks[:, 0] & ~marks[:, 1] & ~marks[:, 2]
        kept.append(torch.stack([faces[:, 0], cuts[:, 0], cuts[:, 2]], 1)[alone])
        lacking = ~marks[:, 0] & marks[:, 1] & marks[:, 2]
        kept.append(torch.stack([cuts[:, 0], faces[:, 1], faces[:, 2]], 1)[lacking])
        kept.append(torch.stack([cuts[:, 0], faces[:, 2], cuts[:, 2]], 1)[lacking])
    used, faces = torch.cat(kept).unique(return_inverse=True)
    return _Net(values=torch.cat([net.values, crossing])[used], faces=faces)
