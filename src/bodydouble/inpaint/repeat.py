"""A motley pattern goes on around a shoe or a shaft: what lies at the border of what was seen, there and back again."""

from __future__ import annotations

import numpy as np
from torch import Tensor

# Distance in chromaticity from the usual one, on average: of 33 pairs of shoes one in flowers had 0.17, those of one or
# two colours up to 0.15, but for five of which the labels were wrong or that are as motley.
_MOTLEY = 0.16
_DARK = 0.3  # of the sum of a colour's channels: darker ones have no hue
_BAND = 0.12  # of the way around: as much beside the border is repeated, so that laces are not


def is_motley(colours: Tensor) -> bool:
    """Whether N colours, 3×N, are so many that they are a pattern."""
    chromaticity = colours / colours.sum(0).clamp_min(_DARK)
    return float((chromaticity - chromaticity.median(1, keepdim=True).values).norm(dim=0).mean()) > _MOTLEY


def repeat_around(rgb: np.ndarray, known: np.ndarray) -> np.ndarray:
    """H×W×3 of what was unrolled, in which every row goes on around.

    Args:
        rgb: H×W×3; first and last column are neighbours.
        known: H×W, bool; what else there is in `rgb` does not count.
    """
    filled, rows = rgb.copy(), np.flatnonzero(known.any(1))
    for row in rows:
        filled[row] = rgb[row, _sources(known[row])]
    if len(rows):
        nearest = np.abs(np.arange(len(rgb))[:, None] - rows).argmin(1)
        filled = filled[rows[nearest]]
    return filled


def _sources(known: np.ndarray) -> np.ndarray:
    """(W,): the column from which each one takes its colour, of a row in which some are known (W, bool)."""
    width, columns = len(known), np.flatnonzero(known)
    gaps = np.diff(np.append(columns, columns[0] + width)) - 1
    widest = int(gaps.argmax())
    first, gap = columns[widest], int(gaps[widest])
    band = max(1, min(round(_BAND * width), (width - gap) // 2))
    away = np.arange(1, gap + 1)
    mirrored = np.where(away <= gap / 2, -_swing(away, band), gap + 1 + _swing(gap + 1 - away, band))
    sources = np.arange(width)
    sources[(first + away) % width] = (first + mirrored) % width
    turns = np.concatenate([columns - width, columns, columns + width])
    nearest = turns[np.abs(sources[:, None] - turns).argmin(1)] % width
    return np.where(known[sources], sources, nearest)


def _swing(away: np.ndarray, band: int) -> np.ndarray:
    """How far within the border the source lies of what is 1, 2, … columns beyond it: 0 to `band` - 1 and back."""
    place = (away - 1) % (2 * band)
    return np.minimum(place, 2 * band - 1 - place)
