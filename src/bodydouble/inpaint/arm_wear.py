"""Sleeves that the parser took for skin: white ones, whose colour is far greyer than the face.

Their far side would be half cloth and half skin, and hands would be as white as they are.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from bodydouble.inpaint.see_through import SeenThrough
from bodydouble.parsing.labels import CLOTH, SKIN
from bodydouble.surface.graph import SurfaceTexels
from bodydouble.surface.regions import Region

FEW = 12  # texels; fewer tell nothing
FRONTAL = 0.45  # cosine to the camera from which on a texel lies well within the limb's outline
# Share of the face's saturation with which something is no skin: white sleeves had 0.07 to 0.2, the palest arms 0.36.
_GREY = 0.3
_MOSTLY = 0.5  # share of an arm that must be so grey
_STRAY = 0.02  # share of a sleeve's texels that may lie below its end


def settle_arms(
    labels: Tensor, rgb: Tensor, confidence: Tensor, through: SeenThrough, surface: SurfaceTexels
) -> tuple[Tensor, SeenThrough]:
    """Sleeves that were taken for skin get the label of the cloth above them, down to where they end.

    Args:
        labels: (N,) int64, where something was seen.
        rgb: N×3, likewise, sRGB in [0, 1].
        confidence: (N,), the cosine to the camera; 0: nothing was seen.

    Returns:
        (N,) labels, and what the parser sees through the person, in which it is the same.
    """
    seen, skin = confidence > 0, labels == SKIN
    covered = find_covered(rgb, skin & (confidence > FRONTAL), surface) & surface.arm & (surface.region == Region.BODY)
    cloth = _cloth_beside(labels, seen & surface.arm) or _cloth_beside(labels, seen & surface.trunk)
    if cloth is None or not bool(covered.any()):
        return labels, through
    face = rgb[skin & (confidence > FRONTAL) & (surface.region == Region.FACE)].median(0).values
    grey = covered & skin & seen & find_grey(rgb, face)
    labels, chances = labels.clone(), through.labels.clone()
    for side in (surface.position[:, 0] > 0, surface.position[:, 0] <= 0):
        if bool((grey & side).any()):
            sleeve = covered & side & (surface.along <= surface.along[grey & side].quantile(1 - _STRAY))
            labels[sleeve & skin & seen] = cloth
            chances[sleeve, cloth] += chances[sleeve, SKIN]
            chances[sleeve, SKIN] = 0
    return labels, replace(through, labels=chances)


def _cloth_beside(labels: Tensor, chosen: Tensor) -> int | None:
    """The commonest label of cloth among chosen texels, (N,) bool; None where there are too few of any."""
    counts = {label: int((chosen & (labels == label)).sum()) for label in CLOTH}
    commonest = max(counts, key=counts.__getitem__)
    return commonest if counts[commonest] >= FEW else None


def find_covered(rgb: Tensor, source: Tensor, surface: SurfaceTexels) -> Tensor:
    """(N,), bool: arms, legs, hands and feet most of whose skin is much greyer than the face.

    These are white sleeves and gloves that the parser took for skin. None where no face was seen.

    Args:
        source: (N,), bool, what counts as skin and tells its tone.
    """
    covered, left = torch.zeros_like(source), surface.position[:, 0] > 0
    face = source & (surface.region == Region.FACE)
    if int(face.sum()) < FEW:
        return covered
    grey = find_grey(rgb, rgb[face].median(0).values)
    for region in (Region.BODY, Region.HAND, Region.FOOT):
        for limb in (surface.arm, ~surface.arm & ~surface.trunk):
            for side in (left, ~left):
                part = (surface.region == region) & limb & side
                if int((part & source).sum()) >= FEW:
                    covered[part] = float(grey[part & source].float().mean()) > _MOSTLY
    return covered


def find_grey(rgb: Tensor, skin: Tensor) -> Tensor:
    """(N,), bool: which of N×3 colours are much greyer than skin, (3,)."""
    saturated = tint_of(skin[None])[0] - 1 / 3
    return (tint_of(rgb) - 1 / 3) @ saturated < _GREY * saturated.square().sum()


def tint_of(rgb: Tensor) -> Tensor:
    """(…, 3): colours without their brightness."""
    return rgb / rgb.sum(-1, keepdim=True).clamp_min(0.05)
