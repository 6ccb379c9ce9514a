"""How far down the photos show a person: a level of the rest pose below which next to nothing was seen."""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.raster.shade import interpolate
from bodydouble.surface.regions import Region, anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import RestBody

_BIN_M = 0.02  # levels are judged in steps of this
_SEEN = 0.05  # share of a step's texels, around the body, from which it was seen: of a leg behind the other a tenth is
_SHOD_M = 0.2  # who was seen down to here is seen down to the shoes, which may be surfaces of their own
_FOOT = 0.03  # share of the feet's texels, from which they were seen


def trunk_and_leg_heights(rest: RestBody, body: BodyModel, size: int) -> Tensor:
    """S×S, metres above the soles in the rest pose; NaN on arms, head and hands, and between charts."""
    parts = anatomy(body)
    height = interpolate(texel_map(body.layout, size), body.faces, rest.vertices[:, 1:2])[0, 0]
    region = parts.regions(size)
    kept = (parts.limbs(size) != 1) & ((region == Region.BODY) | (region == Region.FOOT))
    return torch.where(kept, height, torch.nan)


def lowest_seen(confidence: Tensor, heights: Tensor, feet: Tensor) -> float:
    """The level in metres; 0 where the feet were seen, or the ankles, or nothing at all.

    Args:
        confidence: S×S, 0 where nothing was seen.
        heights: S×S, as `trunk_and_leg_heights` gives them.
        feet: S×S, bool.
    """
    observed = confidence > 0
    if float(observed[feet].float().mean()) > _FOOT:
        return 0.0
    judged = heights.isfinite()
    step = (heights[judged] / _BIN_M).long().clamp_min(0)
    count, hits = torch.bincount(step), torch.bincount(step, observed[judged].float())
    shown = (hits > _SEEN * count).nonzero()
    level = float(shown[0]) * _BIN_M if len(shown) else 0.0
    return level if level > _SHOD_M else 0.0
