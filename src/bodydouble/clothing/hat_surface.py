"""A hat as the photo shows it: how wide it is at each height, where it ends on the head, and whether it has a brim.

All is measured upright: in the view, turned about the hat's middle until its brim lies level.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

from bodydouble.clothing.garment_view import GarmentView, dilate
from bodydouble.clothing.row_spans import main_parts, row_borders
from bodydouble.parsing.labels import HAT

COLUMNS = 48  # of its rings
CROWN_STEPS, BRIM_STEPS = 14, 7  # heights at which a crown is measured, and places across a brim
_REACH_M = 0.03  # around the skull, where a hat's pieces begin
_LEAST_COVER = 0.4  # a hat's pixels, of those of the skull's upper third with that around it
_UPPER = 0.33  # of the way from the skull's top to its joint
_BRIM_WIDER = 1.5  # times the crown's half width, from which on what stands out may be a brim
_BRIM_THIN = 0.42  # half thickness of a brim as it is seen, of its half width; balls of fur came out at 0.7 and more
_CROWN_ROWS = (0.2, 0.5)  # of the height above the brim's tips: where a crown's width is measured
_CROWN_SKULL = (1.04, 1.35)  # of the skull's half width: least and greatest of a crown above a brim
_TIP = 0.03  # of the width: the columns at either end that tell a brim's tilt
_STEEPEST_ROLL = 0.4  # radians
_STRIP = (0.08, 0.95)  # of the way from crown to tip, in which a brim's line is measured
_EDGE_M = 0.005  # half of what a brim seen from its edge is thick, with what its outline is taken too large
_STEEPEST_BRIM = 0.35  # of its half width, by which a brim's edges rise or fall in the picture
_DIP = 0.35  # how much of it is believed of brims whose near edge hangs lower: many hang there alone
_SIDE = (0.7, 0.95)  # of the half width, where a hat without a brim ends beside the head
_FRONT_STEPS = 17  # at which the lower edge in front is told
_FRONT = 0.6  # of the half width, in which it ends on the forehead
_BACK_DROP_M = (0.0, 0.05)  # least and greatest, by which it ends lower behind than at the sides
_SIGMA_M = 0.012  # of the smoothing of borders


@dataclass(frozen=True, kw_only=True)
class Brim:
    """What stands out around a crown; places are pixels of the upright view."""

    half: float  # half its width
    left: Tensor  # (BRIM_STEPS,) heights from the crown to the tip, on the view's left
    right: Tensor  # (BRIM_STEPS,)
    rise: float  # by how much its near edge is higher than its middle; negative: lower
    far_rise: float  # the same of the far edge


@dataclass(frozen=True, kw_only=True)
class HatShape:
    """A hat in its view; places are pixels of the upright view."""

    pixels: Tensor  # S×S, bool, of the view itself
    pivot: tuple[float, float]  # x and y of the point about which the view is turned
    roll: float  # radians, by which a level line of the upright view leans down to the right
    top: float
    middle: Tensor  # (CROWN_STEPS,), across, from the top down to the rim
    half: Tensor  # (CROWN_STEPS,)
    rim: Tensor  # (3,) heights of the crown's lower edge: left, right, behind
    front: Tensor  # (C,) heights of it on the near side, at even steps from the left border to the right one
    brim: Brim | None


def find_hat(view: GarmentView) -> HatShape | None:
    """The hat that the photo shows; None where there is none."""
    skull = torch.isfinite(view.near)
    if not bool(skull.any()):
        return None
    top, joint = view.skull_top, float(view.joints[view.head, 1])
    upper = skull.clone()
    upper[round(top + _UPPER * max(0.0, joint - top)) :] = False
    near = dilate(upper, view.pixels(_REACH_M))
    hat = main_parts((view.labels[HAT] > 0.5) & view.person, near)
    if not bool(hat.any()) or float(hat.sum()) < _LEAST_COVER * float(near.sum()):
        return None
    left, right = row_borders(upper.numpy())
    return _measure(hat, float(np.nanmax(right - left)) / 2, view)


def _measure(hat: Tensor, skull_half: float, view: GarmentView) -> HatShape:
    columns = hat.any(0).nonzero()[:, 0]
    pivot, roll = _level(hat.numpy(), int(columns[0]), int(columns[-1]))
    upright = _turned(hat.numpy(), pivot, roll)
    brim = _find_brim(upright, skull_half, view)
    if brim is None:
        roll, upright = 0.0, hat.numpy()
    top = int(upright.any(1).argmax())
    sigma = view.pixels(_SIGMA_M)
    if brim is None:
        rim, front = _bare_rim(upright, view, sigma)
        last = float(rim[:2].mean())
        middle, half = _crown(upright, top, last, sigma, None)
    else:
        base = torch.stack([brim.left[0], brim.right[0]])
        crown_half = _crown_half(upright, float(base.mean()), skull_half)
        share = crown_half / brim.half
        rim = torch.cat([base, (base.mean() - share * brim.far_rise)[None]])
        front = (base.mean() - share * brim.rise).expand(_FRONT_STEPS)
        middle, half = _crown(upright, top, float(base.mean()), sigma, crown_half)
    return HatShape(
        pixels=hat, pivot=pivot, roll=roll, top=float(top), middle=middle, half=half, rim=rim, front=front, brim=brim
    )


def _level(hat: np.ndarray, first: int, last: int) -> tuple[tuple[float, float], float]:
    """The middle between the outermost points of a hat (S×S, bool), x and y, and the lean of the line through them."""
    width = max(1, round(_TIP * (last - first)))
    tips = []
    for columns in (slice(first, first + width), slice(last + 1 - width, last + 1)):
        rows, across = np.nonzero(hat[:, columns])
        tips.append((columns.start + across.mean() + 0.5, rows.mean() + 0.5))
    (x0, y0), (x1, y1) = tips
    roll = math.atan2(y1 - y0, x1 - x0)
    return ((x0 + x1) / 2, (y0 + y1) / 2), max(-_STEEPEST_ROLL, min(_STEEPEST_ROLL, roll))


def _turned(hat: np.ndarray, pivot: tuple[float, float], roll: float) -> np.ndarray:
    """S×S, bool: the mask, turned about the pivot until what leant by `roll` is level."""
    matrix = cv2.getRotationMatrix2D((pivot[0] - 0.5, pivot[1] - 0.5), math.degrees(roll), 1.0)
    return cv2.warpAffine(hat.astype(np.uint8), matrix, hat.shape[::-1], flags=cv2.INTER_NEAREST) > 0


def _extent(hat: np.ndarray) -> tuple[float, float]:
    """Of a hat, S×S bool: the middle between its outermost columns, and half its width."""
    columns = np.flatnonzero(hat.any(0))
    return (columns[0] + columns[-1] + 1) / 2, (columns[-1] + 1 - columns[0]) / 2


def _crown_half(hat: np.ndarray, rim: float, skull_half: float) -> float:
    top = int(hat.any(1).argmax())
    first, last = (round(top + share * (rim - top)) for share in _CROWN_ROWS)
    left, right = row_borders(hat[first : max(first + 1, last)])
    least, most = (share * skull_half for share in _CROWN_SKULL)
    return float(np.clip(np.nanmedian(right - left) / 2, least, most))


def _find_brim(hat: np.ndarray, skull_half: float, view: GarmentView) -> Brim | None:
    """The brim of an upright hat, S×S bool; None where it has none."""
    middle, half = _extent(hat)
    upper, lower = hat.argmax(0), len(hat) - hat[::-1].argmax(0)
    across = (np.arange(hat.shape[1]) + 0.5 - middle) / half
    tips = hat.any(0) & (np.abs(across) > 0.8)
    line = float((upper + lower)[tips].mean() / 2)
    crown = _crown_half(hat, line, skull_half) / half
    if crown * _BRIM_WIDER > 1:
        return None
    strips = []
    for side in (-1, 1):
        place = (side * across - crown) / (1 - crown)
        strip = hat.any(0) & (place > _STRIP[0]) & (place < _STRIP[1])
        if strip.sum() < 4:
            return None
        strips.append((place[strip], upper[strip], lower[strip], np.sqrt(1 - across[strip] ** 2)))
    thick = sum(float((low - high).sum()) for _, high, low, _ in strips) / 2 - view.pixels(_EDGE_M) * sum(
        len(place) for place, *_ in strips
    )
    thick = max(0.0, thick / sum(float(arc.sum()) for *_, arc in strips))
    inner = np.abs(across) < 0.5 * crown
    lowest = float(np.median(lower[inner & hat.any(0)]))
    open_below = lowest < line - 0.2 * thick
    if thick > _BRIM_THIN * half and not open_below:
        return None
    steps = np.linspace(0, 1, BRIM_STEPS)
    left, right = (
        torch.from_numpy(np.polyval(np.polyfit(place, (high + low) / 2, 2 if thick < 0.3 * half else 1), steps)).float()
        for place, high, low, _ in strips
    )
    base = float((left[0] + right[0]) / 2)
    edge = min(thick, _STEEPEST_BRIM * half)
    if lowest < base + 0.2 * thick:
        return Brim(half=float(half), left=left, right=right, rise=edge, far_rise=-edge)
    return Brim(half=float(half), left=left, right=right, rise=-_DIP * max(edge, lowest - base), far_rise=_DIP * edge)


def _bare_rim(hat: np.ndarray, view: GarmentView, sigma: float) -> tuple[Tensor, Tensor]:
    """Where a hat without a brim ends: (3,) at its left, at its right and behind, and (C,) in front."""
    columns = np.flatnonzero(hat.any(0))
    middle, half = _extent(hat)
    lower = gaussian_filter1d((len(hat) - hat[::-1].argmax(0))[columns].astype(float), sigma, mode="nearest")
    across = (columns + 0.5 - middle) / half
    inner = np.abs(across) < _SIDE[1]
    steps = np.linspace(-1, 1, _FRONT_STEPS)
    bow = np.polyval(np.polyfit(across[inner], lower[inner], 2), steps)
    sides = [float(bow[0]), float(bow[-1])]
    front = np.minimum(bow, np.interp(steps, across, lower))  # it hides no face that the photo shows
    least, most = (view.pixels(metres) for metres in _BACK_DROP_M)
    level = sum(sides) / 2
    drop = float(np.clip(level - np.median(lower[np.abs(across) < _FRONT]), least, most))
    return torch.tensor([*sides, level + drop]), torch.from_numpy(front).float()


def _crown(hat: np.ndarray, top: int, last: float, sigma: float, widest: float | None) -> tuple[Tensor, Tensor]:
    """(CROWN_STEPS,) each: middle and half width from the top down to the rim.

    Args:
        last: height of the rim at the sides.
        widest: of a crown above a brim, its half width; what is wider is the brim.
    """
    bottom = max(top + 2, round(last))
    axis = _extent(hat)[0]
    left, right = row_borders(hat[top:bottom])
    # A row that lies to one side of the axis tells that side alone: it is a stump that the mask left of a crown, or
    # how far one side reaches lower than the other.
    left, right = np.where(left < axis, left, np.nan), np.where(right > axis, right, np.nan)
    left, right = (gaussian_filter1d(_filled(line, axis), sigma / 2, mode="nearest") for line in (left, right))
    if widest is not None:  # a crown stands upright in its brim
        reach = np.maximum(axis - left, right - axis)
        left, right = axis - reach, axis + reach
    middle, half = (left + right) / 2, (right - left) / 2
    if widest is not None:
        beyond = np.flatnonzero(half > 1.12 * widest)
        end = int(beyond[0]) if len(beyond) else len(half)
        rows = np.arange(len(half))
        kept = np.concatenate([rows[:end], rows[-1:]])
        half = np.interp(rows, kept, np.append(half[:end], widest))
        middle = np.interp(rows, kept, np.append(middle[:end], np.median(middle)))
    place = crown_steps().numpy() * (len(half) - 1)
    rows = np.arange(len(half))
    return (torch.from_numpy(np.interp(place, rows, line)).float() for line in (middle, half))  # type: ignore[return-value]


def crown_steps() -> Tensor:
    """(CROWN_STEPS,) in [0, 1]: how far down the crown is measured; closer at the top, where it is round."""
    return torch.linspace(0, 1, CROWN_STEPS) ** 1.3


def _filled(line: np.ndarray, otherwise: float) -> np.ndarray:
    """(R,) without gaps; all of it `otherwise` where it has nothing else."""
    finite = np.isfinite(line)
    if not finite.any():
        return np.full(len(line), otherwise)
    return np.interp(np.arange(len(line)), np.flatnonzero(finite), line[finite])
