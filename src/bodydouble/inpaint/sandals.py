"""Straps of sandals: where they were seen, on the other foot and on the other side, and on around the ankle.

What has the colour of the skin above is no strap, and nothing is there. Straps that were seen go on down to the sole,
to which they are sewn, and the highest one around the heel, as wide as it is at the sides. Below it heels are bare, as
in most sandals: rows that were closed for what lies over the toes made pumps of them.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import torch
from scipy.ndimage import binary_opening, gaussian_filter
from torch import Tensor

from bodydouble.clothing.shoe_form import HEEL_START, SOLE_EDGE, SOLE_END
from bodydouble.inpaint.near_and_usual import median_colour, spread_to_usual
from bodydouble.inpaint.shoes import find_shoe_colour, find_shoes, measure_unlike, mirror_shoes, paint_shoes, row_places
from bodydouble.values import FittedView, Texture

_REACH = 0.02  # of the texture's side: so far a strap's own colour reaches at its edge
_STRAP = 0.5  # share of strap from which on it goes on
# Of the texture's height, whose upper part is the heel from 12 cm down to the sole: how far down straps go around it,
# 3 cm above the sole, and from where on they go down to the sole, 6 cm above it; and how wide one is at most, 3 cm.
_AROUND, _LOW, _WIDEST = 0.45, 0.3, 0.15
_THINNEST = 0.012  # of the texture's height, 2 mm: less is the lower edge of a strap that lies above, on the leg
_SUREST = 0.5  # quantile of how unlike skin straps are, from which on they tell their colour
_SHOWN = 0.1  # of the texture's height, which has to be known of a column that tells what goes around
_BLUR_SHARE = 0.015  # of the texture's side, over which shares of strap are means
_NARROWEST = 0.02  # of the texture's side; what is narrower is no strap that is sewn to the sole
_FLECK = 0.0012  # of the texture: smaller pieces are no straps, of which the shortest that were seen have twice that
_BLUR = 1.5  # texels, of the straps' edges
_STEEP = 2.5  # how much sharper than that blur
_LEAST = 60  # texels of straps; of fewer the colour is the photo's


def complete_sandals(partial: Texture, view: FittedView) -> Texture:
    """The whole texture of sandals, with an alpha that is 0 between straps; arguments as of `complete_shoes`.

    Straps that were seen keep their colours. What the texels of thin soles show is toes and ground, and does not count.
    """
    size = len(partial.confidence)
    v = row_places(size).expand(size, size)
    upper, sole = v < SOLE_EDGE, (v >= SOLE_EDGE) & (v < (SOLE_END + HEEL_START) / 2)
    soleless = replace(partial, rgb=partial.rgb * ~sole, confidence=partial.confidence * ~sole)
    shoes = find_shoes(view)
    usual = find_shoe_colour(view, shoes)
    seen = (partial.confidence > 0) & upper
    skin = None if shoes is None else shoes.skin  # nothing tells skin from straps
    unlike = seen.float() if skin is None else _leave_out_flecks(measure_unlike(partial.rgb, skin) * seen)
    layers, known = mirror_shoes(torch.cat([partial.rgb, unlike[None]]), seen)
    rgb, unlike = layers[:3], layers[3]
    sure = known & upper & (unlike > _STRAP)
    surest = sure
    if bool(sure.any()):
        surest = sure & (unlike >= unlike[sure].quantile(_SUREST))
    colour = median_colour(rgb, surest, _LEAST, usual)
    whole = replace(paint_shoes(soleless, view, shoes, colour), confidence=partial.confidence)
    if not bool(seen.any()):
        return replace(whole, alpha=torch.where(upper, 0.0, 1.0))
    strap = _go_around(unlike.clamp(0, 1), known)
    rgb = spread_to_usual(rgb, sure, colour, _REACH)
    alpha = torch.from_numpy(gaussian_filter(strap.numpy(), _BLUR))
    alpha = ((alpha - 0.5) * _STEEP + 0.5).clamp(0, 1)
    return replace(whole, rgb=torch.where(upper, rgb, whole.rgb), alpha=torch.where(upper, alpha, 1.0))


def _leave_out_flecks(unlike: Tensor) -> Tensor:
    """S×S: how much texels (S×S) are straps, without pieces too small for one: shadows between toes, nails, ground."""
    _, pieces, figures, _ = cv2.connectedComponentsWithStats((unlike > _STRAP).byte().numpy(), connectivity=8)
    fleck = figures[:, cv2.CC_STAT_AREA] < _FLECK * unlike.numel()
    fleck[0] = False
    return torch.where(torch.from_numpy(fleck[pieces]), unlike.clamp_max(0), unlike)


def _go_around(strap: Tensor, known: Tensor) -> Tensor:
    """S×S, [0, 1]: strap, where it is known (S×S, bool), down to the sole, and around the heel.

    Both sides of both feet tell of all: they are folded onto one quarter, from the heel's middle to the toes'.
    """
    shown = _fold(known.float())
    planes = torch.stack([_fold(strap * known), shown]).numpy()
    blurred, near = torch.from_numpy(gaussian_filter(planes, (0, *2 * (_BLUR_SHARE * len(known),))))
    share = blurred / near.clamp_min(1e-3)
    quarter = (_close_heel(share, shown > 0) | _go_down(share, shown > 0)).float()
    around = torch.cat([quarter, quarter.flip(1)], 1).repeat(1, 2)
    return torch.where(known, strap, around)


def _close_heel(share: Tensor, known: Tensor) -> Tensor:
    """S×S/4, bool: the highest strap at the last columns that are known, on around the heel.

    Args:
        share: S×S/4, [0, 1], of strap.
        known: S×S/4, bool.
    """
    high = known & (row_places(len(share)) < _AROUND)
    told = (high.sum(0) >= _SHOWN * len(share)).nonzero()[:, 0]
    if not len(told):
        return torch.zeros_like(known)
    back = int(told[0])
    rows = ((share[:, back] > _STRAP) & high[:, back]).nonzero()[:, 0]
    closed = torch.zeros_like(known)
    if len(rows):
        gaps = (rows.diff() > 1).nonzero()[:, 0]
        first, end = int(rows[0]), 1 + (int(rows[gaps[0]]) if len(gaps) else int(rows[-1]))
        if end - first > _THINNEST * len(share):
            closed[first : min(end, first + round(_WIDEST * len(share))), : back + 1] = True
    return closed


def _go_down(share: Tensor, known: Tensor) -> Tensor:
    """S×S/4, bool: below what is known of a column near the sole, where its lowest part is strap; as `_close_heel`."""
    rows = torch.arange(len(share))[:, None]
    lowest = torch.where(known, rows, -1).amax(0)
    sewn = (share.gather(0, lowest.clamp_min(0)[None])[0] > _STRAP) & (lowest > _LOW * len(share))
    wide = binary_opening(sewn.numpy(), iterations=max(1, round(_NARROWEST * len(share) / 2)))
    return (rows > lowest) & torch.from_numpy(wide)


def _fold(plane: Tensor) -> Tensor:
    """S×S/4: the sum of both sides of both shoes, from the heel's middle to the toes'; S is a multiple of 4."""
    half = plane[:, : len(plane) // 2] + plane[:, len(plane) // 2 :].flip(1)
    return half[:, : len(plane) // 4] + half[:, len(plane) // 4 :].flip(1)
