"""Straps of sandals: where they were seen, on the other foot and on the other side, and on around the ankle.

What has the colour of the skin above is no strap, and nothing is there. Around the heel rows are closed of which most
is strap: an ankle strap closes, in one colour, and where skin was seen there is none. Halfway up, heels are bare.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from scipy.ndimage import binary_dilation, gaussian_filter, gaussian_filter1d
from torch import Tensor

from bodydouble.clothing.shoe_form import HEEL_START, SOLE_EDGE, SOLE_END
from bodydouble.inpaint.near_and_usual import median_colour, spread_to_usual
from bodydouble.inpaint.shoes import find_shoes, find_straps, mirror_shoes, paint_shoes
from bodydouble.values import FittedView, Texture

_SURE = 0.7  # of a strap, from which on a texel tells its colour
_REACH = 0.02  # of the texture's side: so far a strap's own colour reaches at its edge
_CLOSED = 0.5  # share of strap in what was seen of a row, from which on it goes around
# Of the texture's height, whose upper part is the heel from 12 cm down to the sole: where an ankle strap ends, and
# where a counter begins, 4 cm above the sole. By eye on eight pairs.
_ANKLE_STRAP, _COUNTER = 0.13, 0.4
_ROW_BLUR = 0.015  # of the texture's height, over which rows are one
_WIDER = 0.02  # of it, by which what is closed is wider on both sides: in front straps slant, and few rows are theirs
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
    shoes = find_shoes(view)
    whole = replace(paint_shoes(soleless, view, shoes), confidence=partial.confidence)
    seen = (partial.confidence > 0) & upper
    if not bool(seen.any()):
        return replace(whole, alpha=torch.where(upper, 0.0, 1.0))
    skin = None if shoes is None else shoes.skin  # nothing tells skin from straps
    strap = seen.float() if skin is None else find_straps(partial.rgb, skin) * seen
    layers, known = mirror_shoes(torch.cat([partial.rgb, strap[None]]), seen)
    rgb, strap = layers[:3], torch.ones_like(strap) if skin is None else _close_rows(layers[3], known)
    sure = known & (strap > _SURE) & upper
    usual = median_colour(rgb, sure, _LEAST, whole.rgb[:, upper].median(1).values)
    rgb = spread_to_usual(rgb, sure, usual, _REACH)
    alpha = torch.from_numpy(gaussian_filter(strap.numpy(), _BLUR))
    alpha = ((alpha - 0.5) * _STEEP + 0.5).clamp(0, 1)
    return replace(whole, rgb=torch.where(upper, rgb, whole.rgb), alpha=torch.where(upper, alpha, 1.0))


def _close_rows(strap: Tensor, known: Tensor) -> Tensor:
    """S×S: strap, [0, 1], where it is known (S×S, bool), and around the heels whatever most of each row is.

    Both feet tell of both. Between an ankle strap and a counter heels are bare: rows that are on a heel as high as that
    are toes and instep in front, and a strap across these says nothing of the heel.
    """
    size = len(known)
    v = (torch.arange(size) + 0.5) / size
    of_rows = torch.stack([(strap * known).sum(1), known.sum(1).float()])
    straps, shown = torch.from_numpy(gaussian_filter1d(of_rows.numpy(), _ROW_BLUR * size, axis=1))
    rows = known.any(1).nonzero()[:, 0]
    nearest = rows[(torch.arange(size)[:, None] - rows).abs().argmin(1)]
    bare = (v > _ANKLE_STRAP) & (v < _COUNTER)
    closed = (straps / shown > _CLOSED)[nearest] & ~bare
    closed = torch.from_numpy(binary_dilation(closed.numpy(), iterations=round(_WIDER * size))) & ~bare
    return torch.where(known, strap, closed[:, None].float())
