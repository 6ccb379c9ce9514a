"""Tops on thin straps, or on none: where shoulders are bare in front they are bare behind, and there are no sleeves."""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.parsing.labels import CLOTH, SKIN
from bodydouble.surface.graph import SurfaceTexels
from bodydouble.surface.regions import Region

_FEW = 12  # seen texels on either side of a band; fewer tell nothing
_BAND_M = 0.02  # height of a band of the trunk
_CHEST_M = 1.3  # height on the mean body from which on shoulders are looked for; below, skin is a bare belly
_OUTER_M = 0.09  # from the middle: beyond necklines, where straps and shoulders are
_BARE = 0.7  # share of skin among what was seen of a band there; a strap of 5 cm leaves less than .5
_LEAST_BANDS = 2  # of them, one above the other
_SLEEVE = 0.5  # share of cloth in what was seen of an arm, from which on it has a sleeve, as of an off-shoulder top


def bare_behind(labels: Tensor, usable: Tensor, surface: SurfaceTexels) -> Tensor:
    """(N,), bool: texels of trunk and arms on which there is no cloth, for shoulders were seen bare at their height.

    One that hair hides is as the other. Straps stay where they were seen; with a dressed shoulder there is none.

    Args:
        labels: (N,) int64, where `usable`, (N,) bool.
    """
    height, aside = surface.position[:, 1], surface.position[:, 0]
    chest = surface.trunk & (surface.region == Region.BODY) & (height > _CHEST_M)
    shoulders = usable & chest & (aside.abs() > _OUTER_M)
    band = ((height - _CHEST_M) / _BAND_M).long()
    sides = [_look_at_bands(labels, shoulders & side, band) for side in (aside > 0, aside < 0)]
    bare = torch.stack([skin for skin, _ in sides]).any(0) & ~torch.stack([cloth for _, cloth in sides]).any(0)
    lowest = bare.nonzero()[:1].flatten()
    if int(bare.sum()) < _LEAST_BANDS or not bool(bare[lowest + torch.arange(_LEAST_BANDS)].all()):
        return torch.zeros_like(usable)
    return (chest & (band >= lowest) & ~usable) | _bare_arms(labels, usable, surface)


def _look_at_bands(labels: Tensor, seen: Tensor, band: Tensor) -> tuple[Tensor, Tensor]:
    """2×(B,), bool: the bands whose seen texels, (N,) bool, mostly are skin, and those that are dressed."""
    count = max(int(band.max()) + 1, _LEAST_BANDS)
    shown = torch.bincount(band[seen], minlength=count)
    skin = torch.bincount(band[seen & (labels == SKIN)], minlength=count) > _BARE * shown
    return (shown >= _FEW) & skin, (shown >= _FEW) & ~skin


def _bare_arms(labels: Tensor, usable: Tensor, surface: SurfaceTexels) -> Tensor:
    """(N,), bool: of arms without a sleeve all that is not skin, seen or not: a flounce that hangs before them."""
    bare, cloth = torch.zeros_like(usable), torch.isin(labels, torch.tensor(CLOTH))
    for left in (True, False):
        arm = surface.arm & (surface.region == Region.BODY) & ((surface.position[:, 0] > 0) == left)
        seen = arm & usable
        if float((seen & cloth).sum()) < _SLEEVE * float(seen.sum()):
            bare |= arm & ~(usable & ~cloth)
    return bare
