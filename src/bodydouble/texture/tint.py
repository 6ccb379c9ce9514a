"""Tints: colours without their brightness, which tell skin in light and in shade from what is no skin."""

from __future__ import annotations

from torch import Tensor

# Share of the face's saturation with which something is no skin: white sleeves had 0.07 to 0.2, the palest arms 0.36.
_GREY = 0.3


def tint_of(rgb: Tensor) -> Tensor:
    """(…, 3): colours without their brightness."""
    return rgb / rgb.sum(-1, keepdim=True).clamp_min(0.05)


def find_grey(rgb: Tensor, skin: Tensor) -> Tensor:
    """(N,), bool: which of N×3 colours are much greyer than skin, (3,)."""
    saturated = tint_of(skin[None])[0] - 1 / 3
    return (tint_of(rgb) - 1 / 3) @ saturated < _GREY * saturated.square().sum()
