"""A skirt beneath a coat: where both are at one height, the coat is outside."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from bodydouble.clothing.hang import TUCK_M, tuck_in
from bodydouble.values import Mesh, Surface, SurfaceKind


def tuck_skirt(surface: Surface, coat: Mesh, hem: Tensor) -> Surface:
    """A skirt within the coat over it, whose hem and front edges are R×C bool; what is no skirt, as it is."""
    if surface.kind != SurfaceKind.SKIRT:
        return surface
    inside = bring_inside(surface.vertices, coat.vertices.view(*hem.shape, 3), hem[0])
    beneath = torch.ones(len(inside), dtype=torch.bool)
    return replace(surface, vertices=tuck_in(inside, coat, beneath, hem.view(-1)))


def bring_inside(points: Tensor, coat: Tensor, is_open: Tensor) -> Tensor:
    """N×3: a skirt's points, metres at rest, come towards the middle of the coat's section until they lie inside.

    What is above the coat's top, below its hem or between its open fronts stays. A coat may widen in a step, from which
    no way along its normals leads inside.

    Args:
        coat: R×C×3, metres, at rest: its rings from the top down, and their columns once around.
        is_open: (C,), bool, columns at which it is open in front.
    """
    section = _cut_at(coat, points[:, 1])
    middle = section.mean(1)
    reach, out = section - middle[:, None], points[:, [0, 2]] - middle
    column = _angle_between(out[:, None], reach).abs().argmin(1)
    rows = torch.arange(len(points))
    most = (reach[rows, column].norm(dim=1) - TUCK_M).clamp_min(0)
    covered = (points[:, 1] > coat[-1, column, 1]) & (points[:, 1] < coat[0, column, 1]) & ~is_open[column]
    share = torch.where(covered, (most / out.norm(dim=1).clamp_min(1e-6)).clamp(max=1), 1.0)
    moved = points.clone()
    moved[:, [0, 2]] = middle + share[:, None] * out
    return moved


def _cut_at(rings: Tensor, heights: Tensor) -> Tensor:
    """N×C×2: x and z of every column of a tube, R×C×3, at N heights; beyond its ends those of the end."""
    columns = rings.flip(0).numpy()  # from the hem up: their heights rise
    rise = np.maximum.accumulate(columns[..., 1], axis=0)
    cut = [
        [np.interp(heights.numpy(), rise[:, column], columns[:, column, axis]) for axis in (0, 2)]
        for column in range(columns.shape[1])
    ]
    return torch.from_numpy(np.array(cut, np.float32)).permute(2, 0, 1)


def _angle_between(first: Tensor, second: Tensor) -> Tensor:
    """Radians, from -pi to pi, of 2-D vectors (…, 2)."""
    cross = first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]
    return torch.atan2(cross, (first * second).sum(-1))
