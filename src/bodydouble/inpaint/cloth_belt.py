"""A belt, a sash or a trimming around a garment: it goes on at its height, and comes again at no other.

Pieces of cloth that fill a back come from above and below as well. With a belt in them, it came again as bands down to
the hem. Stripes are many, and a pattern; a belt is one narrow band, at most with a collar's above.
"""

from __future__ import annotations

import cv2
import numpy as np

from bodydouble.inpaint.cloth_layer import ClothLayer

_SOFT_M = (0.03, 0.005)  # deviation of the blur along rows, which levels a weave and a print, and down
_UNLIKE, _SPREAD, _MOST = 0.07, 1.5, 0.75  # least distance from the usual colour, and times that of most of the garment
_ACROSS = 0.6  # share of what was observed of a row, from which on a band goes across
_LEAST_ROW = 0.12  # of the girth, that must be observed of a row to tell
_WIDEST_M = 0.07  # of a belt
_MOST_BANDS = 2  # a belt and a collar; more are stripes
_BESIDE_M = 0.02  # above and below, that is mixed of both, or in its shadow


def find_belt(cloth: ClothLayer) -> np.ndarray:
    """(H,), bool: rows of a layer in which a belt lies; none where bands are more, or wider, than belts are."""
    height, girth = cloth.observed.shape
    nothing, shown = np.zeros(height, bool), cloth.observed.sum(1)
    if not cloth.observed.any():
        return nothing
    away = _measure_away(cloth)
    most = max(_UNLIKE, _SPREAD * float(np.quantile(away[cloth.observed], _MOST)))
    across = ((away > most) & cloth.observed).sum(1) > _ACROSS * np.maximum(shown, 1)
    across &= shown > _LEAST_ROW * girth
    edges = np.flatnonzero(np.diff(np.concatenate([[0], across.astype(np.int8), [0]])))
    widths = edges[1::2] - edges[::2]
    if not 0 < len(widths) <= _MOST_BANDS or widths.max() > _WIDEST_M * cloth.scale:
        return nothing
    beside = np.ones(1 + 2 * round(_BESIDE_M * cloth.scale), np.uint8)
    belt: np.ndarray = cv2.dilate(across.astype(np.uint8)[:, None], beside[:, None])[:, 0] > 0
    return belt


def _measure_away(cloth: ClothLayer) -> np.ndarray:
    """H×W: how far a layer's colour is from its usual one, without what is fine."""
    shown, (along, down) = cloth.observed.astype(np.float32), (length * cloth.scale for length in _SOFT_M)
    soft = cv2.GaussianBlur((cloth.rgb * shown[..., None]).astype(np.float32), (0, 0), along, sigmaY=down)
    soft /= cv2.GaussianBlur(shown, (0, 0), along, sigmaY=down).clip(1e-3)[..., None]
    return np.asarray(np.linalg.norm(soft - np.median(soft[cloth.observed], 0), axis=2))
