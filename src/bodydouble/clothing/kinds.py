"""Whether cloth bridges the legs, as a skirt does, or each leg has its own: what the parser says of it.

The names of garments are told pixel by pixel, the style for the whole photo. Both come from one encoder and err
together, so that the style counts little where names are told. `skirt_surface.py` weighs it with the outline.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from bodydouble.clothing.garment_view import GarmentView
from bodydouble.values import StyleEstimate, style_chance

BRIDGING = ("skirt", "dress")
LEGGED = ("trousers", "shorts", "jumpsuit")  # a leg of their own for each
CLINGING = ("tights",)  # they are worn under either
_LEAST = 0.02  # the least chance that counts
_FEW = 0.03  # of the legs' pixels: on as few, names tell nothing
# Of the log odds that names and style give, where both do, set by eye on 20 photographs; style alone counts in full.
_NAMES_WEIGHT, _STYLE_WEIGHT = 2.0, 0.5
_PARTED = 0.6  # of a row's cloth, from which on it is that of single legs
_NO_DOUBT = 0.85  # the same where no hem shows; a white skirt that was taken for trousers had .55 to .65


def bridged_odds(view: GarmentView, style: StyleEstimate | None, rows: slice) -> float | None:
    """Logarithm of the odds that the legs' cloth in these rows of the view bridges both; None: nothing is told."""
    styled, named = _style_odds(style), _names_odds(view, rows)
    if named is None:
        return styled
    return _NAMES_WEIGHT * named + _STYLE_WEIGHT * (styled or 0.0)


def parted_rows(view: GarmentView, garment: Tensor, sure: bool = False) -> Tensor | None:
    """(S,), bool: rows in which a garment's cloth, S×S bool, is mostly that of single legs; None: that is not told.

    Args:
        sure: trousers count only where there is no doubt of them; tights do as ever.
    """
    single, tights = view.worn(*LEGGED, *CLINGING), view.worn(*CLINGING)
    if single is None or tights is None:
        return None
    count = garment.sum(1).clamp_min(1)
    least = _NO_DOUBT if sure else _PARTED
    return ((single * garment).sum(1) > least * count) | ((tights * garment).sum(1) > _PARTED * count)


def _names_odds(view: GarmentView, rows: slice) -> float | None:
    bridging, legged = view.worn(*BRIDGING), view.worn(*LEGGED)
    if bridging is None or legged is None:
        return None
    legs = (torch.isfinite(view.near) & ~view.cover)[rows]
    amounts = [float(plane[rows][legs].sum()) for plane in (bridging, legged)]
    if sum(amounts) <= _FEW * int(legs.sum()):  # also where these rows hold no leg, or the photo ends above them
        return None
    return _log_odds(amounts[0] / sum(amounts))


def _style_odds(style: StyleEstimate | None) -> float | None:
    told = style is not None and style.chance("legs", "bridged") is not None
    return _log_odds(style_chance(style, "legs", "bridged")) if told else None


def _log_odds(chance: float) -> float:
    return math.log(max(chance, _LEAST) / max(1 - chance, _LEAST))
