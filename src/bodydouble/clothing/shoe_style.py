"""Kinds of shoes: the measures that tell a sneaker from a pump and a boot from a sandal."""

from __future__ import annotations

from dataclasses import replace

from bodydouble.clothing.footwear import Footwear
from bodydouble.clothing.shoe_form import ShoeStyle

# Set by eye beside some thirty street photographs; metres, and shares of the foot's length.
_LOW = ShoeStyle(throat=0.5, back=0.085, side=0.07, sole=0.02, toe=0.05)
_BALLERINA = ShoeStyle(throat=0.74, back=0.055, side=0.036, sole=0.009, toe=0.034)
_PUMP = ShoeStyle(
    throat=0.74, back=0.062, side=0.036, sole=0.007, toe=0.034, pointed=True, ahead=0.07, welt=0.001, heel_width=0.32
)
_HEELED = ShoeStyle(throat=0.5, back=0.078, side=0.06, sole=0.012, toe=0.045, welt=0.001, heel_width=0.75)
_BOOT = ShoeStyle(throat=0.42, back=0.125, side=0.12, sole=0.02, toe=0.054, lean=1.3, heel_width=0.85)
_HEELED_BOOT = replace(_BOOT, sole=0.012, welt=0.001)
_SANDAL = ShoeStyle(
    throat=0.42,
    back=0.12,
    side=0.12,
    sole=0.013,
    toe=0.03,
    straps=True,
    behind=-0.02,
    ahead=0.02,
    below=0.01,
    heel_width=0.45,
)


def choose_style(footwear: Footwear) -> ShoeStyle:
    """The measures of what the feet wear."""
    if not footwear.closed:
        return _SANDAL
    if footwear.shaft:
        return _HEELED_BOOT if footwear.pitch else _BOOT
    if footwear.low_cut:
        return _PUMP if footwear.pitch else _BALLERINA
    return _HEELED if footwear.pitch else _LOW
