"""A double on which can be seen what no photo showed."""

from __future__ import annotations

from dataclasses import replace

import torch

from bodydouble.double import Double
from bodydouble.values import Texture

_COLOUR = (0.92, 0.30, 0.55)  # sRGB, one that hardly any cloth or skin has
_STRENGTH = 0.6  # of that colour


def tint_made_up(double: Double) -> Double:
    """The same double, its made-up texels coloured."""
    attached = tuple(replace(surface, texture=_tint(surface.texture)) for surface in double.attached)
    return replace(double, texture=_tint(double.texture), attached=attached)


def _tint(texture: Texture) -> Texture:
    strength = _STRENGTH * (texture.confidence == 0).float()
    colour = torch.tensor(_COLOUR, device=texture.rgb.device)[:, None, None]
    return replace(texture, rgb=torch.lerp(texture.rgb, colour.expand_as(texture.rgb), strength.expand_as(texture.rgb)))
