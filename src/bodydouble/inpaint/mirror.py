"""A print goes on around as its mirror image: the far side is the near side, turned over at both flanks.

Cut into pieces a bold print is camouflage: its motifs are larger than the pieces are. Turned over it has its motifs
whole, and meets what was seen on both flanks, stripes and checks in phase.
"""

from __future__ import annotations

import cv2
import numpy as np

from bodydouble.inpaint.cloth_layer import ClothLayer
from bodydouble.inpaint.quilt import find_cut

_LEAST = 0.15  # of the girth, that must be seen of the usual row to be turned over: less would come again too large
_WIDTHS, _WIDEST = 7, 1.25  # of a print behind that are compared, and the largest, times its width in front: drawn
#                              out more, flowers are smears and checks are others than in front
# Cost of a width, times its logarithm squared, against the unlikeness along the cut where both halves meet, 0 to 1.
_DRAWN_OUT = 1.4
_MET = 0.25  # part of what lies behind, about its middle, within which both halves may be cut
_BROAD = 0.7  # times the width of the broadest rows, from which on a row tells of the flanks
_CLOSED = 0.5  # part of the middle third of what was seen, below which a front is open
_KNOWN = 0.7  # part of a row, from which on its holes are filled from beside: a waistband goes on around
_LOWEST = 0.9  # part of a neckline that lies above the height at which the print is turned upwards
_NEAR_M = 0.008  # from a texel that may come again, up to which it stands for one that may not


def mirror_around(image: np.ndarray, source: np.ndarray, gaps: np.ndarray, scale: float) -> np.ndarray:
    """Fill gaps of a garment that was laid flat, in place; H×W bool, those that are filled.

    What is hidden on one half of the near side, by a bag or a hand, is taken from its other half; into what holes are
    left the print goes on from beside, above and below, turned over once more.

    Args:
        image: H×W×3, of meaning where `source`; first and last column are neighbours.
        source: H×W, bool, what may come again.
        gaps: H×W, bool.
        scale: pixels a metre.
    """
    filled, width = np.zeros_like(gaps), gaps.shape[1]
    flanks = _find_flanks(source)
    if flanks is None:
        return filled
    first, last = flanks
    seen = last - first
    along = (np.arange(width) - first) % width
    usable, places = _reach_sources(source, scale)
    wider, cut = _join_halves(image, usable, gaps, flanks)
    after, before = _turn_over(along, wider, flanks, width)
    column = np.where(along <= seen, first + along, np.where(along < cut, after, before))
    for taken in (column, first + last - column):
        at = np.rint(taken).astype(np.int64) % width
        new = gaps & ~filled & np.take_along_axis(usable, at, 1)
        down, across = (np.take_along_axis(place, at, 1)[new] for place in places)
        image[new] = image[down, across]
        filled |= new
    known = source | filled
    small = known.sum(1, keepdims=True) > _KNOWN * (known | gaps).sum(1, keepdims=True)
    filled |= _turn_inwards(image, known, gaps & ~filled & small)
    for way in (slice(None), slice(None, None, -1)):  # upwards, and with all upside down downwards
        filled[way] |= _turn_upwards(image[way], (source | filled)[way], (gaps & ~filled)[way])
    return filled


