"""Detail of one cloth where it is smooth, from where it was seen: pieces laid side by side."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

_PIECE_PX = 40  # side of a piece: folds and prints of a view about 1000 pixels tall
_OVERLAP_PX = 10  # of neighbouring pieces
_CANDIDATES = 24  # pieces that are compared for each place
_BLUR_PX = 8  # radius of what is no detail
_LEAST_SEEN = 4  # pieces' areas that must be seen for anything to be laid
_OUTLIER = 4.0  # contrasts beyond which detail is a button, a print or a mistake, and is cut down
_MOST_SMOOTH = 0.6  # of the seen contrast, from which on what is there is smooth enough to get detail


def quilt_detail(image: Tensor, source: Tensor, painted: Tensor, target: Tensor, seed: int = 0) -> Tensor:
    """3×H×W, detail to be added to `painted`; 0 beyond the target, and where it has contrast enough.

    Args:
        image: 3×H×W, seen at the source.
        source, target: H×W, bool, of one label.
        painted: 3×H×W, whole at the target.
    """
    nothing = torch.zeros_like(image)
    if not bool(target.any()) or int(source.sum()) < _LEAST_SEEN * _PIECE_PX**2:
        return nothing
    detail = detail_of(image, source)
    contrast, present = _contrast(detail, source), _contrast(detail_of(painted, target), target)
    lack = 1 - present / max(_MOST_SMOOTH * contrast, 1e-6)
    detail = detail.clamp(-_OUTLIER * contrast, _OUTLIER * contrast)
    corners = _piece_corners(source)
    if lack <= 0 or not len(corners):
        return nothing
    quilted = _quilt(detail.numpy(), corners, target.numpy(), np.random.default_rng(seed))
    return torch.from_numpy(quilted) * lack * target


def detail_of(image: Tensor, inside: Tensor) -> Tensor:
    """3×H×W: the image less its blur over the pixels that are inside; 0 elsewhere."""
    weight = inside.float()[None, None]

    def box(values: Tensor) -> Tensor:
        return functional.avg_pool2d(values, 2 * _BLUR_PX + 1, 1, _BLUR_PX)

    smooth = box(box(image[None] * weight) / box(weight).clamp_min(1e-6) * weight) / box(weight).clamp_min(1e-6)
    return (image - smooth[0]) * inside


def _contrast(detail: Tensor, inside: Tensor) -> float:
    """Standard deviation of the lightness, robust: a quantile, for a seam or a button is no cloth."""
    return float(detail.mean(0)[inside].abs().quantile(0.6)) if int(inside.sum()) < 1 << 23 else 0.0


def _piece_corners(source: Tensor) -> np.ndarray:
    """N×2: top left corners of pieces that lie wholly inside the source, every few pixels."""
    full = -functional.max_pool2d(-source.float()[None, None], _PIECE_PX, stride=4)[0, 0]
    return (full > 0).nonzero().numpy() * 4


def _quilt(detail: np.ndarray, corners: np.ndarray, target: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """3×H×W float32: rows of pieces over the target's box, each the best of some for its overlaps, blended there."""
    rows, columns = np.nonzero(target)
    step = _PIECE_PX - _OVERLAP_PX
    height, width = target.shape
    total = np.zeros((3, height + _PIECE_PX, width + _PIECE_PX), np.float32)
    weight = np.zeros(total.shape[1:], np.float32)
    window = _window()
    for top in range(rows.min(), rows.max() + 1, step):
        for left in range(columns.min(), columns.max() + 1, step):
            place = np.s_[top : top + _PIECE_PX, left : left + _PIECE_PX]
            if not target[place].any():
                continue
            there = weight[place] > 1e-3
            laid = total[(slice(None), *place)] / np.maximum(weight[place], 1e-3)
            best = min(
                (detail[:, y : y + _PIECE_PX, x : x + _PIECE_PX] for y, x in random.choice(corners, _CANDIDATES)),
                key=lambda piece: float((np.square(piece - laid) * there).sum()),  # noqa: B023
            )
            total[(slice(None), *place)] += best * window
            weight[place] += window
    # Weights whose squares sum to one keep the contrast where two pieces that differ are mixed.
    return (total / np.maximum(weight, 1e-3))[:, :height, :width]


def _window() -> np.ndarray:
    """A piece's weights: 1 in the middle, falling over the overlap."""
    place = np.arange(_PIECE_PX) + 0.5
    ramp = np.clip(np.minimum(place, _PIECE_PX - place) / _OVERLAP_PX, 0.02, 1).astype(np.float32)
    return np.minimum.outer(ramp, ramp)
