"""Free geometry made a garment: points placed on the mean body hang on the skin nearest to them."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from scipy.spatial import cKDTree
from torch import Tensor
from torch.nn.functional import avg_pool2d, max_pool2d, pad

from bodydouble.values import RestBody
from workshop.synthesis.body import BASE_VERTICES, SKIN_VERTICES
from workshop.synthesis.garments.shears import axis_scales, compact
from workshop.synthesis.garments.wardrobe import Garment

_NEIGHBOURS = 3  # skin vertices a point hangs on


def nearest_skin(points: Tensor, base: RestBody, allowed: Tensor) -> tuple[Tensor, Tensor]:
    """N×3 skin vertices nearest to points (N×3) among `allowed` (19158,) ones, and their weights; nearer is more."""
    rows = allowed[:SKIN_VERTICES].nonzero()[:, 0]
    distance, nearest = cKDTree(base.vertices[rows].numpy()).query(points.numpy(), k=_NEIGHBOURS)
    weights = 1 / (torch.from_numpy(distance).float() + 1e-3)
    return rows[torch.from_numpy(nearest)], weights / weights.sum(1, keepdim=True)


def pin_mesh(
    name: str, points: Tensor, faces: Tensor, uv: Tensor, base: RestBody, allowed: Tensor, hides: Tensor | None = None
) -> Garment:
    """A garment of a mesh whose N×3 points lie around `base`, hung on its `allowed` (19158,) vertices.

    Args:
        uv: N×2, one for each point.
        hides: (19158,), bool, the base vertices it covers; none by default.
    """
    return hang_mesh(name, points, faces, uv, base, nearest_skin(points, base, allowed), hides)


def hang_mesh(
    name: str,
    points: Tensor,
    faces: Tensor,
    uv: Tensor,
    base: RestBody,
    hung_on: tuple[Tensor, Tensor],
    hides: Tensor | None = None,
) -> Garment:
    """The same, hung on the base vertices N×3 and with the weights N×3 of `hung_on`."""
    anchors, weights = hung_on
    return Garment(
        name=name,
        anchors=anchors,
        weights=weights,
        offsets=points - (base.vertices[anchors] * weights[..., None]).sum(1),
        scale_pairs=torch.full((3, 2), -1),
        scale_lengths=torch.ones(3),
        faces=faces,
        uv=uv,
        uv_faces=faces,
        hides=torch.zeros(BASE_VERTICES, dtype=torch.bool) if hides is None else hides,
        textures=(),
    )


def repin(garment: Garment, points: Tensor, base: RestBody, allowed: Tensor, share: Tensor) -> Garment:
    """The garment with its vertices at N×3 points on `base`, a share (N,) of each hung on `allowed` skin instead."""
    moved = (share > 0).nonzero()[:, 0]
    anchors, weights = garment.anchors, garment.weights
    if len(moved):
        near, near_weights = nearest_skin(points[moved], base, allowed)
        added = near.new_zeros(len(points), _NEIGHBOURS).index_copy(0, moved, near)
        added_weights = near_weights.new_zeros(len(points), _NEIGHBOURS).index_copy(0, moved, near_weights)
        anchors = torch.cat([anchors, added], 1)
        weights = torch.cat([weights * (1 - share)[:, None], added_weights * share[:, None]], 1)
        anchors, weights = compact(anchors, weights)
    hung = (base.vertices[anchors] * weights[..., None]).sum(1)
    return replace(garment, anchors=anchors, weights=weights, offsets=(points - hung) / axis_scales(garment, base))


class RadiusMap:
    """How far points reach from an upright axis, by height and by the direction around it."""

    _DIRECTIONS = 36

    def __init__(self, points: Tensor, depth: float, low: float, high: float, step: float = 0.02) -> None:
        """Measure points (N×3) between two heights in slices `step` high; the axis stands at x = 0, z = `depth`."""
        self.depth, self._low, self._step = depth, low, step
        rows, columns = max(2, math.ceil((high - low) / step)), self._DIRECTIONS
        angle, radius = self.polar(points)
        row = ((points[:, 1] - low) / step).long()
        inside = (row >= 0) & (row < rows)
        column = ((angle / (2 * math.pi) + 0.5) * columns).long() % columns
        table = torch.zeros(rows * columns)
        table.scatter_reduce_(0, (row * columns + column)[inside], radius[inside], "amax")
        grown = table.view(1, rows, columns)
        for pool in (max_pool2d, avg_pool2d):  # close the gaps between vertices, then smooth
            wide = pad(pad(grown[None], (1, 1, 0, 0), mode="circular"), (0, 0, 1, 1), mode="replicate")
            grown = pool(wide, 3, stride=1)[0]
        self._table = grown

    def polar(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """(N,) radians from the front towards the person's left, within ±π, and (N,) metres from the axis."""
        x, z = points[:, 0], points[:, 2] - self.depth
        return torch.atan2(x, z), torch.hypot(x, z)

    def place(self, angle: Tensor, radius: Tensor, height: Tensor) -> Tensor:
        """N×3: the points with these polar coordinates."""
        return torch.stack([radius * angle.sin(), height, self.depth + radius * angle.cos()], -1)

    def hanging(self, below: float) -> RadiusMap:
        """What hangs plumb from the widest place above it, from a height downwards."""
        other = object.__new__(RadiusMap)
        other.depth, other._low, other._step = self.depth, self._low, self._step
        start = min(max(int((below - self._low) / self._step), 1), self._table.shape[1])
        hung = self._table[:, :start].flip(1).cummax(1).values.flip(1)
        other._table = torch.cat([hung, self._table[:, start:]], 1)
        return other

    def at(self, angle: Tensor, height: Tensor) -> Tensor:
        """(N,) metres from the axis in these directions at these heights, between which it is linear."""
        rows, columns = self._table.shape[1:]
        row = ((height - self._low) / self._step - 0.5).clamp(0, rows - 1.001)
        column = (angle / (2 * math.pi) + 0.5) * columns - 0.5
        top, left = row.long(), column.floor().long()
        down, across = row - top, column - left
        table = self._table[0]

        def value(r: Tensor, c: Tensor) -> Tensor:
            return table[r, c % columns]

        upper = torch.lerp(value(top, left), value(top, left + 1), across)
        return torch.lerp(upper, torch.lerp(value(top + 1, left), value(top + 1, left + 1), across), down)
