"""A region in another colour: its folds, its weave and the light on it stay."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from bodydouble.double import Double
from bodydouble.editing.region import Region, check_region, feather_region, find_surface, with_textures
from bodydouble.parsing.shade import GAMMA, LUMINANCE
from bodydouble.values import Surface, Texture

_FOLDS = (0.25, 3.0)  # luminance of a texel, in medians of the region: what folds may be; beyond it is another thing
_DARK = 0.01  # linear luminance that is added to both: black cloth has folds of a few levels, which are mostly noise
_NOTE = "a region was painted in another colour by hand"


def recolour_region(double: Double, region: Region, rgb: tuple[float, float, float]) -> Double:
    """The double with a region in a colour.

    Args:
        region: painted over.
        rgb: [0, 1], sRGB: what the region has on average.

    Raises:
        InputError: the region is empty or on no surface of this double.
    """
    check_region(double, region)
    colour = torch.tensor(rgb)
    textures = {
        name: recolour_surface(find_surface(double, name), mask, colour)
        for name, mask in region.items()
        if bool((mask > 0).any())
    }
    return with_textures(double, textures, _NOTE)


def recolour_surface(surface: Surface, mask: Tensor, colour: Tensor) -> Texture:
    """The surface's texture, of which a part has a colour on average.

    Args:
        mask: M×M, [0, 1], in its layout: where.
        colour: (3,), [0, 1], sRGB.
    """
    texture = surface.texture
    weight = feather_region(mask, surface.layout, texture.rgb.shape[-1])
    inside = weight > 0.5
    luminance = torch.einsum("c,chw->hw", torch.from_numpy(LUMINANCE), texture.rgb.pow(GAMMA)) + _DARK
    usual = luminance[inside].median() if bool(inside.any()) else luminance.median()
    folds = (luminance / usual).clamp(*_FOLDS)
    painted = (colour.pow(GAMMA)[:, None, None] * folds).pow(1 / GAMMA).clamp(0, 1)
    return replace(
        texture,
        rgb=torch.lerp(texture.rgb, painted, weight),
        confidence=torch.where(inside, 0.0, texture.confidence),
    )