def take_from_twin(
    cloth: ClothLayer, twin: ClothLayer, image: np.ndarray, known: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """H×W×3, what lies on the other arm or leg at the same place, a mirror image; and H×W bool, where that is known.

    Args:
        cloth: the limb's, H×W.
        twin: the other one's, h×w.
        image: h×w×3, of meaning where `known`, h×w bool.
    """
    (height, width), (rows, columns) = cloth.gaps.shape, known.shape
    row = np.arange(height) + cloth.top - twin.top
    away = (np.arange(width) - cloth.behind) * columns / width
    place = np.ix_(row.clip(0, rows - 1), np.rint(twin.behind - away).astype(np.int64) % columns)
    return image[place], known[place] & ((row >= 0) & (row < rows))[:, None]


def has_open_front(source: np.ndarray) -> bool:
    """Whether what may come again, H×W bool, are flaps with something else between, whose outline would come again."""
    flanks = _find_flanks(source)
    if flanks is None:
        return False
    inside = source[:, np.rint(np.arange(flanks[0], flanks[1] + 1)).astype(np.int64) % source.shape[1]]
    third = inside.shape[1] // 3
    return float(inside[inside.any(1), third : inside.shape[1] - third].mean()) < _CLOSED


def _join_halves(
    image: np.ndarray, usable: np.ndarray, gaps: np.ndarray, flanks: tuple[float, float]
) -> tuple[float, np.ndarray]:
    """Times its width in front, how wide a print is behind, and H×1, how far past the first flank its halves meet.

    They meet along the way on which they are least unlike, as pieces of a quilt do.
    """
    (first, last), (height, width) = flanks, gaps.shape
    reach = _MET * (width - last + first) / 2
    middle = (width + last - first) / 2
    columns = np.arange(round(middle - reach), round(middle + reach) + 1)
    missing = gaps[:, np.rint(first + columns).astype(np.int64) % width]
    spread = max(1e-9, 2 * float(image[usable].var(0).sum()))
    best, least = (1.0, np.full((height, 1), middle)), np.inf
    seen = last - first
    for wider in np.geomspace(1 / _WIDEST, _WIDEST, _WIDTHS):
        after, before = (
            np.rint(each).astype(np.int64) % width for each in _turn_over(columns, float(wider), flanks, width)
        )
        unlike = np.square(image[:, after] - image[:, before]).sum(2) / spread
        # What is not known is as unlike as two places of the print. So is a half that is turned over once more: there
        # would stand a figure with two like sides.
        again = np.maximum(columns - seen, width - columns) > wider * seen
        unlike = np.where(usable[:, after] & usable[:, before] & ~again, unlike, 1.0)
        unlike *= missing  # where nothing is, no halves meet
        cut = find_cut(unlike)
        step = float(np.take_along_axis(unlike, cut[:, None], 1).sum()) / max(1, np.count_nonzero(missing.any(1)))
        cost = step + _DRAWN_OUT * np.log(wider) ** 2
        if cost < least:
            best, least = (float(wider), columns[cut][:, None]), cost
    return best


def _turn_over(
    along: np.ndarray, wider: float, flanks: tuple[float, float], width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Columns of the front, turned over at the last and at the first flank, of what is so far past the first one."""
    first, last = flanks
    seen = last - first
    return last - _swing((along - seen) / wider, seen), first + _swing((width - along) / wider, seen)


def _swing(away: np.ndarray, most: float) -> np.ndarray:
    """How far within a flank the source lies of what is so far beyond it: there, and back again."""
    place = away % (2 * most)
    return np.minimum(place, 2 * most - place)


def _turn_inwards(image: np.ndarray, known: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    """Fill gaps that lie between what is known of their row, in place, from the nearer end; H×W bool, those filled."""
    width, filled = known.shape[1], np.zeros_like(gaps)
    column = np.arange(3 * width)
    around = np.hstack([known] * 3)
    before = np.maximum.accumulate(np.where(around, column, -1), 1)[:, width : 2 * width]
    after = np.minimum.accumulate(np.where(around, column, 3 * width)[:, ::-1], 1)[:, ::-1][:, width : 2 * width]
    here = column[width : 2 * width]
    nearer_before = here - before < after - here
    for end in (np.where(nearer_before, before, after), np.where(nearer_before, after, before)):
        at = (2 * end - here) % width
        new = gaps & ~filled & (before >= 0) & (after < 3 * width) & np.take_along_axis(known, at, 1)
        image[new] = np.take_along_axis(image, at[..., None], 1)[new]
        filled |= new
    return filled


def _turn_upwards(image: np.ndarray, known: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    """Fill gaps above all that is known in their column, such as a nape's, in place; H×W bool, what is filled.

    All are turned over at one height, so that stripes stay level, and again where that is known no farther.
    """
    height = len(known)
    rows, first = np.arange(height)[:, None], known.argmax(0)
    above = gaps & (rows < first) & known.any(0)
    if not above.any():
        return above
    here = above.any(0)
    axis = int(np.quantile(first[here], _LOWEST))
    depth = max(1, int(np.median((height - 1 - known[::-1].argmax(0))[here])) - axis)
    row = axis + _swing(axis - rows, depth)
    row = np.broadcast_to(np.where(rows < axis, row, 2 * axis - rows).clip(0, height - 1), gaps.shape)
    columns = np.broadcast_to(np.arange(known.shape[1]), gaps.shape)
    filled = above & known[row, columns]
    image[filled] = image[row[filled], columns[filled]]
    return filled


def _find_flanks(source: np.ndarray) -> tuple[float, float] | None:
    """First and last column that was seen of the usual row, the last perhaps beyond the edge; None of too little."""
    width = source.shape[1]
    start = int(source.sum(0).argmin())  # a column that hardly any row has: no row is cut there
    shown = source.sum(1)
    if not shown.any():
        return None
    turned = np.roll(source[shown >= _BROAD * np.quantile(shown[shown > 0], 0.9)], -start, 1)
    first = float(np.median(turned.argmax(1))) + start
    last = float(np.median(width - 1 - turned[:, ::-1].argmax(1))) + start
    return (first, last) if last - first > _LEAST * width else None


def _reach_sources(source: np.ndarray, scale: float) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """H×W bool, where one that may come again is near, and row and column, H×W each, of the nearest."""
    distance, label = cv2.distanceTransformWithLabels(
        (~source).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    row, column = np.nonzero(source)
    places = np.zeros((label.max() + 1, 2), np.int64)
    places[label[row, column]] = np.stack([row, column], 1)
    return distance < _NEAR_M * scale, (places[label, 0], places[label, 1])
