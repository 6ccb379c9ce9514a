"""Belts, waistbands and ribbed hems: what the photo shows all along a garment's edge goes on behind."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from bodydouble.inpaint.garment_edges import REACH_M, EdgeTexels

_STEP_M = 0.004  # height of the strips along an edge whose colours are compared
_STRIPS = round(REACH_M / _STEP_M)
_FEW = 25  # seen texels of a strip; fewer tell no colour
_SHARE = 0.1  # of a strip's texels that must be seen, or what lies there may lie in one place alone
_AWAY, _TIMES = 0.13, 1.3  # a band's distance from the garment's usual colour; times the strip's own spread
_ALIKE = 0.6  # of that distance, up to which strips of one band differ, and up to which what lies next is no more of it
_FOREIGN = 0.12  # distance from the usual colour beyond the edge, up to which a band is but the label's error
_LEAST_M, _MOST_M = 0.014, 0.056  # height of a band, some strips; a shadow below a hem is narrower, or fades away
_FIRST = 1  # strips at the edge itself, where colours are mixed


@dataclass(frozen=True, kw_only=True, eq=False)
class Band:
    """What runs along an edge."""

    change: Tensor  # (3,), by how much its colour differs from the garment's
    level: Tensor  # (K,), [0, 1], how much each of the edge's texels is the band's


def find_band(rgb: Tensor, seen: Tensor, usual: Tensor, edge: EdgeTexels, beyond: Tensor) -> Band | None:
    """The band along an edge; None where the photo shows none.

    Args:
        rgb, seen: N×3 and (N,) bool, of `ClothTexels`.
        usual: (3,), the garment's usual colour.
        beyond: (3,), that of what lies beyond the edge. Right there its label may have a part of the band.
    """
    strip = (edge.distance / _STEP_M).long().clamp(max=_STRIPS - 1)
    colours = [_measure_strip(rgb, seen, edge.number[strip == number]) for number in range(_STRIPS)]
    last = _FIRST
    while last < _STRIPS and _differs(colours[last], usual):
        last += 1
    after = [colour for colour, _ in filter(None, colours[last + 1 : last + 4])]
    if not _LEAST_M <= last * _STEP_M <= _MOST_M or not after:
        return None
    band = torch.stack([colour for colour, _ in filter(None, colours[_FIRST:last])])
    colour = band.median(0).values
    most = _ALIKE * float((colour - usual).norm())
    even = float((band[:-1] - colour).norm(dim=1).max()) < most
    if not even or max(float((each - usual).norm()) for each in after) > most:
        return None
    if int(seen[edge.beyond].sum()) < _FEW or float((beyond - colour).norm()) < _FOREIGN:
        return None
    level = ((last * _STEP_M - edge.distance) / _STEP_M + 0.5).clamp(0, 1)
    return Band(change=colour - usual, level=level)


def _measure_strip(rgb: Tensor, seen: Tensor, number: Tensor) -> tuple[Tensor, float] | None:
    """The usual colour, (3,), of texels with these numbers, and how far half of them are from it; None of too few."""
    shown = rgb[number[seen[number]]]
    if len(shown) < max(_FEW, _SHARE * len(number)):
        return None
    middle = shown.median(0).values
    return middle, float((shown - middle).norm(dim=1).median())


def _differs(strip: tuple[Tensor, float] | None, usual: Tensor) -> bool:
    if strip is None:
        return False
    colour, spread = strip
    return float((colour - usual).norm()) > max(_AWAY, _TIMES * spread)
