"""The form of a hat: rings from the top of its crown down to its rim, out to the brim's edge, and back beneath it.

Each ring is an ellipse in the view, as wide as the hat is seen there, and deeper than that by as much as a head is
deeper than wide.
"""

from __future__ import annotations

import math

import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor

from bodydouble.clothing.garment_view import GarmentView
from bodydouble.clothing.hat_surface import BRIM_STEPS, COLUMNS, HatShape, crown_steps
from bodydouble.clothing.ring_grid import ring_angles
from bodydouble.clothing.row_spans import line_at

_CLEAR_M = 0.004  # of cloth or felt before the head
_FARTHEST_M = 0.05  # by which a ring leaves its ellipse where the head stands out of it
_HAIR_M = 0.015  # of hair behind the head, in the hat
_COMES_BACK, _CLOSE_M = 0.5, 0.015  # of the way down; how near to the head a hat without a brim ends
_THICK_M = 0.004  # of a brim
_CORE = 0.5  # of the skull's half width: farther out it tells no depth


def hat_points(shape: HatShape, view: GarmentView) -> Tensor:
    """R×COLUMNS×3: x, y in pixels of the view and depth in metres, as `ring_grid` orders them."""
    angle = ring_angles(COLUMNS)
    across, towards = angle.sin(), angle.cos()
    depth, longer, skull_half = _measure_skull(view)
    rim = _rim(shape, across, towards)
    down = crown_steps()[:, None]
    half = shape.half[:, None].clone()
    half[0] = 0
    x = shape.middle[:, None] + half * across
    y = shape.top + down * (rim - shape.top)
    reach = half * longer / view.pixels(1.0)
    if shape.brim is None:  # fur that stands off comes back to the forehead and the nape
        back = ((down - _COMES_BACK) / (1 - _COMES_BACK)).clamp_min(0) ** 2
        reach = torch.lerp(reach, reach.clamp(max=longer * skull_half + _CLOSE_M), back)
    z = depth - torch.where(towards > 0, reach, reach + _HAIR_M * down) * towards
    crown = _turn_back(torch.stack([x, y, z], -1), shape)
    crown = _clear_of_head(_level_from(crown, torch.where(towards > 0, z, depth), view), towards, view)
    if shape.brim is None:
        return crown
    brim = _turn_back(_brim_rings(shape, across, towards, depth, longer, view), shape)
    return torch.cat([crown, _level_from(brim, torch.where(towards > 0, z[-1], depth), view)])


def _level_from(points: Tensor, depth: Tensor, view: GarmentView) -> Tensor:
    """R×C×3: points whose x and y hold at a depth (…, C), metres, as they are seen level with that at their own.

    The near side is where the photo shows it. The far side was not seen, and a brim is seen almost from its edge by a
    camera that most people hold as high as a head, wherever the fit takes it to be.
    """
    centre = view.camera.intrinsics[:2, 2]
    seen = centre + (points[..., :2] - centre) * (depth / points[..., 2])[..., None]
    return torch.cat([seen, points[..., 2:]], -1)


def _rim(shape: HatShape, across: Tensor, towards: Tensor) -> Tensor:
    """(COLUMNS,) pixels: where the crown ends."""
    left, right, behind = shape.rim
    sides = torch.lerp(left, right, (across + 1) / 2)
    back = sides + (behind - (left + right) / 2) * (-towards).clamp_min(0)
    front = line_at(shape.front, (across + 1) / 2 * (len(shape.front) - 1))
    if shape.brim is not None:
        front = sides + (front - (left + right) / 2) * towards
    return torch.where(towards > 0, front, back)


def _brim_rings(
    shape: HatShape, across: Tensor, towards: Tensor, depth: float, longer: float, view: GarmentView
) -> Tensor:
    """(2·BRIM_STEPS - 1)×COLUMNS×3 of the upright view: out over the brim, and back beneath it."""
    brim = shape.brim
    assert brim is not None
    out = torch.linspace(0, 1, BRIM_STEPS)[1:, None]
    inner, middle = float(shape.half[-1]), float(shape.middle[-1])
    half = inner + (brim.half - inner) * out
    sides = torch.lerp(brim.left[1:, None], brim.right[1:, None], (across + 1) / 2)
    rise = torch.where(towards > 0, brim.rise, -brim.far_rise) * towards * half / brim.half
    centre = middle + (shape.pivot[0] - middle) * out
    x, y = centre + half * across, sides - rise
    reach = (half + inner * (longer - 1)) / view.pixels(1.0)
    z = depth - torch.where(towards > 0, reach, reach + _HAIR_M) * towards
    above = torch.stack([x, y, z], -1)
    beneath = above.flip(0).clone()
    beneath[..., 1] += view.pixels(_THICK_M)
    return torch.cat([above, beneath])


def _measure_skull(view: GarmentView) -> tuple[float, float, float]:
    """Metres of the middle of the skull from the camera, how much deeper than wide it is, metres of its half width."""
    skull = torch.isfinite(view.near)
    top, joint = view.skull_top, float(view.joints[view.head, 1])
    rows = slice(round(top + 0.25 * (joint - top)), max(round(top + 0.5 * (joint - top)), top + 2))
    inside = skull[rows]
    half = float(inside.sum(1).max()) / 2
    columns = torch.arange(inside.shape[1]) + 0.5
    middle = float((columns * inside).sum() / inside.sum())
    core = inside & ((columns - middle).abs() < _CORE * half)
    near, far = view.near[rows][core], view.far[rows][core]
    deep = float((far.amax() - near.amin()) / 2)
    metre = view.pixels(1.0)
    return float((far.amax() + near.amin()) / 2), max(1.0, min(1.5, deep * metre / half)), half / metre


def _clear_of_head(points: Tensor, towards: Tensor, view: GarmentView) -> Tensor:
    """R×C×3: rings, moved out to where the head ends wherever it stands out of them."""
    x, y, z = points.unbind(-1)
    row, column = (place.floor().long().clamp(0, len(view.near) - 1) for place in (y, x))
    near, far = view.near[row, column], view.far[row, column]
    ahead, behind = (z - near + _CLEAR_M).relu(), (far + _CLEAR_M - z).relu()
    out = torch.where(towards > 0, -ahead, behind).clamp(-_FARTHEST_M, _FARTHEST_M)
    out = torch.where(torch.isfinite(near), out, 0.0)
    out[0] = 0
    moved = z + torch.from_numpy(gaussian_filter(out.numpy(), 1.0, mode=("nearest", "wrap")))
    return torch.stack([x, y, moved], -1)


def _turn_back(points: Tensor, shape: HatShape) -> Tensor:
    """(…, 3) of the upright view in the view."""
    if not shape.roll:
        return points
    x, y, z = points.unbind(-1)
    across, down = x - shape.pivot[0], y - shape.pivot[1]
    cosine, sine = math.cos(shape.roll), math.sin(shape.roll)
    return torch.stack(
        [shape.pivot[0] + cosine * across - sine * down, shape.pivot[1] + sine * across + cosine * down, z], -1
    )
