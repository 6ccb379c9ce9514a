"""Legs above sandals: skin behind, where straps that are seen on shins do not go around."""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.parsing.labels import SHOES, SKIN
from bodydouble.surface.graph import SurfaceTexels
from bodydouble.surface.regions import Region

_FEW = 12  # seen texels; fewer tell nothing
_SHIN_M = 0.3  # height up to which straps are
_BAND_M, _BAND = 0.01, 0.6  # height of a band, and the share of shoe in what was seen of it: there is a strap around
_WIDEST_M = 0.04  # of a strap around the ankle; more is a boot's shaft or a cage that is open behind
_LOWEST_M = 0.06  # of an ankle strap


def bare_in_sandals(labels: Tensor, usable: Tensor, surface: SurfaceTexels) -> tuple[Tensor, Tensor]:
    """(N,), bool, both: unseen texels of feet and shins in sandals that are bare, and those that an ankle strap covers.

    None of legs without skin. Both legs wear the same: what one photo shows of either tells of both.

    Args:
        labels: (N,) int64, where `usable`, (N,) bool.
    """
    bare, height = torch.zeros_like(usable), surface.position[:, 1]
    legs = ~surface.arm & ~surface.trunk & ((surface.region == Region.BODY) | (surface.region == Region.FOOT))
    low = legs & (height < _SHIN_M)
    strap = _ankle_strap(height, low & usable, labels == SHOES)
    for left in (True, False):
        leg = low & ((surface.position[:, 0] > 0) == left)
        if int((leg & usable & (labels == SKIN)).sum()) >= _FEW:
            bare |= leg & ~usable
    return bare & ~strap, bare & strap


def _ankle_strap(height: Tensor, shown: Tensor, shoe: Tensor) -> Tensor:
    """(N,), bool: texels at heights, metres, at which a leg's shown ones (N, bool) are a strap."""
    band = (height / _BAND_M).long()
    strap = torch.zeros(round(_SHIN_M / _BAND_M), dtype=torch.bool)
    for row in range(round(_LOWEST_M / _BAND_M), len(strap)):
        inside = shown & (band == row)
        strap[row] = bool(inside.any()) and float(shoe[inside].float().mean()) > _BAND
    if float(strap.sum()) * _BAND_M > _WIDEST_M:
        return torch.zeros_like(shown)
    return strap[band.clamp(0, len(strap) - 1)]
