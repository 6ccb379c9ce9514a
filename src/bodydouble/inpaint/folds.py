"""Folds where none were seen: few, long and soft, where bodies pull cloth, and calm between them.

Backs of real clothes are calm above, have long folds from the armpits and below the shoulder blades, and short ones
across the small of the back; trousers have theirs below the seat, behind the knee and above the shoe.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from bodydouble.inpaint.cloth_layer import ClothLayer
from bodydouble.surface.around import TRUNK

ARMS = 1, 2  # numbers of limbs, see `LIMBS`
_FADE_M = 0.03  # from what was observed, within which folds begin
_RIDGE, _RIDGE_AT, _RIDGE_WIDTH = 0.7, 1.9, 1.3  # height, place and width of the light ridge beside a dark crease
_REACH = 5.0  # widths of a crease from it, beyond which there is nothing of it
_VARIED = 0.25  # deviation of lengths and strengths
_MOVED_M = 0.012  # metres, deviation of where a fold begins and ends


@dataclass(frozen=True)
class _Fold:
    """Metres on the mean body to the right of the middle behind and down from the limb's first joint, of both ends."""

    start: tuple[float, float]
    end: tuple[float, float]
    width: float  # metres, deviation of the dark crease
    strength: float
    bow: float = 0.0  # metres, by which its middle lies below the line between its ends
    mirrored: bool = True  # there is another one on the other side of the middle


_BACK = (
    _Fold((0.17, 0.17), (0.08, 0.36), 0.008, 1.0, 0.01),  # from the armpits
    _Fold((0.19, 0.22), (0.06, 0.42), 0.010, 0.8, 0.01),
    _Fold((0.10, 0.24), (0.07, 0.46), 0.014, 0.7),  # below the shoulder blades
    _Fold((0.045, 0.28), (0.05, 0.46), 0.011, 0.5),
    _Fold((0.005, 0.12), (0.0, 0.40), 0.022, 0.4, mirrored=False),  # the spine
    _Fold((-0.08, 0.39), (0.06, 0.395), 0.010, 0.4, 0.012, mirrored=False),  # the small of the back
    _Fold((-0.03, 0.43), (0.11, 0.42), 0.011, 0.4, 0.014, mirrored=False),
    _Fold((-0.12, 0.46), (0.0, 0.45), 0.011, 0.3, 0.012, mirrored=False),
)
_SLEEVE = (
    _Fold((-0.05, 0.10), (0.04, 0.16), 0.008, 0.7, mirrored=False),  # from the armpit
    _Fold((-0.06, 0.24), (0.03, 0.22), 0.006, 0.8, 0.006, mirrored=False),  # the elbow
    _Fold((-0.02, 0.28), (0.06, 0.30), 0.006, 0.8, 0.006, mirrored=False),
    _Fold((-0.05, 0.33), (0.05, 0.38), 0.008, 0.6, mirrored=False),
    _Fold((-0.05, 0.45), (0.04, 0.46), 0.006, 0.6, 0.005, mirrored=False),  # above the cuff
)
_TROUSER_LEG = (
    _Fold((-0.07, 0.12), (0.07, 0.11), 0.008, 0.7, 0.015, mirrored=False),  # below the seat
    _Fold((-0.06, 0.17), (0.05, 0.14), 0.009, 0.5, 0.012, mirrored=False),
    _Fold((-0.05, 0.39), (0.06, 0.40), 0.007, 0.9, 0.008, mirrored=False),  # behind the knee
    _Fold((-0.06, 0.43), (0.04, 0.44), 0.007, 0.9, 0.008, mirrored=False),
    _Fold((-0.03, 0.47), (0.06, 0.46), 0.008, 0.7, 0.008, mirrored=False),
    _Fold((-0.01, 0.50), (0.01, 0.72), 0.012, 0.5, mirrored=False),  # down the calf
    _Fold((-0.05, 0.76), (0.05, 0.75), 0.007, 0.7, 0.008, mirrored=False),  # above the shoe
)


def draw_folds(cloth: ClothLayer, strength: float, seed: int = 0) -> np.ndarray:
    """H×W, float32: relative brightness that folds add to the gaps of a garment, 0 where it was observed.

    Args:
        strength: of a usual fold.
        seed: of their places.
    """
    height, width = cloth.gaps.shape
    drawn = np.zeros((height, width), np.float32)
    scale = cloth.scale * cloth.stature
    down = (np.arange(height) + 0.5 + cloth.top) / scale
    column = np.arange(width) + 0.5 - cloth.behind
    across = ((column + width / 2) % width - width / 2) / scale
    generator = np.random.default_rng((seed, cloth.limb))
    for fold in _choose_folds(cloth.limb):
        for side in (1, -1) if fold.mirrored else (1,):
            _add_fold(drawn, fold, side, down, across, generator)
    return strength * drawn * measure_away(cloth, _FADE_M) * cloth.gaps


def _choose_folds(limb: int) -> tuple[_Fold, ...]:
    if limb == TRUNK:
        return _BACK
    return _SLEEVE if limb in ARMS else _TROUSER_LEG


def _add_fold(
    drawn: np.ndarray, fold: _Fold, side: int, down: np.ndarray, across: np.ndarray, generator: np.random.Generator
) -> None:
    """Add one fold to H×W, whose rows and columns lie so many metres down, (H,), and to the right, (W,)."""
    moves = generator.normal(0, _MOVED_M, (2, 2))
    varied = np.exp(generator.normal(0, _VARIED, 2))
    start, end = (np.array([side * x, y]) + move for (x, y), move in zip((fold.start, fold.end), moves, strict=True))
    along = end - start
    length = float(np.hypot(*along))
    along = along / length
    # Light comes from above: what faces up, above a crease, is lighter.
    normal = np.array([-along[1], along[0]]) * (1 if along[0] > 0 else -1)
    width = fold.width * varied[0]
    margin = _REACH * width + abs(fold.bow)
    rows = slice(*np.searchsorted(down, (min(start[1], end[1]) - margin, max(start[1], end[1]) + margin)))
    x, y = across - start[0], down[rows, None] - start[1]
    fraction = (x * along[0] + y * along[1]) / length
    inside = fraction * (1 - fraction)
    bow = 4 * fold.bow * inside.clip(0)
    distance = (x * normal[0] + y * normal[1] - bow) / (width * (0.6 + 1.6 * inside.clip(0)))
    crease = np.exp(-np.square(distance) / 2)
    ridge = np.exp(-np.square((distance + _RIDGE_AT) / _RIDGE_WIDTH) / 2)
    taper = np.sin(np.pi * fraction.clip(0, 1)) ** 1.5
    drawn[rows] += (fold.strength * varied[1] * taper * (_RIDGE * ridge - crease)).astype(np.float32)


def measure_away(cloth: ClothLayer, reach_m: float) -> np.ndarray:
    """H×W, float32, 0 where a garment was observed to 1 from `reach_m` metres away on. Columns run on around."""
    width = cloth.gaps.shape[1]
    if not cloth.observed.any():
        return np.ones(cloth.gaps.shape, np.float32)
    around = np.hstack([~cloth.observed] * 3).astype(np.uint8)
    distance = cv2.distanceTransform(around, cv2.DIST_L2, 3)[:, width : 2 * width]
    return (distance / (reach_m * cloth.scale)).clip(0, 1)
