"""Folds go on around limb and trunk: plain cloth is turned over at both flanks, and the front of a twin lies behind.

Real backs of trousers and tops have 0.85 of the contrast of their fronts in what is 3 mm to 10 cm wide (47 pairs of
photos, front and back); smooth cloth had a fifth. Folds run across flanks, so that turned over they meet what was seen.
Behind lies the other leg or arm: turned over once more, what was seen would be seen to come again. Limbs have no
collars, plackets or zips. A trunk that may have them, of an open or a busy top, is left calm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d, median_filter

from bodydouble.geometry.smoothstep import smoothstep
from bodydouble.inpaint.cloth_layer import ClothLayer, blur_around, brightness, take_off_shade
from bodydouble.inpaint.cloth_structure import level_weave
from bodydouble.inpaint.folds import ARMS
from bodydouble.inpaint.mirror import has_open_front
from bodydouble.surface.around import TRUNK

_FOLDED_M = 0.04  # deviation of the blur that leaves shade alone: folds are finer
_WOVEN_M = 0.0025  # deviation of the blur that levels threads, which are drawn anew: drawn out they would be smears
# Deviation of brightness of folds in soft light, which those that the sun draws are brought to, its patches with them;
# times the garment's own deviation, which its strongest folds approach.
_SOFT, _STRONGEST = 0.06, 2.2
_BELOW_HIP_M = (0.06, 0.14)  # from where on a leg's folds go on around: above lie pockets and a fly
_BELOW_NECK_M = (0.12, 0.2)  # the same of a trunk's: above lie necklines and necklaces
# Deviation of tops whose folds go on around, and of those that stay calm: two plain tops had 0.038, jackets with
# buttons and pockets 0.07 to 0.13.
_CALM, _BUSY = 0.045, 0.065
_TWINS = {1: 2, 2: 1, 3: 4, 4: 3}  # of limbs, see `LIMBS`
_LEAST_M = 0.03  # of a row, that must be seen of it: less has no folds
_FEW_M = 0.1  # such rows; fewer tell nothing of a limb
_TRIM = 0.02  # part of what was seen of a row that lies beyond its flanks: islands
_MEDIAN_M, _EVENED_M = 0.05, 0.03  # length of the median of flanks along a limb, and deviation of their blur
_MIXED_M = 0.025  # half of the band in which one piece goes over into the next
_DRAWN_OUT = 2.2  # times as wide as it was seen, that a piece is at most
_MOVED_M = 0.03  # up or down along the limb, of what lies away from a flank: its like is not beside it
_KNOWN = 0.5  # of a sample's weight, that must be of what may come again
_SOFT_M = 0.008  # deviation of the blur of what is known


@dataclass(frozen=True)
class LimbFolds:
    """What may come again of a limb."""

    cloth: ClothLayer
    folds: np.ndarray  # H×W, float32, relative brightness
    flanks: tuple[np.ndarray, np.ndarray]  # H×1 each, columns of its edges, smooth along the limb

    def take(self, row: np.ndarray, column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """h×w each: folds at h×w rows and columns, and how far they may come again, 0 where nothing may."""
        planes = np.dstack([self.folds * self.cloth.source, self.cloth.source]).astype(np.float32)
        taken = cv2.remap(planes, column.astype(np.float32), row.astype(np.float32), cv2.INTER_LINEAR)
        return taken[..., 0] / taken[..., 1].clip(_KNOWN), taken[..., 1]


def turn_limbs(cloths: Sequence[ClothLayer], deviation: float) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """By limb, or trunk: H×W each, relative brightness of folds beyond its flanks, how far they are known, [0, 1].

    Args:
        cloths: a garment's layers.
        deviation: usual, of its relative brightness.
    """
    limbs = {}
    for cloth in cloths:
        if cloth.limb == TRUNK and (deviation >= _BUSY or has_open_front(cloth.source)):
            continue
        limb = measure_limb(cloth, _measure_folds(cloth, deviation))
        if limb is not None:
            limbs[cloth.limb] = limb
    turned = {number: turn_around(limb, limbs.get(_TWINS.get(number, -1))) for number, limb in limbs.items()}
    if TRUNK in turned:
        folds, known = turned[TRUNK]
        turned[TRUNK] = folds, known * np.float32(np.interp(deviation, (_CALM, _BUSY), (1, 0)))
    return turned


def _measure_folds(cloth: ClothLayer, deviation: float) -> np.ndarray:
    """H×W: relative brightness of the folds that were seen, without what lies beside them, as soft light draws them."""
    shown = replace(cloth, observed=cloth.source)
    grey = brightness(level_weave(take_off_shade(shown, _FOLDED_M), cloth, _WOVEN_M))
    strongest = max(1e-3, _STRONGEST * deviation)
    return min(1.0, _SOFT / max(1e-3, deviation)) * strongest * np.tanh(grey / strongest)


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
        calm = median_filter(column.astype(np.float64), 1 + 2 * round(_MEDIAN_M * cloth.scale / 2), mode="nearest")
        along = np.interp(np.arange(height), rows, calm)
        flanks.append(gaussian_filter1d(along, _EVENED_M * cloth.scale, mode="nearest")[:, None])
    first, last = flanks
    return LimbFolds(cloth, folds, (first, np.maximum(last, first + 1)))


def turn_around(limb: LimbFolds, twin: LimbFolds | None = None) -> tuple[np.ndarray, np.ndarray]:
    """H×W each: relative brightness of folds beyond both flanks of a limb, and how far they are known, [0, 1].

    Args:
        twin: the other leg or arm in the same garment; without it, what lies behind is the limb's own.
    """
    cloth, (first, last) = limb.cloth, limb.flanks
    height, width = cloth.source.shape
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    after, before = (columns - last) % width, (first - columns) % width
    third = (width - last + first) / 3
    mixed = np.minimum(_MIXED_M * cloth.scale, third / 2)
    stretch = _bound((third + mixed) / (last - first))
    # Another garment has them in another place.
    moved = (1 if int(cloth.source.sum()) % 2 else -1) * _MOVED_M * cloth.scale
    down = rows + moved * smoothstep((np.minimum(after, before) / third).clip(0, 1))
    pieces = [limb.take(down, last - after / stretch), limb.take(down, first + before / stretch)]
    weights = [smoothstep(((third - away) / (2 * mixed) + 0.5).clip(0, 1)) for away in (after, before)]
    # A twin is a mirror image: outside lies outside.
    lender, way = (twin, -1) if twin else (limb, 1)
    down = rows + cloth.top - lender.cloth.top if twin else rows - moved
    start, end = (flank[down[:, 0].clip(0, len(flank) - 1).astype(np.int64)] for flank in lender.flanks)
    stretch = _bound((third + 2 * mixed) / (end - start))
    pieces.append(lender.take(down, (start + end) / 2 + way * (before - after) / 2 / stretch))
    # The squares of the weights sum to 1: so the deviation of what is unlike stays the same where it is mixed.
    weights.append(np.sqrt((1 - np.square(weights[0]) - np.square(weights[1])).clip(0)))
    folds, sure = (np.stack(weights)[:, None] * np.stack([np.stack(piece) for piece in pieces])).sum(0)
    beyond = (columns < first) | (columns > last)
    known = blur_around((beyond & (sure > _KNOWN)).astype(np.float32), _SOFT_M * cloth.scale, _SOFT_M * cloth.scale)
    known = known.clip(0, 1)  # a blur's rounding goes a little beyond
    if cloth.limb not in ARMS:
        below = (np.arange(height) + cloth.top) / (cloth.scale * cloth.stature)
        known = known * np.interp(below, _BELOW_NECK_M if cloth.limb == TRUNK else _BELOW_HIP_M, (0, 1))[:, None]
    return folds.astype(np.float32), known.astype(np.float32)


def _bound(stretch: np.ndarray) -> np.ndarray:
    """How much wider a piece is drawn; beyond that it ends."""
    return stretch.clip(1 / _DRAWN_OUT, _DRAWN_OUT)
