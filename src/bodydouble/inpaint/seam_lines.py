"""Where tailors sew: seams of clothes as lines on the mean body, and how far each texel lies from them.

A seam is where a function of a point of the skin is 0; divided by its slope along the skin it is a distance. Functions
are those of the body's left half, and of the right one mirrored.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.inpaint.cloth_texels import mean_cloth_texels

_REACH_M = 0.03  # from a seam, beyond which nothing is kept of it
_STEP_M = 1e-3  # over which the slope of a seam's function is measured
_LEAST_SLOPE = 0.25  # along the skin; where it is less, the skin runs along the seam's plane
_SOFT_M = 0.01  # over which a seam ends

# Metres on the mean body, after patterns of clothes and photographs of backs.
_ARMHOLE = ((-0.09, 0.02), (-0.05, 0.015), (0.0, 0.022), (0.05, 0.028), (0.09, 0.015), (0.13, -0.01))
# of the armhole, below the shoulder's joint and inwards from it: behind it curves in by a finger's breadth
_ARMPIT, _SHOULDER = 0.125, 0.1  # below and above that joint, where the armhole ends
_SIDE_BEHIND = 0.01  # behind that joint, where a top's side seam runs down
_SEAT = (-0.15, 0.25)  # above the hip's joint, from where to where trousers have a seam in the middle
WAIST_M = 0.085  # above it, the upper edge of trousers behind
_YOKE, _YOKE_RISE = 0.112, 0.25  # of jeans, below that edge in the middle, and the yoke's rise to the sides
_POCKET, _POCKET_ASIDE, _POCKET_TILT = 0.125, 0.085, 0.08  # below that edge and from the middle; tilt outwards
_HALF_POCKET, _POCKET_NARROWS = 0.066, 0.06  # half a pocket's width above, and what it loses a metre down
_POCKET_LONG = (0.115, 0.145)  # of its sides and in its middle
_HALF_WELT = 0.06  # half a slit's length


class Seam(StrEnum):
    """A line that is sewn."""

    ARMHOLE = "armhole"
    SIDE = "side"  # of a top, from the armpit to the hem
    SEAT = "seat"  # of trousers, from the waist to the crotch
    OUTSEAM = "outseam"
    INSEAM = "inseam"
    YOKE = "yoke"  # of jeans, between waistband and seat
    POCKET = "pocket"  # outlines of their seat pockets
    WELT = "welt"  # slits of other trousers' seat pockets


@dataclass(frozen=True, kw_only=True, eq=False)
class SeamTexels:
    """The K texels near one seam."""

    number: Tensor  # (K,), int64, of `mean_cloth_texels`
    offset: Tensor  # (K,), metres from the seam; positive upwards, outwards, ahead, and within a pocket
    weight: Tensor  # (K,), [0, 1], 0 beyond its ends


_Joints = Mapping[str, tuple[float, float, float]]  # metres, by role


@functools.lru_cache(maxsize=32)  # the same for every person
def find_seam(body: BodyModel, size: int, seam: Seam) -> SeamTexels:
    """A seam on the mean body, on both sides."""
    texels = mean_cloth_texels(body, size)
    level, (first, last, facing), on_arms = _SEAMS[seam]
    low, high = first(texels.joints), last(texels.joints)
    near = (texels.height > low - _SOFT_M) & (texels.height < high + _SOFT_M)
    number = (near if on_arms else near & ~texels.arm).nonzero()[:, 0]
    point, normal = texels.position[number], texels.normal[number]
    point, normal = fold_left(point, point[:, 0] < 0), fold_left(normal, point[:, 0] < 0)
    joints = texels.joints
    weight = _between(point[:, 1], low, high) * _weigh(normal, *facing)
    value = level(point, joints)
    kept = (weight > 0) & (value.abs() < _REACH_M)
    point, normal, value = point[kept], normal[kept], value[kept]
    slope = torch.stack([level(point + step, joints) - value for step in _STEP_M * torch.eye(3)], 1) / _STEP_M
    slope = (slope - (slope * normal).sum(1, keepdim=True) * normal).norm(dim=1)
    return SeamTexels(number=number[kept], offset=value / slope.clamp_min(_LEAST_SLOPE), weight=weight[kept])


def fold_left(vector: Tensor, right: Tensor) -> Tensor:
    """N×3: vectors of the right half, (N,) bool, mirrored onto the left one."""
    return torch.cat([torch.where(right, -vector[:, 0], vector[:, 0])[:, None], vector[:, 1:]], 1)


def _between(value: Tensor, low: float, high: float) -> Tensor:
    """[0, 1]: 1 between the two."""
    return (torch.minimum(value - low, high - value) / _SOFT_M + 1).clamp(0, 1)


def _weigh(normal: Tensor, direction: tuple[float, float, float], none: float, whole: float) -> Tensor:
    """[0, 1]: of N×3 normals, 0 where their cosine to the direction is `none`, 1 where it is `whole`."""
    return ((normal @ torch.tensor(direction) - none) / (whole - none)).clamp(0, 1)


def _table(value: Tensor, table: tuple[tuple[float, float], ...]) -> Tensor:
    place, level = np.array(table, np.float32).T
    return torch.from_numpy(np.interp(value.numpy(), place, level).astype(np.float32))


def measure_armhole(point: Tensor, joints: Mapping[str, tuple[float, float, float]]) -> Tensor:
    """(N,) metres outwards from the armhole's seam, of N×3 points of the mean body's left half."""
    x, y, _ = joints["left_shoulder"]
    return point[:, 0] - x + _table(y - point[:, 1], _ARMHOLE)


def _middle(point: Tensor, joints: _Joints) -> Tensor:
    return point[:, 0]


def _side(point: Tensor, joints: _Joints) -> Tensor:
    return point[:, 2] - joints["left_shoulder"][2] + _SIDE_BEHIND


def _leg(point: Tensor, joints: _Joints) -> Tensor:
    ankle, knee, hip = (joints[name][1:] for name in ("left_ankle", "left_knee", "left_hip"))
    return point[:, 2] - _table(point[:, 1], (ankle, knee, hip))


def _yoke(point: Tensor, joints: _Joints) -> Tensor:
    return point[:, 1] - _waist(joints) + _YOKE - _YOKE_RISE * point[:, 0]


def _pocket_axes(point: Tensor, joints: _Joints) -> tuple[Tensor, Tensor]:
    """Metres to the side of a pocket's middle, and down from its upper edge."""
    across = point[:, 0] - _POCKET_ASIDE
    return across, _waist(joints) - _POCKET - point[:, 1] + _POCKET_TILT * across


