"""The unseen part of a hat: the crown goes on around like cloth, the brim has the colours of what was seen of it."""

from __future__ import annotations

from dataclasses import replace

import torch

from bodydouble.clothing.hat_surface import COLUMNS, CROWN_STEPS
from bodydouble.inpaint.near_and_usual import median_colour, spread_to_usual
from bodydouble.inpaint.tube_sheet import complete_tube
from bodydouble.values import Surface, Texture

_REACH = 0.15  # of the texture's side: so far a colour that was seen of a brim goes on
_LEAST = 0.004  # of the texture's texels: fewer of a brim tell no colour
_LOW = 0.35  # of the crown's rows, above the brim, which tell its colour then
_OUTER = 0.5  # of the way out over a brim; nearer to the crown a photo shows the band around that, too
# Brightness of a brim's underside that was not seen, of its upper side: of the underside itself a photo shows a sliver
# near the crown, where a band may lie.
_UNDER_SHADE = 0.7


def complete_hat(surface: Surface, size_m: tuple[float, float]) -> Texture:
    """The whole texture of a hat. Seen texels stay as they are.

    Args:
        surface: its rings run from the top of the crown to its rim, over the brim and back beneath it.
        size_m: metres of its length and girth.
    """
    partial, rings = surface.texture, len(surface.vertices) // COLUMNS
    if rings == CROWN_STEPS or not bool((partial.confidence > 0).any()):
        return complete_tube(partial, size_m=size_m)
    size = partial.rgb.shape[-1]
    v = ((torch.arange(size) + 0.5) / size)[:, None].expand(size, size)
    rim = (CROWN_STEPS - 1) / (rings - 1)
    edge = (1 + rim) / 2
    seen, crown, above = partial.confidence > 0, v < rim, (v >= rim) & (v < edge)
    around = complete_tube(replace(partial, confidence=partial.confidence * crown), size_m=size_m).rgb
    low = around[:, crown & (v > (1 - _LOW) * rim)].median(1).values
    least = _LEAST * size * size
    outer = (v - edge).abs() < (1 - _OUTER) * (edge - rim)
    top = median_colour(partial.rgb, seen & above & outer, least, low)
    rgb = torch.where(above, spread_to_usual(partial.rgb, seen & above & outer, top, _REACH), around)
    under = spread_to_usual(partial.rgb, seen & (v >= edge) & outer, _UNDER_SHADE * top, _REACH)
    rgb = torch.where(v >= edge, under, rgb)
    return replace(partial, rgb=torch.where(seen, partial.rgb, rgb))
