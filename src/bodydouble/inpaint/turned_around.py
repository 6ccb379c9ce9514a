"""Folds go on around limb, trunk and skirt: plain cloth is turned over at both flanks, a twin's front lies behind.

Real backs have 0.85 of the contrast of their fronts in what is 3 mm to 10 cm wide (47 pairs of photos, front and back);
smooth cloth had a fifth. Folds run across flanks, so that turned over they meet what was seen. Behind lies the other
leg or arm: turned over once more, what was seen would be seen to come again. The middle of a trunk's front, with lapels
and placket, has no like behind: there both sides meet. What one piece does not know, as of an open front, the others
do; edges beside such holes, with their plackets and zips, come again as little as pockets do. Above, at neck and hip,
all is calm: there lie collars and flies.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d, median_filter

from bodydouble.geometry.smoothstep import smoothstep
from bodydouble.inpaint.cloth_layer import ClothLayer, blur, blur_around, brightness, reduced_blur, take_off_shade
from bodydouble.inpaint.cloth_structure import level_weave
from bodydouble.inpaint.folds import ARMS
from bodydouble.surface.around import TRUNK

_FOLDED_M = 0.08  # deviation of the blur that leaves shade alone: folds, and the fade of jeans, are finer
_WOVEN_M = 0.0025  # deviation of the blur that levels threads, which are drawn anew: drawn out they would be smears
# Deviation of brightness of folds in soft light, which those that the sun draws are brought to, its patches with them;
# times the garment's own deviation, which its strongest folds approach.
_SOFT, _STRONGEST = 0.12, 2.5
_SHARPENED = 1.3  # times as strong, for what the blur of threads takes off folds of a centimetre
_BELOW_HIP_M = (0.06, 0.14)  # from where on a leg's folds go on around: above lie pockets and a fly
_BELOW_NECK_M = (0.06, 0.12)  # the same of a trunk's: above lie necklines and necklaces
# How much lower it is in busy tops, and the deviation of these: shirts have 0.02 to 0.06, a trench coat has 0.15.
_LAPELS_M, _BUSY = 0.1, (0.06, 0.12)
_BOLD = (0.17, 0.19)  # the same, of tops whose folds go on, and of bolder ones: flowers have 0.18, ruffles 0.17
_TONE_M, _DARK = 0.04, 0.1  # deviation of the blur of a trunk's tones, and what is added before their logarithm
# Their deviation in lightness, and the distance in tint within which most of them lie, of one cloth and of several:
# measured on 20 tops, plain ones have up to 0.13 and 0.06, those with blocks of colour or large flowers 0.06 to 0.13 of
# tint, or 0.19 of lightness.
_LIGHTS, _TINTS, _MOST = (0.12, 0.2), (0.05, 0.075), 0.9
TWINS = {1: 2, 2: 1, 3: 4, 4: 3}  # of limbs, see `LIMBS`
_LEAST_M = 0.03  # of a row, that must be seen of it: less has no folds
_FEW_M = 0.1  # such rows; fewer tell nothing of a limb
_TRIM = 0.02  # part of what was seen of a row that lies beyond its flanks: islands
_MEDIAN_M, _EVENED_M = 0.12, 0.08  # length of the median of flanks along a limb, and deviation of their blur
_MIXED_M = 0.04  # half of the band in which one piece goes over into the next
_DRAWN_OUT = 2.2  # times as wide as it was seen, that a piece is at most
_MOVED_M = 0.04  # up or down along the limb, of what lies away from a flank: its like is not beside it
_KNOWN = 0.5  # of a sample's weight, that must be of what may come again
_SPARE = 0.05  # weight of what fills the holes of other pieces, as of an open front
_FLAP = 0.3  # of what was seen of a row, that a flap of an open front has within its edge
# Deviation of the blur of holes, beside which are edges, zips and plackets, and what it leaves of them where these are:
# a centimetre from a wide one, not beside a button.
_HEM_M, _BESIDE = 0.02, 0.3
_SOFT_M = 0.008  # deviation of the blur of what is known


@dataclass(frozen=True)
class LimbFolds:
    """What may come again of a limb."""

    cloth: ClothLayer
    folds: np.ndarray  # H×W, float32, relative brightness
    flanks: tuple[np.ndarray, np.ndarray]  # H×1 each, columns of its edges, smooth along the limb

    @functools.cached_property
    def _planes(self) -> np.ndarray:
        """H×W×4: folds, where they may come again, and how far: towards holes between the flanks less, towards all."""
        source, columns = self.cloth.source, np.arange(self.cloth.source.shape[1])
        hole = ~source & (columns >= self.flanks[0]) & (columns <= self.flanks[1])
        near = blur(np.dstack([hole, ~source, ~source]), np.ones_like(source), _HEM_M * self.cloth.scale)[..., :2]
        sure = source[..., None] * (1 - near / _BESIDE).clip(0, 1)
        return np.dstack([self.folds * source, source, sure]).astype(np.float32)

    def take(self, row: np.ndarray, column: np.ndarray, at_flank: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """h×w each: folds at h×w rows and columns, and how far they may come again, 0 where nothing may.

        Args:
            at_flank: up to the flank they do; else less towards it, as towards holes.
        """
        taken = cv2.remap(self._planes, column.astype(np.float32), row.astype(np.float32), cv2.INTER_LINEAR)
        return taken[..., 0] / taken[..., 1].clip(_KNOWN), taken[..., 2 if at_flank else 3]


def turn_limbs(
    cloths: Sequence[ClothLayer], deviation: float, hangs: bool = False
) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """By limb, or trunk: H×W each, relative brightness of folds beyond its flanks, how far they are known, [0, 1].

    Args:
        cloths: a garment's layers.
        deviation: usual, of its relative brightness.
        hangs: it hangs free, and has no collar, lapels and placket in the middle of its front.
    """
    limbs = {}
    for cloth in cloths:
        limb = measure_limb(cloth, _measure_folds(cloth, deviation))
        if limb is not None:
            limbs[cloth.limb] = limb
    missing = {number: limb for number, limb in limbs.items() if limb.cloth.gaps.any()}
    turned = {}
    for number, limb in missing.items():
        lender = limbs.get(TWINS[number], limb) if number != TRUNK else limb if hangs else None
        turned[number] = turn_around(limb, lender)
    rated = {number: _rate_tone(limb.cloth) for number, limb in limbs.items() if number in (TRUNK, *ARMS)}
    for number in rated.keys() & turned.keys():
        folds, known = turned[number]
        if number == TRUNK:
            from_neck = np.array(_BELOW_NECK_M) + np.interp(deviation, _BUSY, (0, _LAPELS_M))
            known = known * _fade_in(limbs[number].cloth, from_neck)
        one_tone = min(rated[number], float(np.median(list(rated.values()))))
        turned[number] = folds, (known * one_tone * np.interp(deviation, _BOLD, (1, 0))).astype(np.float32)
    return turned


def _fade_in(cloth: ClothLayer, below_m: Sequence[float] | np.ndarray) -> np.ndarray:
    """H×1, [0, 1]: 0 above and 1 below two lengths, metres on the mean body, from a limb's first joint down."""
    below = (np.arange(len(cloth.source)) + cloth.top) / (cloth.scale * cloth.stature)
    return np.interp(below, below_m, (0, 1))[:, None]