def _pocket(point: Tensor, joints: _Joints) -> Tensor:
    across, down = _pocket_axes(point, joints)
    side, middle = _POCKET_LONG
    end = middle - (middle - side) * across.abs() / _HALF_POCKET
    return torch.stack([_HALF_POCKET - _POCKET_NARROWS * down - across.abs(), down, end - down]).amin(0)


def _welt(point: Tensor, joints: _Joints) -> Tensor:
    across, down = _pocket_axes(point, joints)
    return -torch.hypot((across.abs() - _HALF_WELT).clamp_min(0), down)


def _waist(joints: _Joints) -> float:
    return joints["left_hip"][1] + WAIST_M


def _above(joint: str, metres: float) -> Callable[[_Joints], float]:
    return lambda joints: joints[joint][1] + metres


_BEHIND = (0.0, 0.0, -1.0), 0.0, 0.25  # where a seam lies: direction and cosines, see `_weigh`
_ROUND_SEAT = (0.0, 0.0, -1.0), -0.2, 0.1
_OUTSIDE, _INSIDE = ((1.0, 0.0, 0.0), 0.3, 0.5), ((-1.0, 0.0, 0.0), 0.3, 0.5)
_ANYWHERE = (0.0, 0.0, 0.0), -1.0, 0.0
_Level = Callable[[Tensor, _Joints], Tensor]
_Span = tuple[Callable[[_Joints], float], Callable[[_Joints], float], tuple[tuple[float, float, float], float, float]]
# Of each seam its function, its lowest and highest point and where it faces, and whether it lies on arms, too.
_SEAMS: Mapping[Seam, tuple[_Level, _Span, bool]] = {
    Seam.ARMHOLE: (
        measure_armhole,
        (_above("left_shoulder", -_ARMPIT), _above("left_shoulder", _SHOULDER), _ANYWHERE),
        True,
    ),
    Seam.SIDE: (_side, (_above("left_hip", _SEAT[0]), _above("left_shoulder", -_ARMPIT), _OUTSIDE), False),
    Seam.SEAT: (_middle, (_above("left_hip", _SEAT[0]), _above("left_hip", _SEAT[1]), _ROUND_SEAT), False),
    Seam.OUTSEAM: (_leg, (_above("left_ankle", 0.0), _above("left_hip", _SEAT[1]), _OUTSIDE), False),
    Seam.INSEAM: (_leg, (_above("left_ankle", 0.0), _above("left_hip", 0.0), _INSIDE), False),
    Seam.YOKE: (_yoke, (_above("left_hip", _SEAT[0]), _above("left_hip", _SEAT[1]), _BEHIND), False),
    Seam.POCKET: (_pocket, (_above("left_hip", -0.3), _above("left_hip", _SEAT[1]), _BEHIND), False),
    Seam.WELT: (_welt, (_above("left_hip", -0.3), _above("left_hip", _SEAT[1]), _BEHIND), False),
}
