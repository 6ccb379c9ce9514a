"""Cutting garments along exact lines, moving their vertices, and showing skin again at their borders."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor

from bodydouble.values import RestBody
from workshop.synthesis.garments.wardrobe import Garment, hang

MARGIN_M = 0.025  # skin is drawn this far into cloth, so that no gap is seen at a hem
_ROUNDING = 1e-5


def hang_still(garment: Garment, base: RestBody) -> RestBody:
    """As `hang`, but without expressions, which take most of its time."""
    return hang(garment, replace(base, expressions=base.expressions[:0]))


def cut(garment: Garment, value: Tensor, level: float, base: RestBody, margin: float = MARGIN_M) -> Garment:
    """The garment without everything above `level`; triangles that cross it are clipped.

    Skin shows again where the nearest cloth had a value above `level - margin`.

    Args:
        value: (N,) of each vertex, in the unit of `level` and `margin`.
        base: all base vertices of an adult, at rest, to find the nearest cloth on.
    """
    inside = value <= level
    if bool(inside.all()):
        return garment
    _, nearest = cKDTree(hang_still(garment, base).vertices.numpy()).query(base.vertices.numpy())
    hides = garment.hides & (value[torch.from_numpy(nearest)] <= level - margin)
    count = inside[garment.faces].sum(1)
    intact, crossing = count == 3, (count == 1) | (count == 2)
    # Turn each crossing triangle so that the corner which is alone on its side comes first.
    odd = (inside[garment.faces[crossing]] == (count[crossing] == 1)[:, None]).long().argmax(1)
    turn = (odd[:, None] + torch.arange(3)) % 3
    corners, uv_corners = garment.faces[crossing].gather(1, turn), garment.uv_faces[crossing].gather(1, turn)
    alone = inside[corners[:, 0]]
    edges = torch.cat([corners[:, [0, 1]], corners[:, [0, 2]]])
    pairs, number = edges.sort(1).values.unique(dim=0, return_inverse=True)
    fraction = _crossing(value, pairs, level)
    uv_edges = torch.cat([uv_corners[:, [0, 1]], uv_corners[:, [0, 2]]])
    uv_rows = torch.arange(len(uv_edges))
    faces = _clip_triangles(corners, alone, number + len(garment.anchors))
    uv_faces = _clip_triangles(uv_corners, alone, uv_rows + len(garment.uv))
    anchors = torch.cat([garment.anchors[pairs[:, 0]], garment.anchors[pairs[:, 1]]], 1)
    weights = torch.cat(
        [garment.weights[pairs[:, 0]] * (1 - fraction)[:, None], garment.weights[pairs[:, 1]] * fraction[:, None]], 1
    )
    wide = [torch.cat([t, t], 1) for t in (garment.anchors, garment.weights)]
    wide[1][:, garment.weights.shape[1] :] = 0
    anchors, weights = compact(torch.cat([wide[0], anchors]), torch.cat([wide[1], weights]))
    result = replace(
        garment,
        anchors=anchors,
        weights=weights,
        offsets=torch.cat([garment.offsets, _lerp(garment.offsets, pairs, fraction)]),
        uv=torch.cat([garment.uv, _lerp(garment.uv, uv_edges, _crossing(value, edges, level))]),
        faces=torch.cat([garment.faces[intact], faces]),
        uv_faces=torch.cat([garment.uv_faces[intact], uv_faces]),
        hides=hides,
    )
    return keep_faces(result, torch.ones(len(result.faces), dtype=torch.bool))


def _clip_triangles(corners: Tensor, alone: Tensor, new: Tensor) -> Tensor:
    """What remains of n crossing triangles (n×3) whose first corner is on the other side than the second and third.

    Args:
        alone: (n,), whether the first corner is what remains.
        new: (2n,) the rows of the points where the n edges from the first to the second corner cross, then of those
            from the first to the third.
    """
    first, second = new.chunk(2)
    tips = torch.stack([corners[:, 0], first, second], 1)[alone]
    bases = torch.stack([first, corners[:, 1], corners[:, 2]], 1)[~alone]
    rests = torch.stack([first, corners[:, 2], second], 1)[~alone]
    return torch.cat([tips, bases, rests])


def _crossing(value: Tensor, pairs: Tensor, level: float) -> Tensor:
    """(M,) where on each edge the value is `level`, 0 at its first end and 1 at its second."""
    first, second = value[pairs[:, 0]], value[pairs[:, 1]]
    return ((level - first) / (second - first)).clamp(0, 1)


def _lerp(rows: Tensor, pairs: Tensor, fraction: Tensor) -> Tensor:
    return torch.lerp(rows[pairs[:, 0]], rows[pairs[:, 1]], fraction[:, None])


def compact(anchors: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """The same sums with each anchor once in its row, and no more columns (at least 3) than the fullest row needs."""
    order = anchors.argsort(dim=1, stable=True)
    anchors, weights = anchors.gather(1, order), weights.gather(1, order)
    new = torch.ones_like(anchors, dtype=torch.bool)
    new[:, 1:] = anchors.diff(dim=1) != 0
    place = new.long().cumsum(1) - 1
    summed = torch.zeros_like(weights).scatter_add_(1, place, weights)
    merged = torch.zeros_like(anchors).scatter_(1, place, anchors)
    full = summed.abs().argsort(dim=1, descending=True, stable=True)
    needed = max(3, int((summed.abs() > _ROUNDING).sum(1).max()))
    summed, merged = summed.gather(1, full)[:, :needed], merged.gather(1, full)[:, :needed]
    return merged, summed / summed.sum(1, keepdim=True)


def keep_faces(garment: Garment, mask: Tensor) -> Garment:
    """The garment with only the `kept` (F,) faces and the vertices and uv they use."""
    used, faces = garment.faces[mask].unique(return_inverse=True)
    used_uv, uv_faces = garment.uv_faces[mask].unique(return_inverse=True)
    return replace(
        garment,
        anchors=garment.anchors[used],
        weights=garment.weights[used],
        offsets=garment.offsets[used],
        faces=faces,
        uv=garment.uv[used_uv],
        uv_faces=uv_faces,
    )


def offset_vertices(garment: Garment, base: RestBody, by: Tensor) -> Garment:
    """The garment with its vertices moved by N×3 metres on `base`, and in proportion on other bodies."""
    return replace(garment, offsets=garment.offsets + by / axis_scales(garment, base))


def axis_scales(garment: Garment, base: RestBody) -> Tensor:
    """(3,) metres that an offset of 1 along each axis means on `base`."""
    first, second = garment.scale_pairs.clamp_min(0).unbind(1)
    axes = torch.arange(3)
    distance = (base.vertices[first, axes] - base.vertices[second, axes]).abs() / garment.scale_lengths
    return torch.where(garment.scale_pairs[:, 0] >= 0, distance, torch.ones(3))


def edge_lines(garment: Garment) -> Tensor:
    """E×2: the edges on the garment's open borders, as vertices."""
    edges = torch.cat([garment.faces[:, [0, 1]], garment.faces[:, [1, 2]], garment.faces[:, [2, 0]]]).sort(1).values
    unique, count = edges.unique(dim=0, return_counts=True)
    return unique[count == 1]


def show_borders(garment: Garment, base: RestBody, margin: float = MARGIN_M) -> Garment:
    """The garment hiding no skin near its open borders, so that skin is seen right up to them."""
    points = hang_still(garment, base).vertices
    border = points[edge_lines(garment).unique()]
    distance, _ = cKDTree(border.numpy()).query(base.vertices.numpy(), distance_upper_bound=margin)
    return replace(garment, hides=garment.hides & torch.from_numpy(~np.isfinite(distance)))
