"""Tails of an open coat that are named for the trousers or the skirt between them: they have the coat's colour.

Only what goes on from the coat without a change of colour, lies on the outside, and has cloth of another colour
beside it is taken for a tail: a black jacket over black trousers has none.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from bodydouble.parsing.garments import GARMENTS
from bodydouble.parsing.labels import BACKGROUND, CLOTH, DRESS, LOWER, OUTER

# Set by eye on two photographs with such tails and twelve others that have none, jackets over trousers among them.
_COLOURS = 6  # of a coat, with its folds
_SAME_COLOUR = 7.0  # CIELAB distance up to which cloth has the coat's colour; lightness counts a third, for folds
_LIGHTNESS = 1 / 3
_SHORTEST = 0.06  # of the person's height: lower ends are a hem's shade
_WIDEST = 0.65  # of a row's cloth, up to which a tail leaves room for what is worn beneath
_ALONG = 0.6  # of a tail's rows in which it is as narrow, and as many in which it is the outermost cloth below
_OTHER = 0.35  # of the cloth below that has another colour; otherwise colours tell nothing
_OPENING_PX = 5  # of the square; thinner strips are stripes and shadows
_DOUBT_PX = 17  # of the square, twice the width of what is neither the coat's nor the tail's where both meet


def lengthen_coats(labels: Tensor, garments: Tensor, pixels: np.ndarray) -> tuple[Tensor, Tensor]:
    """L×S×S chances of `LABELS` and G×S×S ones of `GARMENTS`, whose coats have their tails.

    Args:
        labels: L×S×S.
        garments: G×S×S, where there is cloth.
        pixels: S×S×3 uint8, sRGB, what they tell of.
    """
    tails = _find_tails(labels, garments, pixels)
    if not tails.any():
        return labels, garments
    tail = torch.from_numpy(tails)
    labels, garments = labels.clone(), garments.clone()
    labels[OUTER] = torch.where(tail, labels[list(CLOTH)].sum(0), labels[OUTER])
    for label in set(CLOTH) - {OUTER}:
        labels[label] = torch.where(tail, 0.0, labels[label])
    garments = torch.where(tail, 0.0, garments)
    garments[GARMENTS.index("outer")] = torch.where(tail, 1.0, garments[GARMENTS.index("outer")])
    return labels, garments


def _find_tails(labels: Tensor, garments: Tensor, pixels: np.ndarray) -> np.ndarray:
    """S×S, bool."""
    coat = (labels[OUTER] > 0.5).numpy()
    tights = garments[GARMENTS.index("tights")] > 0.5
    below = ((labels[LOWER] + labels[DRESS] > 0.5) & ~tights).numpy()
    person = (labels[BACKGROUND] < 0.5).numpy()
    nothing = np.zeros_like(coat)
    height = int(person.any(1).sum())
    if min(coat.sum(), below.sum()) < max(1, (_SHORTEST * height) ** 2):
        return nothing
    alike = _colour_distance(pixels, coat) < _SAME_COLOUR
    coloured = below & alike
    if coloured.sum() > (1 - _OTHER) * below.sum():
        return nothing
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_OPENING_PX, _OPENING_PX))
    smooth = cv2.morphologyEx(coloured.astype(np.uint8), cv2.MORPH_CLOSE, disc) & below
    smooth = cv2.morphologyEx(smooth.astype(np.uint8), cv2.MORPH_OPEN, disc)
    count, parts = cv2.connectedComponents(smooth)
    wide = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_DOUBT_PX, _DOUBT_PX))
    beside = cv2.dilate(coat.astype(np.uint8), wide) > 0
    found = nothing
    for number in range(1, count):
        part = parts == number
        if (part & beside).any() and _is_tail(part, below, _SHORTEST * height):
            found |= part
    cloth = (labels[list(CLOTH)].sum(0) > 0.5).numpy()
    return found | (cv2.dilate(found.astype(np.uint8), wide) > 0) & alike & cloth


def _is_tail(part: np.ndarray, below: np.ndarray, shortest: float) -> bool:
    """Whether a part of the cloth below, S×S bool, is as long, narrow and far out as a tail."""
    rows = np.flatnonzero(part.any(1))
    if len(rows) < shortest:
        return False
    narrow = part[rows].sum(1) < _WIDEST * below[rows].sum(1)
    left, right = (np.argmax(plane, 1) for plane in (below[rows], below[rows, ::-1]))
    first, last = (np.argmax(plane, 1) for plane in (part[rows], part[rows, ::-1]))
    along = (first - left <= _OPENING_PX) | (last - right <= _OPENING_PX)
    return float(narrow.mean()) > _ALONG and float(along.mean()) > _ALONG


def _colour_distance(pixels: np.ndarray, coat: np.ndarray) -> np.ndarray:
    """S×S, how far each pixel is from the nearest of the coat's colours, CIELAB; lightness counts less."""
    lab = cv2.cvtColor(cv2.GaussianBlur(pixels, (5, 5), 0).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    lab[..., 0] *= _LIGHTNESS
    samples = lab[coat][:: max(1, int(coat.sum()) // 2000)]
    cv2.setRNGSeed(0)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 10, 0.5)
    colours = cv2.kmeans(samples, min(_COLOURS, len(samples)), None, criteria, 1, cv2.KMEANS_PP_CENTERS)[2]
    return np.asarray(np.linalg.norm(lab[:, :, None] - colours, axis=3).min(2))
