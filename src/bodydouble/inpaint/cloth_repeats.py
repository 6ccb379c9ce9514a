"""What of a garment is nowhere else on it: a paper in a hand, a scarf's end, a patch of skin.

A print repeats, and a band goes on around: what is theirs has its like a hand's length away. What has none lies before
the garment, or is a motif that it has once, and does not come again behind (irregularities as Boiman and Irani, 2007,
find them: what cannot be composed of the rest). Nor does what has its like above and below it alone: buttons, a zip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from bodydouble.geometry.lengths import square_distances
from bodydouble.inpaint.cloth_layer import ClothLayer, brightness, measure_light

# The numbers were chosen on a paper and a scarf before a checked shirt, hair and a hand before striped ones, and prints
# that nothing lies before.
_STEP_M = 0.008  # side of a piece that is compared with others
_SOFT_M = 0.008  # deviation of the blur that gives its colour
_NEAR_M = 0.01  # half the side of the square whose brightest and darkest tell its pattern
_WEIGHTS = (2.0, 0.8, 0.5, 0.5)  # of tint, brightness, brightest and darkest
_FAR_M = 0.14  # so far away is elsewhere: farther than what is held reaches
_ASIDE_M = 0.05  # and so far aside: wider than a placket; at .12 buttons were torn out of the cloth around them
_AGREEING = 0.002  # part of what is elsewhere that must be alike
_UNLIKE, _SPREAD = 0.09, 2.5  # least distance of the lone, and times the distance that most of the garment has
_MOST = 0.75  # part of a garment that is not lone
_MOST_KEYS = 900  # pieces that others are compared with
_SHOWN = 0.45  # part of what is around a piece that must be observed to judge it: half is at an edge, less in a corner
_WEAK = 0.6  # times that distance, from which on what hangs together with the lone is lone
# Part of the print that a piece must look like to be of it, and share of such pieces, from which on a lone patch is:
# where bands cross 0.9 are, of checks 0.5, of a white bag before white and blue 0.15, of collars and hands 0.1 at most.
_SHARED, _COMMON = 0.01, 0.4
_CLUSTER = np.ones((2, 2), np.uint8)  # lone pieces beside each other; one alone is noise at an edge
_EDGE_M = 0.02  # around a lone piece, where it is mixed with what is beside it


def find_lone(cloths: Sequence[ClothLayer]) -> list[np.ndarray]:
    """H×W bool of each layer of a garment: observed pixels whose like it has nowhere else."""
    pieces = [_describe_pieces(cloth) for cloth in cloths]
    looks, places = (np.concatenate(each) for each in zip(*((p.look, p.place) for p in pieces), strict=True))
    away = _measure_away(looks, places)
    known = away[np.isfinite(away)]
    most = max(_UNLIKE, _SPREAD * float(np.quantile(known, _MOST)) if len(known) else 0.0)
    weak = _WEAK * most
    doubtful, shared = np.isfinite(away) & (away > weak), np.zeros(len(away))
    shared[doubtful] = _measure_to_print(looks[doubtful], looks[away <= weak]) <= weak
    lone, first = [], 0
    for cloth, piece in zip(cloths, pieces, strict=True):
        unlike, common = np.zeros(piece.here.shape), np.zeros(piece.here.shape)
        of_layer = slice(first, first + len(piece.look))
        unlike[piece.here] = np.nan_to_num(away[of_layer], posinf=0.0)
        common[piece.here] = shared[of_layer]
        first += len(piece.look)
        apart = _connect((unlike > most).astype(np.uint8), (unlike > weak).astype(np.uint8))
        apart = _leave_out_common(apart, common)
        size = cloth.observed.shape[::-1]
        edge = np.ones((2 * round(_EDGE_M * cloth.scale) + 1,) * 2, np.uint8)
        pixels = cv2.dilate(cv2.resize(apart, size, interpolation=cv2.INTER_NEAREST), edge)
        lone.append((pixels > 0) & cloth.observed)
    return lone


@dataclass(frozen=True, kw_only=True)
class _Pieces:
    """Of one layer, N squares of which enough was observed."""

    here: np.ndarray  # h×w bool, which squares these are
    look: np.ndarray  # N×6, float32: tint, brightness, and the brightest and the darkest near by, under one light
    place: np.ndarray  # N×3, metres: down, across, and a third that is far away on another limb


def _describe_pieces(cloth: ClothLayer) -> _Pieces:
    even, shown = cloth.rgb / measure_light(cloth), cloth.observed.astype(np.float32)
    sigma, side = _SOFT_M * cloth.scale, 1 + 2 * round(_NEAR_M * cloth.scale)
    soft = _blur((even * shown[..., None]).astype(np.float32), sigma)
    weight, near = _blur(shown, sigma), np.ones((side, side), np.uint8)
    soft, grey = soft / weight.clip(1e-3)[..., None], brightness(even).astype(np.float32)
    light = soft.mean(2)
    brightest = cv2.dilate(np.where(cloth.observed, grey, -np.inf).astype(np.float32), near)
    darkest = cv2.erode(np.where(cloth.observed, grey, np.inf).astype(np.float32), near)
    planes = (soft - light[..., None], light, brightest, darkest)
    look = np.dstack([part * plane for part, plane in zip(_WEIGHTS, planes, strict=True)]).astype(np.float32)
    height, width = (max(1, round(length / (_STEP_M * cloth.scale))) for length in shown.shape)
    row = (np.arange(height) + 0.5) * shown.shape[0] / height
    column = (np.arange(width) + 0.5) * shown.shape[1] / width
    middle = np.ix_(row.astype(int), column.astype(int))
    here = cloth.observed[middle] & (weight[middle] > _SHOWN)
    across = (column - cloth.behind) % shown.shape[1]  # on a trunk, both ends of a row are behind
    down, across = np.meshgrid((row + cloth.top) / cloth.scale, across / cloth.scale, indexing="ij")
    place = np.stack([down[here], across[here], np.full(int(here.sum()), 2 * _FAR_M * cloth.limb)], 1)
    return _Pieces(here=here, look=look[middle][here], place=place)


def _connect(strong: np.ndarray, weak: np.ndarray) -> np.ndarray:
    """H×W uint8: weak pieces that hang together with a cluster of strong ones (hysteresis: Canny, 1986)."""
    cluster = cv2.morphologyEx(strong, cv2.MORPH_OPEN, _CLUSTER) & strong  # of even size, it moves what it opens by one
    numbers = cv2.connectedComponents(weak, connectivity=4)[1]
    return (np.isin(numbers, np.unique(numbers[cluster > 0])) & (weak > 0)).astype(np.uint8)


def _blur(image: np.ndarray, sigma: float) -> np.ndarray:
    """An image of the same size; beyond its edges is nothing."""
    return cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)


def _measure_to_print(looks: np.ndarray, shared: np.ndarray) -> np.ndarray:
    """(N,): from each of N×6 looks to the part of P×6 that are most alike, wherever these are on the garment."""
    keys = shared[np.random.default_rng(0).permutation(len(shared))[:_MOST_KEYS]]
    few = max(1, round(_SHARED * len(keys)))
    if len(keys) < few:
        return np.full(len(looks), np.inf)
    nearest: np.ndarray = np.partition(square_distances(looks, keys), few - 1, axis=1)[:, few - 1].clip(0)
    return np.sqrt(nearest)


def _leave_out_common(apart: np.ndarray, common: np.ndarray) -> np.ndarray:
    """H×W uint8: patches of lone pieces, most of which look in no way like what the garment has elsewhere.

    Where two bands cross, nothing else does; but either goes on beside the crossing, and is elsewhere, too.

    Args:
        common: H×W, 1 of pieces that look like such as have their like elsewhere, be these near by.
    """
    count, numbers = cv2.connectedComponents(apart, connectivity=4)
    sizes = np.bincount(numbers.ravel(), minlength=count)
    share = np.bincount(numbers.ravel(), common.ravel(), count) / sizes.clip(1)
    return apart & (share <= _COMMON)[numbers]


def _measure_away(looks: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(N,): from each of N×6 looks to the farthest of the few elsewhere that are most alike; infinite with too few."""
    chosen = np.random.default_rng(0).permutation(len(looks))[:_MOST_KEYS]  # every so many would miss whole columns
    keys, there = looks[chosen], places[chosen]
    few = max(1, round(_AGREEING * len(keys)))
    if len(keys) <= few:
        return np.full(len(looks), np.inf)
    square = square_distances(looks, keys)
    apart = square_distances(places, there)
    aside = np.abs(places[:, None, 1] - there[:, 1]) + np.abs(places[:, None, 2] - there[:, 2])
    square[(apart < _FAR_M**2) | (aside < _ASIDE_M)] = np.inf
    nearest: np.ndarray = np.sqrt(np.partition(square, few - 1, axis=1)[:, few - 1].clip(0))
    return nearest