def _rate_tone(cloth: ClothLayer) -> float:
    """0 to 1: how surely what may come again of a garment has one tone: of two, edges would be taken for folds."""
    soft = reduced_blur(cloth.rgb, cloth.source, _TONE_M * cloth.scale)
    height, width = soft.shape[:2]
    shown = cv2.resize(cloth.source.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA) > _KNOWN
    if not shown.any():
        return 0.0
    tone = np.log(soft[shown] + _DARK)
    tone -= np.median(tone, 0)
    light = tone.mean(1, keepdims=True)
    tint = float(np.quantile(np.linalg.norm(tone - light, axis=1), _MOST))
    return float(np.interp(light.std(), _LIGHTS, (1, 0)) * np.interp(tint, _TINTS, (1, 0)))


def _measure_folds(cloth: ClothLayer, deviation: float) -> np.ndarray:
    """H×W: relative brightness of the folds that were seen, without what lies beside them, as soft light draws them."""
    shown = replace(cloth, observed=cloth.source)
    grey = brightness(level_weave(take_off_shade(shown, _FOLDED_M), cloth, _WOVEN_M))
    soft = min(1.0, _SOFT / max(1e-3, deviation))
    strongest = max(1e-3, _STRONGEST * soft * deviation)
    return strongest * np.tanh(_SHARPENED * soft * grey / strongest)


