"""The tone that a garment has along its length, as what was seen of it tells, and how plainly it has one there.

What is at its ends alone, a belt or a cuff, is no tone of it, and where two colours meet none is told.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, median_filter

CELL_M = 0.03  # side of a cell of space, in which tones are averaged
FEW = 20  # cells; fewer tell no tone
_CALM = 5  # lengths of a cell over which the median is taken: a belt is no tone
_BORDER = 5  # the same around where it has another colour, over which nothing is mended
_SMOOTH, _USUAL = 2.0, 0.3  # cells, deviation of the profile's blur, and how many of them the usual tone counts as
# Difference of lightness, logarithms, and of tint between what may be one cloth, here in the light and there in the
# shade, and between what surely are two colours.
_LIGHTER, _TINT = (0.3, 0.5), (0.1, 0.2)
_LIGHT = 0.3  # part of such light along a garment that goes on around
_PLAIN = (0.12, 0.25)  # usual departure of what was seen from the profile, of plain cloth, and of cloth without a tone


def measure_profile(cells: np.ndarray, sleeve: bool) -> np.ndarray:
    """B×5: lengths along the sleeves of a garment, or the rest of it, the tone there, and how plainly it has that.

    Args:
        cells: C×5, of the whole garment; along, tone, and whether it is a sleeve.
    """
    usual = np.median(cells[:, 1:4], 0)
    along, tone = np.split(cells[(cells[:, 4] > 0.5) == sleeve, :4], [1], 1)
    if len(along) < FEW:
        return np.concatenate([[0.0], usual, [1.0]])[None]
    of_part = np.median(tone, 0)
    usual = usual + tell_colour(of_part - usual) * (of_part - usual)
    low = along.min()
    bins = ((along[:, 0] - low) / CELL_M).astype(int)
    count = np.bincount(bins)
    told = np.flatnonzero(count)
    medians = np.stack([np.median(tone[bins == number], 0) for number in told])
    medians = median_filter(medians, (_CALM, 1), mode="nearest")
    departs, at_ends = (_smooth(each - usual, told, count) for each in (_leave_out_ends(medians), medians))
    plain = np.interp(np.median(np.abs(tone - usual - departs[bins]).max(1)), _PLAIN, (1, 0))
    # Across a border between two colours, a jacket's hem on a skirt's sheet, their mean is neither's tone.
    other = maximum_filter1d(np.maximum(tell_colour(departs), tell_colour(at_ends)), _BORDER, mode="nearest")
    level = plain * (1 - other)
    places = low + (np.arange(len(count)) + 0.5) * CELL_M
    return np.concatenate([places[:, None], usual + _LIGHT * departs, level[:, None]], 1)


def _leave_out_ends(medians: np.ndarray) -> np.ndarray:
    """B×3: medians of tones along a garment, at either end those farther in: a cuff or a belt is no tone."""
    half = min(_CALM, len(medians) - 1) // 2
    return np.pad(medians[half : len(medians) - half], ((half, half), (0, 0)), mode="edge")


def _smooth(departs: np.ndarray, told: np.ndarray, count: np.ndarray) -> np.ndarray:
    """B×3: departures from the usual tone, of the T bins that tell of any, smooth, and none where little was seen.

    Args:
        count: (B,), cells in each bin.
    """
    sums = np.zeros((len(count), 4))
    sums[told] = np.concatenate([departs, np.ones((len(told), 1))], 1) * count[told, None]
    sums = gaussian_filter1d(sums, _SMOOTH, axis=0, mode="constant")
    return np.asarray(sums[:, :3] / (sums[:, 3:] + _USUAL))


def tell_colour(departure: np.ndarray) -> np.ndarray:
    """…: [0, 1], how surely two tones that are so far apart, …×3, are two colours, not one in light and in shade."""
    lighter = departure.mean(-1, keepdims=True)
    tint = np.linalg.norm(departure - lighter, axis=-1)
    return np.maximum(np.interp(np.abs(lighter[..., 0]), _LIGHTER, (0, 1)), np.interp(tint, _TINT, (0, 1)))
