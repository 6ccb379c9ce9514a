"""A region that is to be completed again, painted by hand: what was seen of it is forgotten before completion.

A texel of the body whose label is from a hand is marked (`Texture.by_hand`): `by_label` and `head` keep its label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from bodydouble.texture.multi_view import MergedTexture
from bodydouble.values import Surface, SurfaceKind, Texture


@dataclass(frozen=True, kw_only=True)
class Repaint:
    """What is to be completed again, and as what."""

    region: Mapping[str, Tensor]  # by a surface's name: M×M, [0, 1], in its layout, from 0.5 on
    label: int | None = None  # of `parsing.labels.LABELS`, for the body; None: it stays what the photos showed


def forget_region(surfaces: Sequence[Surface], repaint: Repaint) -> tuple[Surface, ...]:
    """Partial surfaces of which nothing is known within the region but its label."""
    return tuple(
        replace(surface, texture=_forget(surface, repaint)) if surface.name in repaint.region else surface
        for surface in surfaces
    )


def forget_rims(merged: MergedTexture, repaint: Repaint, name: str) -> MergedTexture:
    """The same of what the photos show too flat to be trusted, which completed texels of the body lean towards.

    Args:
        name: of the body's surface.
    """
    if name not in repaint.region:
        return merged
    mask = repaint.region[name]
    return replace(merged, rims=tuple(_without(rim, mask) for rim in merged.rims))


def labelled_by_hand(partial: Texture) -> Tensor:
    """S×S, bool: texels of the body's partial texture whose label is from a hand."""
    return torch.zeros_like(partial.confidence, dtype=torch.bool) if partial.by_hand is None else partial.by_hand


def resize_region(mask: Tensor, size: int) -> Tensor:
    """size×size, [0, 1], of M×M."""
    return interpolate(mask[None, None].float(), (size, size), mode="bilinear", align_corners=False)[0, 0]


def _forget(surface: Surface, repaint: Repaint) -> Texture:
    mask = repaint.region[surface.name]
    texture = _without(surface.texture, mask)
    if texture.labels is None or repaint.label is None or surface.kind != SurfaceKind.BODY:
        return texture
    inside = resize_region(mask, texture.rgb.shape[-1]) > 0.5
    labels = torch.where(inside, repaint.label, texture.labels).to(torch.uint8)
    return replace(texture, labels=labels, by_hand=inside)


def _without(texture: Texture, mask: Tensor) -> Texture:
    """Nothing is seen within the mask."""
    outside = resize_region(mask, texture.rgb.shape[-1]) <= 0.5
    return replace(texture, rgb=texture.rgb * outside, confidence=texture.confidence * outside)
