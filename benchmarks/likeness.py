"""How alike a drawn double and a photo are: the measures that the benchmarks share."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torchmetrics.functional.image import multiscale_structural_similarity_index_measure as ms_ssim

GREY = 0.5  # what both pictures show where nobody is


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """One comparison. Both pictures are laid on grey by their own mask, so that a missed outline costs."""

    psnr: float  # dB, over the union of mask and drawing
    psnr_mask: float  # dB, over the mask
    psnr_both: float  # dB, over what mask and drawing share
    ms_ssim: float  # over the box around the union
    iou: float


def likeness(drawn: Tensor, rgb: Tensor, mask: Tensor) -> Likeness:
    """Compare a 4×H×W drawing (straight alpha) with a 3×H×W photo and its H×W mask, all in [0, 1]."""
    alpha = drawn[3]
    picture = drawn[:3] * alpha + GREY * (1 - alpha)
    truth = rgb * mask + GREY * (1 - mask)
    person, body = mask > 0.5, alpha > 0.5
    union, both = person | body, person & body
    squared = (picture - truth).square().mean(0)
    rows, columns = union.nonzero(as_tuple=True)
    box = (slice(int(rows.min()), int(rows.max()) + 1), slice(int(columns.min()), int(columns.max()) + 1))
    return Likeness(
        psnr=_psnr(squared[union]),
        psnr_mask=_psnr(squared[person]),
        psnr_both=_psnr(squared[both]),
        ms_ssim=float(ms_ssim(_at_least(picture[:, *box]), _at_least(truth[:, *box]), data_range=1.0)),
        iou=float(both.sum() / union.sum().clamp_min(1)),
    )


def _psnr(squared: Tensor) -> float:
    return float(-10 * torch.log10(squared.mean().clamp_min(1e-10)))


def _at_least(picture: Tensor, side: int = 192) -> Tensor:
    """1×3×H×W, padded with grey to the least size that five scales need."""
    height, width = picture.shape[1:]
    room = (0, max(0, side - width), 0, max(0, side - height))
    return torch.nn.functional.pad(picture[None], room, value=GREY)
