"""Straps of sandals: where they were seen, on the other foot and on the other side, and on around the ankle.

What has the colour of the skin above is no strap, and nothing is there. Rows go on around the heel as they are beside
it: an ankle strap closes, a cage stays one, and where skin was seen there is none.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor

from bodydouble.clothing.shoe_form import HEEL_START, SOLE_EDGE, SOLE_END
from bodydouble.inpaint.near_and_usual import median_colour, spread_to_usual
from bodydouble.inpaint.repeat import repeat_around
from bodydouble.inpaint.shoes import chromaticity, complete_shoes, find_shoes, mirror_shoes
from bodydouble.values import FittedView, Texture

# Distance in chromaticity from the skin's at which a colour begins to be a strap's, and over which it becomes one.
_TINT, _TINT_RANGE = 0.05, 0.03
# The same of brightness, times the skin's: black straps and white ones have no tint.
_DARK, _BRIGHT, _BRIGHTNESS_RANGE = 0.4, 1.6, 0.15
_SURE = 0.7  # of a strap, from which on a texel tells its colour
_REACH = 0.02  # of the texture's side: so far a strap's own colour reaches at its edge
_BLUR = 1.5  # texels, of the straps' edges
_STEEP = 2.5  # how much sharper than that blur
_LEAST = 60  # sure texels; of fewer the colour is the photo's


def complete_sandals(partial: Texture, view: FittedView) -> Texture:
    """The whole texture of sandals, with an alpha that is 0 between straps; arguments as of `complete_shoes`.

    Straps that were seen keep their colours. What the texels of thin soles show is toes and ground, and does not count.
    """
    size = len(partial.confidence)
    v = ((torch.arange(size) + 0.5) / size)[:, None].expand(size, size)
    upper, sole = v < SOLE_EDGE, (v >= SOLE_EDGE) & (v < (SOLE_END + HEEL_START) / 2)
    soleless = replace(partial, rgb=partial.rgb * ~sole, confidence=partial.confidence * ~sole)
    whole = replace(complete_shoes(soleless, view), confidence=partial.confidence)
    shoes = find_shoes(view)
    seen = (partial.confidence > 0) & upper
    if not bool(seen.any()):
        return replace(whole, alpha=torch.where(upper, 0.0, 1.0))
    skin = None if shoes is None else shoes.skin  # without a bare leg nothing tells skin from straps
    strap = seen.float() if skin is None else find_straps(partial.rgb, skin) * seen
    layers, known = mirror_shoes(torch.cat([partial.rgb, strap[None]]), seen)
    layers = _go_around(layers, known)
    rgb, strap = layers[:3], layers[3]
    sure = (strap > _SURE) & upper
    usual = median_colour(rgb, sure, _LEAST, whole.rgb[:, upper].median(1).values)
    rgb = spread_to_usual(rgb, sure, usual, _REACH)
    alpha = torch.from_numpy(gaussian_filter(strap.numpy(), _BLUR))
    alpha = ((alpha - 0.5) * _STEEP + 0.5).clamp(0, 1)
    return replace(whole, rgb=torch.where(upper, rgb, whole.rgb), alpha=torch.where(upper, alpha, 1.0))


def find_straps(rgb: Tensor, skin: Tensor) -> Tensor:
    """S×S, [0, 1]: how much colours, 3×S×S, are unlike the skin above the shoes, (3,)."""
    tint = (chromaticity(rgb.flatten(1)) - chromaticity(skin[:, None])).norm(dim=0).view(rgb.shape[1:])
    bright = rgb.mean(0) / skin.mean().clamp_min(0.05)
    signs = (
        (tint - _TINT) / _TINT_RANGE,
        (_DARK - bright) / _BRIGHTNESS_RANGE,
        (bright - _BRIGHT) / _BRIGHTNESS_RANGE,
    )
    return torch.stack([sign.clamp(0, 1) for sign in signs]).amax(0)


def _go_around(layers: Tensor, known: Tensor) -> Tensor:
    """C×S×S: what is known (S×S, bool) of both uppers goes on around each of them."""
    half = known.shape[1] // 2
    image, mask = layers.permute(1, 2, 0).numpy(), known.numpy()
    sides = [repeat_around(image[:, part], mask[:, part]) for part in (slice(0, half), slice(half, None))]
    return torch.from_numpy(np.concatenate(sides, 1)).permute(2, 0, 1)
