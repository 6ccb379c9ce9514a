"""How alike a drawn double and a photo are: the measures that the benchmarks share."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from bodydouble.fitting.metrics import iou
from workshop.measures.psnr import psnr
from workshop.measures.ssim import ms_ssim

GREY = 0.5  # what both pictures show where nobody is
_SMALLEST_PX = 192  # a side, that the five scales of MS-SSIM need
COLUMNS = {"PSNR": 2, "MS-SSIM": 4, "IoU": 3}  # of `Likeness.row`, with digits


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """One comparison. Both pictures are laid on grey by their own mask, so that a missed outline costs."""

    psnr: float  # dB, over the union of mask and drawing
    psnr_mask: float  # dB, over the mask
    psnr_both: float  # dB, over what mask and drawing share
    ms_ssim: float  # over the box around the union
    iou: float

    def row(self) -> tuple[float, float, float]:
        """The figures of `COLUMNS`."""
        return self.psnr, self.ms_ssim, self.iou


def likeness(drawn: Tensor, rgb: Tensor, mask: Tensor) -> Likeness:
    """Compare a 4×H×W drawing (straight alpha) with a 3×H×W photo and its H×W mask, all in [0, 1]."""
    alpha = drawn[3]
    picture = drawn[:3] * alpha + GREY * (1 - alpha)
    truth = rgb * mask + GREY * (1 - mask)
    person, body = mask > 0.5, alpha > 0.5
    rows, columns = (person | body).nonzero(as_tuple=True)
    box = (slice(None), slice(int(rows.min()), int(rows.max()) + 1), slice(int(columns.min()), int(columns.max()) + 1))
    return Likeness(
        psnr=float(psnr(picture, truth, person | body)),
        psnr_mask=float(psnr(picture, truth, person)),
        psnr_both=float(psnr(picture, truth, person & body)),
        ms_ssim=ms_ssim(_pad(picture[box]), _pad(truth[box])),
        iou=iou(person, body),
    )


def _pad(picture: Tensor) -> Tensor:
    """3×H×W, padded with grey to the smallest size that can be compared."""
    height, width = picture.shape[1:]
    room = (0, max(0, _SMALLEST_PX - width), 0, max(0, _SMALLEST_PX - height))
    return functional.pad(picture, room, value=GREY)