def measure_limb(cloth: ClothLayer, folds: np.ndarray) -> LimbFolds | None:
    """A limb with its flanks; None where too little of it was seen.

    Args:
        folds: H×W, float32, relative brightness.
    """
    height = len(cloth.source)
    count = cloth.source.sum(1)
    rows = np.flatnonzero(count > _LEAST_M * cloth.scale)
    if len(rows) < _FEW_M * cloth.scale:
        return None
    share = cloth.source[rows].cumsum(1) / count[rows, None]
    flanks = []
    for column in ((share > _TRIM).argmax(1), (share >= 1 - _TRIM).argmax(1)):
        if cloth.limb == TRUNK:  # or what hangs free: columns are angles, and arms hide what lies at these
            flanks.append(np.full((height, 1), np.median(column), np.float64))
            continue
        calm = median_filter(column.astype(np.float64), 1 + 2 * round(_MEDIAN_M * cloth.scale / 2), mode="nearest")
        along = np.interp(np.arange(height), rows, calm)
        flanks.append(gaussian_filter1d(along, _EVENED_M * cloth.scale, mode="nearest")[:, None])
    first, last = (flank.astype(np.float32) for flank in flanks)
    return LimbFolds(cloth, folds, (first, np.maximum(last, first + 1)))


def turn_around(limb: LimbFolds, lender: LimbFolds | None) -> tuple[np.ndarray, np.ndarray]:
    """H×W each: relative brightness of folds beyond both flanks of a limb, and how far they are known, [0, 1].

    Args:
        lender: whose front lies behind, the other leg or arm in the garment, or itself; None: there its sides meet.
    """
    cloth, (first, last) = limb.cloth, limb.flanks
    height, width = cloth.source.shape
    folds, weights = _take_pieces(limb, lender)
    # The squares of the weights sum to 1: so the deviation of what is unlike stays the same where it is mixed.
    total, least = np.sqrt(np.square(weights).sum(0)), _SPARE * _KNOWN**3
    turned = (folds * weights).sum(0) / total.clip(least)
    beyond = ((np.arange(width) < first) | (np.arange(width) > last)) & (total > least)
    known = blur_around(beyond.astype(np.float32), _SOFT_M * cloth.scale, _SOFT_M * cloth.scale)
    known = known.clip(0, 1)  # a blur's rounding goes a little beyond
    if cloth.limb not in (*ARMS, TRUNK):
        known = known * _fade_in(cloth, _BELOW_HIP_M)
    return turned.astype(np.float32), known.astype(np.float32)


def _take_pieces(limb: LimbFolds, lender: LimbFolds | None) -> tuple[np.ndarray, np.ndarray]:
    """P×H×W each, folds of the pieces that lie beyond the flanks, and their weights.

    Two are turned over at the flanks; four, for the holes of these, are turned over at the flanks and drawn out to the
    middle behind, on their own side and on the other; one is the lender's front.
    """
    cloth, (first, last) = limb.cloth, limb.flanks
    height, width = cloth.source.shape
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    after, before = (columns - last) % width, (first - columns) % width
    third = (width - last + first) / 3
    mixed = np.minimum(_MIXED_M * cloth.scale, third / 2)
    flap = _bound(1.5 * third / (_FLAP * (last - first)))
    reach, stretch = (third, _bound((third + mixed) / (last - first))) if lender else (1.5 * third, flap)
    beside = [smoothstep(((reach - away) / (2 * mixed) + 0.5).clip(0, 1)) for away in (after, before)]
    # Another garment has them in another place, and its left side in another than its right.
    moved = (1 if int(cloth.source.sum()) % 2 else -1) * _MOVED_M * cloth.scale
    of_last, of_first = (
        rows + way * smoothstep((away / third).clip(0, 1)) for away, way in ((after, moved), (before, -moved))
    )
    pieces = [
        limb.take(of_last, last - after / stretch, at_flank=True),
        limb.take(of_first, first + before / stretch, at_flank=True),
    ]
    for away in (after / flap, before / flap):
        pieces += [limb.take(of_last, last - away), limb.take(of_first, first + away)]
    weights = [*beside, *[np.full_like(after, _SPARE)] * 4]
    if lender:
        down, way = rows - moved, 1
        if lender is not limb:  # a twin is a mirror image: outside lies outside
            down, way = rows + cloth.top - lender.cloth.top, -1
        start, end = (flank[down[:, 0].clip(0, len(flank) - 1).astype(np.int64)] for flank in lender.flanks)
        stretch = _bound((third + 2 * mixed) / (end - start))
        pieces.append(lender.take(down, (start + end) / 2 + way * (before - after) / 2 / stretch))
        weights.append(np.sqrt((1 - np.square(beside[0]) - np.square(beside[1])).clip(_SPARE**2)))
    folds, sure = (np.stack(planes) for planes in zip(*pieces, strict=True))
    # Slowly to nothing: one piece gives way to the next where both are weak.
    return folds, np.stack(weights) * sure * sure * sure


def _bound(stretch: np.ndarray) -> np.ndarray:
    """How much wider a piece is drawn; beyond that it ends."""
    return stretch.clip(1 / _DRAWN_OUT, _DRAWN_OUT)
