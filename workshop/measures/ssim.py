"""Structural similarity of two pictures, by torchmetrics."""

from __future__ import annotations

from torch import Tensor
from torchmetrics.functional.image import (
    multiscale_structural_similarity_index_measure,
    structural_similarity_index_measure,
)

_REACH_PX = 12  # more than the radius of the window


def ssim(picture: Tensor, truth: Tensor, background: float) -> float:
    """Structural similarity (Wang et al., 2004) of two C×H×W pictures, Gaussian window, over the whole picture.

    Computed where either picture is not the `background`; elsewhere it is 1, and three quarters of the time are saved.
    """
    person = ((picture != background) | (truth != background)).any(0)
    if not bool(person.any()):
        return 1.0
    rows, columns = _stretch(person.any(1), _REACH_PX), _stretch(person.any(0), _REACH_PX)
    inner = structural_similarity_index_measure(
        picture[None, :, rows, columns], truth[None, :, rows, columns], data_range=1.0
    )
    assert isinstance(inner, Tensor)  # it is a pair only where the whole image of it is asked for
    area = picture[0, rows, columns].numel() / picture[0].numel()
    return 1 - (1 - float(inner)) * area


def ms_ssim(picture: Tensor, truth: Tensor) -> float:
    """Multi-scale structural similarity (Wang et al., 2003) of two C×H×W pictures, over the whole picture."""
    return float(multiscale_structural_similarity_index_measure(picture[None], truth[None], data_range=1.0))


def _stretch(marked: Tensor, more: int) -> slice:
    """From the first to the last marked place of (N,), and `more` to each side."""
    places = marked.nonzero()
    return slice(max(0, int(places.min()) - more), min(len(marked), int(places.max()) + 1 + more))
