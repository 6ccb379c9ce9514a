"""A label painted on what hangs off the body: cut away, in the colour of that label, or made up again as its own cloth.

A skirt, a coat, hair or a hat ends where skin is painted on it, or hair on what lies over hair: what is beneath shows.
Cloth of another label has the colour that the photos show of that on the body, with the folds that lie there.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from bodydouble.double import Double
from bodydouble.editing.recolour import recolour_surface
from bodydouble.editing.region import feather_region, find_surface
from bodydouble.geometry.uv import fill_seams
from bodydouble.parsing.labels import CLOTH, DRESS, FACIAL_HAIR, HAIR, HAT, LOWER, OUTER, SHOES, SKIN
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import Surface, SurfaceKind, Texture

# What each kind is made of by itself: painted with that, it is made up again.
_OF_KIND = {
    SurfaceKind.HAIR: (HAIR,),
    SurfaceKind.HAT: (HAT,),
    SurfaceKind.SKIRT: (LOWER, DRESS),
    SurfaceKind.COAT: (OUTER,),
    SurfaceKind.SHOES: (SHOES,),
}
_BODILY = (SKIN, HAIR, FACIAL_HAIR)
# What cuts each kind away. Shoes fit their feet and are as large: these are bare where they have the skin's colour.
_CUTS = {
    SurfaceKind.HAIR: (SKIN, FACIAL_HAIR, HAT, SHOES, *CLOTH),
    SurfaceKind.HAT: _BODILY,
    SurfaceKind.SKIRT: _BODILY,
    SurfaceKind.COAT: _BODILY,
}
_FEW = 50  # seen texels of a label; of fewer, the photos tell no colour


def relabel_surface(double: Double, name: str, mask: Tensor, label: int) -> Texture | None:
    """The texture of a surface that hangs off the body, with a label painted on it.

    Args:
        name: of the surface.
        mask: M×M, [0, 1], in its layout: where.
        label: of `parsing.labels.LABELS`.

    Returns:
        None where it has to be completed again from the photos: as its own cloth, or as one that they do not show.
    """
    surface = find_surface(double, name)
    if label in _CUTS.get(surface.kind, ()):
        return _cut(surface, mask)
    colour = _seen_colour(double.texture, label)
    if label in _OF_KIND.get(surface.kind, ()) or colour is None:
        return None
    return recolour_surface(surface, mask, colour)


def _cut(surface: Surface, mask: Tensor) -> Texture:
    """Nothing is there where the mask is."""
    texture, size = surface.texture, surface.texture.rgb.shape[-1]
    covered = texel_map(surface.layout, size).face[0] >= 0
    weight = fill_seams(feather_region(mask, surface.layout, size), covered)  # no thread stays at a chart's border
    alpha = torch.ones_like(weight) if texture.alpha is None else texture.alpha
    confidence = torch.where(weight > 0.5, 0.0, texture.confidence)
    return replace(texture, alpha=alpha * (1 - weight), confidence=confidence)


def _seen_colour(texture: Texture, label: int) -> Tensor | None:
    """(3,), sRGB in [0, 1]: the usual colour of a label on the body; None where hardly any of it was seen."""
    if texture.labels is None:
        return None
    seen = (texture.labels == label) & (texture.confidence > 0)
    return texture.rgb[:, seen].median(1).values if int(seen.sum()) >= _FEW else None
