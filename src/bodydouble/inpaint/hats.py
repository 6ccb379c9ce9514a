"""The unseen part of a hat: the crown goes on around like cloth, the brim has the colours of what was seen of it."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from bodydouble.clothing.hat_surface import COLUMNS, CROWN_STEPS
from bodydouble.clothing.ring_grid import ring_angles, unroll
from bodydouble.inpaint.level_rows import measure_lean, move_rows
from bodydouble.inpaint.near_and_usual import median_colour, spread_to_usual
from bodydouble.inpaint.tube_flat import TubeShape
from bodydouble.inpaint.tube_sheet import complete_tube
from bodydouble.values import Surface, Texture

_REACH = 0.15  # of the texture's side: so far a colour that was seen of a brim goes on
_LEAST = 0.004  # of the texture's texels: fewer of a brim tell no colour
_LOW = 0.35  # of the crown's rows, above the brim, which tell its colour then
_CLEAR = 1.15  # of the crown's radius at its rim: farther from its middle lies no band
_UNDER_SHADE, _DEEP_SHADE = 0.7, 0.45  # brightness of a brim's underside, of its upper side: usual and least


def complete_hat(surface: Surface, shape: TubeShape) -> Texture:
    """The whole texture of a hat. Seen texels stay as they are.

    Args:
        surface: its rings run from the top of the crown to its rim, over the brim and back beneath it.
        shape: how large it is, and where its texels lie around it.
    """
    partial, rings = surface.texture, len(surface.vertices) // COLUMNS
    if rings == CROWN_STEPS or not bool((partial.confidence > 0).any()):
        return _complete_crown(partial, shape)
    size = partial.rgb.shape[-1]
    v = ((torch.arange(size) + 0.5) / size)[:, None].expand(size, size)
    rim = (CROWN_STEPS - 1) / (rings - 1)
    edge = (1 + rim) / 2
    crown, above, under = v < rim, (v >= rim) & (v < edge), v >= edge
    seen = partial.confidence > 0
    own = seen & _beside_crown(surface, size)
    around = _complete_crown(replace(partial, confidence=partial.confidence * crown), shape).rgb
    low = around[:, crown & (v > (1 - _LOW) * rim)].median(1).values
    least = _LEAST * size * size
    beneath = median_colour(partial.rgb, own & under, least, None)
    lit = low if beneath is None else low.minimum(beneath / _DEEP_SHADE)
    top = median_colour(partial.rgb, own & above, least, lit)
    beneath = _UNDER_SHADE * top if beneath is None else beneath
    rgb = torch.where(above, spread_to_usual(partial.rgb, own & above, top, _REACH), around)
    rgb = torch.where(under, spread_to_usual(partial.rgb, own & under, beneath, _REACH), rgb)
    return replace(partial, rgb=torch.where(seen, partial.rgb, rgb))


def _complete_crown(partial: Texture, shape: TubeShape) -> Texture:
    """The whole texture of a crown. A band that was seen of it is level first, and goes around."""
    lean = measure_lean(partial)
    if lean is None:
        return complete_tube(partial, shape=shape)
    around = move_rows(complete_tube(move_rows(partial, lean), shape=shape, banded=True), -lean)
    return replace(partial, rgb=torch.where(partial.confidence > 0, partial.rgb, around.rgb))


def _beside_crown(surface: Surface, size: int) -> Tensor:
    """S×S, bool: texels of a brim that lie beside the crown in the photo; before it there may be the band around it."""
    rings = surface.vertices.view(-1, COLUMNS, 3)
    radius = (rings - rings.mean(1, keepdim=True)).norm(dim=2).mean(1)
    out = (radius[:, None] * ring_angles(COLUMNS).sin().abs())[..., None]
    beside = unroll(out, size)[0] > _CLEAR * radius[CROWN_STEPS - 1]
    return beside & ((torch.arange(size) + 0.5) / size * (len(rings) - 1) > CROWN_STEPS - 1)[:, None]
