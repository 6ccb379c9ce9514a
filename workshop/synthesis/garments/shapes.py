"""Simple surfaces as grids: tubes along paths, rounded boxes, shells around a head, ribbons on a body."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from workshop.synthesis.garments.pinning import RadiusMap


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A mesh with one texture coordinate a vertex."""

    points: Tensor  # N×3, metres
    faces: Tensor  # F×3, int64
    uv: Tensor  # N×2, [0, 1]


def grid_shape(points: Tensor) -> Shape:
    """The surface through rows × columns × 3 points; its outside is where rows go down and columns to the left."""
    rows, columns = points.shape[:2]
    v, u = torch.meshgrid(torch.linspace(0.02, 0.98, rows), torch.linspace(0.02, 0.98, columns), indexing="ij")
    corner = (torch.arange(rows - 1)[:, None] * columns + torch.arange(columns - 1)).flatten()
    first = torch.stack([corner, corner + columns, corner + 1], 1)
    second = torch.stack([corner + 1, corner + columns, corner + columns + 1], 1)
    return Shape(points=points.reshape(-1, 3), faces=torch.cat([first, second]), uv=torch.stack([u, v], -1).view(-1, 2))


def join_shapes(shapes: Sequence[Shape]) -> Shape:
    """Shapes as one, their textures side by side."""
    starts = [sum(len(s.points) for s in shapes[:n]) for n in range(len(shapes))]
    share = torch.tensor([1 / len(shapes), 1.0])
    return Shape(
        points=torch.cat([s.points for s in shapes]),
        faces=torch.cat([s.faces + start for s, start in zip(shapes, starts, strict=True)]),
        uv=torch.cat([(s.uv + torch.tensor([float(n), 0.0])) * share for n, s in enumerate(shapes)]),
    )


def tube(path: Tensor, radius: float, flat: float = 1.0, sides: int = 8, outward: Tensor | None = None) -> Shape:
    """A tube along a path (N×3); `flat` of its thickness remains in the direction `outward` (N×3, up by default)."""
    along = normalize(torch.gradient(path, dim=0)[0], dim=1)
    up = path.new_tensor([0.0, 1.0, 0.0]).expand_as(path) if outward is None else outward
    side = normalize(torch.linalg.cross(along, up, dim=1), dim=1)
    up = torch.linalg.cross(side, along, dim=1)
    turn = torch.linspace(0, 2 * math.pi, sides + 1)[None, :, None]
    ring = side[:, None] * turn.cos() + flat * up[:, None] * turn.sin()
    return grid_shape(path[:, None] + radius * ring)


def rounded_box(middle: Sequence[float], half: Sequence[float], roundness: float = 0.3) -> Shape:
    """A box about a point with half its sides, metres; `roundness` 1 is an ellipsoid."""
    rise, turn = torch.meshgrid(
        torch.linspace(math.pi / 2, -math.pi / 2, 13), torch.linspace(-math.pi, math.pi, 25), indexing="ij"
    )

    def power(value: Tensor) -> Tensor:
        return value.sign() * value.abs() ** roundness

    unit = torch.stack(
        [power(rise.cos()) * power(turn.sin()), power(rise.sin()), power(rise.cos()) * power(turn.cos())], -1
    )
    return grid_shape(torch.tensor(middle) + unit * torch.tensor(half))


def head_shell(head: Tensor, middle: Tensor, ease: float, lowest: float, crown: float = 0.0) -> Tensor:
    """Rows × columns × 3 points around the head, from the top down to an elevation (radians) seen from its middle.

    Args:
        head: N×3, the head's vertices.
        ease: metres off the skin.
        crown: metres more at the top.
    """
    reach = RadiusMap(upright(head - middle), depth=0.0, low=-math.pi / 2, high=math.pi / 2, step=0.12)
    rise, turn = torch.meshgrid(
        torch.linspace(math.pi / 2, lowest, 18), torch.linspace(-math.pi, math.pi, 41), indexing="ij"
    )
    radius = reach.at(turn.flatten(), rise.flatten()).view_as(turn)
    radius = radius + ease + crown * rise.sin().clamp_min(0) ** 3
    way = torch.stack([rise.cos() * turn.sin(), rise.sin(), rise.cos() * turn.cos()], -1)
    return middle + radius[..., None] * way


def upright(offsets: Tensor) -> Tensor:
    """Points about the origin as a `RadiusMap` takes them: height is the elevation in radians, radius the distance."""
    angle = torch.atan2(offsets[:, 0], offsets[:, 2])
    distance = offsets.norm(dim=1)
    elevation = torch.asin((offsets[:, 1] / distance.clamp_min(1e-6)).clamp(-1, 1))
    return torch.stack([distance * angle.sin(), elevation, distance * angle.cos()], 1)
