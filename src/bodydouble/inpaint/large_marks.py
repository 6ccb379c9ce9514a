"""A bag before a skirt, or the jacket above it: one piece of another colour, as large as it may be.

A small mark is unlike what three in four texels are (`tube_sheet`); one that hides more of the skirt makes it two
colours, of which the commoner one is the skirt.
"""

from __future__ import annotations

import cv2
import numpy as np

_STEP = 4  # texels that are one where colours are told apart
_ROUNDS = 10  # of finding two colours
_APART = 0.18  # distance of the two
_BETWEEN, _MOST_BETWEEN = (
    (0.35, 0.65),
    0.12,
)  # of the way between them, and the share that may lie there: shade has more
_SIZE = (0.03, 0.48)  # part of what was seen that such a piece takes up
_PIECES, _MOST_OF_IT = 2, 0.8  # of so many, the part that they make up of the rarer colour: a print has many
_BAND = 0.8  # share of what was seen of its rows, in the median, from which on it is a band around
_EDGE = 0.015  # of the texture's side: its edge, where colours are mixed


def find_large_mark(smooth: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """S×S, bool: the piece, with its edge; nothing where there is none.

    Args:
        smooth: 3×S×S, sRGB in [0, 1], without what is finer than a mark.
        seen: S×S, bool.
    """
    nothing = np.zeros_like(seen)
    image, shown = smooth[:, ::_STEP, ::_STEP].astype(np.float32), seen[::_STEP, ::_STEP]
    colours = image[:, shown].T
    if len(colours) < 100:
        return nothing
    usual, other = _find_two_colours(colours)
    way = other - usual
    if np.linalg.norm(way) < _APART:
        return nothing
    place = np.tensordot(way, image - usual[:, None, None], 1) / (way @ way)
    between = (place > _BETWEEN[0]) & (place < _BETWEEN[1])
    rarer = shown & (place > 0.5)
    if between[shown].mean() > _MOST_BETWEEN or not _SIZE[0] < rarer.sum() / shown.sum() < _SIZE[1]:
        return nothing
    count, number, stats, _ = cv2.connectedComponentsWithStats(rarer.astype(np.uint8))
    largest = 1 + np.argsort(-stats[1:, cv2.CC_STAT_AREA])[:_PIECES]
    if not count > 1 or stats[largest, cv2.CC_STAT_AREA].sum() < _MOST_OF_IT * rarer.sum():
        return nothing
    pieces = [number == piece for piece in largest if not _is_band(number == piece, shown)]
    if not pieces:
        return nothing
    mark = np.logical_or.reduce(pieces).astype(np.uint8).repeat(_STEP, 0).repeat(_STEP, 1)
    edge = np.ones((1 + 2 * round(_EDGE * len(seen)),) * 2, np.uint8)
    return (cv2.dilate(mark[: len(seen), : seen.shape[1]], edge) > 0) & seen


def _find_two_colours(colours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(3,) and (3,): the two that N×3 colours are nearest to (k-means: Lloyd, 1982), the commoner one first."""
    first = np.median(colours, 0)
    away = np.linalg.norm(colours - first, axis=1)
    second = np.median(colours[away >= np.quantile(away, 0.9)], 0)
    for _ in range(_ROUNDS):
        nearer = np.linalg.norm(colours - second, axis=1) < np.linalg.norm(colours - first, axis=1)
        if not nearer.any() or nearer.all():
            break
        first, second = np.median(colours[~nearer], 0), np.median(colours[nearer], 0)
    nearer = np.linalg.norm(colours - second, axis=1) < np.linalg.norm(colours - first, axis=1)
    return (second, first) if nearer.mean() > 0.5 else (first, second)


def _is_band(piece: np.ndarray, shown: np.ndarray) -> bool:
    """Whether a piece, h×w bool, takes up all that was seen of its rows."""
    rows = piece.any(1)
    return bool(np.median(piece[rows].sum(1) / shown[rows].sum(1)) > _BAND)
