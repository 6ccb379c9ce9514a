"""How light and dark a person's hair is from strand to strand, as the photo's pixels tell it.

Hair has no one colour: what lies deep is darker, what is bleached or catches light is lighter and often of another hue.
Strands that are drawn get these tones, as often as the photo has them, so that hair looks like it from afar, too.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from bodydouble.inpaint.photo_colour import hair_pixels
from bodydouble.values import FittedView

_QUANTILES = (0.08, 0.25, 0.5, 0.75, 0.92)  # of brightness; beyond lie glints, and what is no hair
_WIDTH = 0.08  # of the pixels, on either side of a quantile, whose mean is its colour
_FEW = 400  # pixels; fewer are a parting's or a sideburn's
_RANGE = (0.2, 4.0)  # of a tone against the middle one; more is a glint, or no hair
# Power of that: the rest of the photo's spread is form and light. So hair from behind deviates by a tenth of its tone,
# as it does in photographs; drawn linearly and cut off, tones were but two, in patches.
_STRENGTH = 0.2


def hair_tones(view: FittedView | None) -> Tensor | None:
    """Q×3, around 1: the colours of the photo's hair at rising brightness, against the middle one; None: it shows few.

    Drawn towards 1 by the power `_STRENGTH`.
    """
    pixels = None if view is None else hair_pixels(view)
    if pixels is None or len(pixels) < _FEW:
        return None
    ranked = pixels[pixels.mean(1).argsort()]
    width, count = max(1, round(_WIDTH * len(ranked))), len(ranked)
    places = [round(quantile * (count - 1)) for quantile in _QUANTILES]
    tones = torch.stack([ranked[max(0, place - width) : place + width + 1].mean(0) for place in places])
    against = (tones / tones[len(tones) // 2].clamp_min(0.02)).clamp(*_RANGE)
    return against**_STRENGTH


def tint_strands(strands: Tensor, tones: Tensor) -> Tensor:
    """3×S×S, around 1: by what hair's colour is multiplied where strands, S×S of mean 0 and deviation 1, are drawn."""
    rank = (1 + torch.erf(strands / math.sqrt(2))) / 2
    places = torch.tensor(_QUANTILES)
    upper = torch.searchsorted(places, rank.contiguous()).clamp(1, len(places) - 1)
    low, high = places[upper - 1], places[upper]
    way = ((rank - low) / (high - low)).clamp(0, 1)[..., None]
    return torch.lerp(tones[upper - 1], tones[upper], way).permute(2, 0, 1)
