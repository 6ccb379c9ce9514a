"""Peak signal-to-noise ratio, for training and evaluation alike."""

from __future__ import annotations

import torch
from torch import Tensor

_SMALLEST_ERROR = 1e-10  # mean square at which it ends: 100 dB


def psnr(picture: Tensor, truth: Tensor, where: Tensor | None = None) -> Tensor:
    """Peak signal-to-noise ratio in decibels, at most 100.

    Args:
        picture: …×C×H×W, clamped to [0, 1].
        truth: as many, [0, 1].
        where: …×H×W, bool: the pixels that count; all by default.

    Returns:
        (…), one for each picture; not a number where no pixel counts.
    """
    squared = (picture.clamp(0, 1) - truth).square().mean(-3)
    counts = torch.ones_like(squared) if where is None else where.to(squared)
    error = (squared * counts).sum((-2, -1)) / counts.sum((-2, -1))
    return -10 * error.clamp_min(_SMALLEST_ERROR).log10()
