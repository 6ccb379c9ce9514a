"""Detail of one cloth where it is smooth, from where it was seen: pieces laid side by side."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.inpaint.quilt import Quilt, Sources

_SIDES_PX = (48, 24)  # of the pieces, the large ones first: folds and prints of a view about 1000 pixels tall
_REACH_PX = 160  # up and down that a piece may come from: cloth at a knee comes from a leg
_COVERED = 0.8  # of what is missing in a piece's place that it must fill
_BLENDED_PX = 1.5  # deviation of the soft edge along a cut
_BLUR_PX = 8  # radius of what is no detail
_LEAST_SEEN_PX = 5000  # that must be seen for anything to be laid
_OUTLIER = 4.0  # contrasts beyond which detail is a button, a print or a mistake, and is cut down
_MOST_SMOOTH = 0.6  # of the seen contrast, from which on what is there is smooth enough to get detail


def quilt_detail(image: Tensor, source: Tensor, painted: Tensor, target: Tensor) -> Tensor:
    """3×H×W, detail to be added to `painted`; 0 beyond the target, and where it has contrast enough.

    Args:
        image: 3×H×W, seen at the source.
        source, target: H×W, bool, of one label.
        painted: 3×H×W, whole at the target.
    """
    nothing = torch.zeros_like(image)
    if not bool(target.any()) or int(source.sum()) < _LEAST_SEEN_PX:
        return nothing
    detail = detail_of(image, source)
    contrast, present = _contrast(detail, source), _contrast(detail_of(painted, target), target)
    lack = 1 - present / max(_MOST_SMOOTH * contrast, 1e-6)
    if lack <= 0:
        return nothing
    detail = detail.clamp(-_OUTLIER * contrast, _OUTLIER * contrast)
    return _quilt(detail, source, target) * lack * target


def detail_of(image: Tensor, inside: Tensor) -> Tensor:
    """3×H×W: the image less its blur over the pixels that are inside; 0 elsewhere."""
    return (image - blur_within(blur_within(image, inside, _BLUR_PX), inside, _BLUR_PX)) * inside


def blur_within(planes: Tensor, inside: Tensor, radius_px: int) -> Tensor:
    """C×H×W, the mean over what is inside around each pixel; 0 where nothing is."""
    weight = inside.float()[None, None]

    def box(values: Tensor) -> Tensor:
        return functional.avg_pool2d(values, 2 * radius_px + 1, 1, radius_px)

    return (box(planes[None] * weight) / box(weight).clamp_min(1e-6))[0]


def _contrast(detail: Tensor, inside: Tensor) -> float:
    """Standard deviation of the lightness, robust: a quantile, for a seam or a button is no cloth."""
    return float(detail.mean(0)[inside].abs().quantile(0.6)) if int(inside.sum()) < 1 << 23 else 0.0


def _quilt(detail: Tensor, source: Tensor, target: Tensor) -> Tensor:
    """3×H×W: the source's detail, and pieces of it laid over the target; 0 elsewhere."""
    pixels, usable = np.ascontiguousarray(detail.permute(1, 2, 0).numpy()), source.numpy()
    sources = Sources(image=pixels, usable=usable, oddness=np.zeros(usable.shape, np.float32))
    quilt = Quilt(pixels, usable, sources, _BLENDED_PX)
    for side in _SIDES_PX:
        quilt.fill(target.numpy(), (side, side), _REACH_PX, _COVERED)
    return torch.from_numpy(quilt.image * quilt.filled[..., None]).permute(2, 0, 1)
