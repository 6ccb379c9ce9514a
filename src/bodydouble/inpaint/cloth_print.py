"""What a print is: its own colours without the light on them, and what of it may come again."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from bodydouble.geometry.lengths import square_lengths
from bodydouble.inpaint.cloth_layer import DARK, ClothLayer, brightness, measure_light
from bodydouble.inpaint.cloth_repeats import find_lone
from bodydouble.surface.around import TRUNK

_BROAD = 0.75  # quantile of what was seen of rows, of a row that was seen to both flanks
_WHOLE, _LEAST = 0.8, 0.15  # times that, and part of the girth, from which on a row was
_BAND = 0.6  # share of such a row, from which on what the print has nowhere else is a band around
_EDGE_M = 0.008  # width of a garment's edge over another, where colours are mixed


def measure_usual(cloths: Sequence[ClothLayer]) -> np.ndarray:
    """(3,), float32: the usual colour of what may come again of a garment, else of what was observed of it.

    It is the one nearest to the median: channels' medians may mix to a colour that is nowhere on it.
    """
    for planes in ([cloth.rgb[cloth.source] for cloth in cloths], [cloth.rgb[cloth.observed] for cloth in cloths]):
        colours = np.concatenate(planes)
        if len(colours):
            return np.asarray(colours[square_lengths(colours - np.median(colours, 0)).argmin()], np.float32)
    return np.zeros(3, np.float32)


def extract_print(cloth: ClothLayer, usual: np.ndarray) -> np.ndarray:
    """H×W×3, float32: what a pattern shows beside its garment's usual colour, (3,), as a share of its brightness.

    With the usual colour below it, a pattern has the photo's own colours elsewhere, and no others: only light is taken
    off, which has one gain for all channels, and not what is coarse of the pattern itself.
    """
    own = (cloth.rgb / measure_light(cloth) - usual) / (float(brightness(usual)) + DARK)
    return (own * cloth.observed[..., None]).astype(np.float32)


def select_own_sources(cloths: Sequence[ClothLayer]) -> list[np.ndarray]:
    """H×W bool of each layer: its sources without what a print has nowhere else, such as a hand on it.

    A band in other light at one flank than at the other has no like there, nor has one of a narrow garment; it goes on
    around all the same. Edges over what lies within the print are left out, too: turned over, a line of an open
    jacket's and its shirt's mixed colours would be a bright one on its back.
    """
    lone = zip(cloths, find_lone(cloths), strict=True)
    return [cloth.source & (~other | _find_bands(cloth, other)) & ~_find_inner_edges(cloth) for cloth, other in lone]


def _find_bands(cloth: ClothLayer, lone: np.ndarray) -> np.ndarray:
    """H×1 bool: rows seen to both flanks, nearly all along which is what the print has nowhere else, H×W bool.

    There are none on limbs: what shows of one that is mostly hidden may all be something else's.
    """
    shown = cloth.source.sum(1, keepdims=True)
    if cloth.limb != TRUNK or not shown.any():
        return np.zeros(shown.shape, bool)
    whole = shown > max(_WHOLE * float(np.quantile(shown[shown > 0], _BROAD)), _LEAST * cloth.source.shape[1])
    bands: np.ndarray = whole & ((cloth.source & lone).sum(1, keepdims=True) > _BAND * shown)
    return bands


def _find_inner_edges(cloth: ClothLayer) -> np.ndarray:
    """H×W bool: what is beside something else that lies on a garment, or before which it is open; not its flanks."""
    observed = np.roll(cloth.observed, -round(cloth.behind), 1)  # no row of the near side is cut
    within = np.logical_or.accumulate(observed, 1) & np.logical_or.accumulate(observed[:, ::-1], 1)[:, ::-1]
    wide = np.ones((2 * round(_EDGE_M * cloth.scale) + 1,) * 2, np.uint8)
    return np.roll(cv2.dilate((within & ~observed).astype(np.uint8), wide) > 0, round(cloth.behind), 1)
