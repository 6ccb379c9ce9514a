"""How alike a drawn double and a true picture are, by measures that need no learned weights."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from bodydouble.fitting.metrics import iou
from workshop.evaluation.truth import WHITE, Truth, laid_on_white
from workshop.measures.psnr import psnr
from workshop.measures.ssim import ms_ssim, ssim

_SMALLEST_FACE_PX = 4  # a side; less is no face to be measured


def face_psnr(picture: Tensor, truth: Truth) -> float | None:
    """Decibels within the box of the face; None where no face is seen."""
    if truth.face_box is None:
        return None
    left, top, right, bottom = truth.face_box
    if min(right - left, bottom - top) < _SMALLEST_FACE_PX:
        return None
    region = (slice(None), slice(top, bottom), slice(left, right))
    return float(psnr(picture[region], truth.picture[region]))


def person_psnr(drawing: Tensor, truth: Truth) -> float:
    """Decibels over the pixels that the person covers in either picture: white background does not flatter."""
    either = (truth.mask > 0.5) | (drawing[3] > 0.5)
    return float(psnr(laid_on_white(drawing[:3], drawing[3]), truth.picture, either))


MEASURES = ("psnr", "person_psnr", "ssim", "ms_ssim", "iou", "face_psnr")  # what `measures` can tell


def measures(drawing: Tensor, truth: Truth, names: tuple[str, ...]) -> dict[str, float]:
    """The measures of those names that have a value: a 4×S×S drawing (straight alpha) against the truth."""
    picture = laid_on_white(drawing[:3], drawing[3])
    functions: dict[str, Callable[[], float | None]] = {
        "psnr": lambda: float(psnr(picture, truth.picture)),
        "person_psnr": lambda: person_psnr(drawing, truth),
        "ssim": lambda: ssim(picture, truth.picture, WHITE),
        "ms_ssim": lambda: ms_ssim(picture, truth.picture),
        "iou": lambda: iou(drawing[3] > 0.5, truth.mask > 0.5),
        "face_psnr": lambda: face_psnr(picture, truth),
    }
    values = {name: functions[name]() for name in names if name in functions}
    return {name: value for name, value in values.items() if value is not None}
