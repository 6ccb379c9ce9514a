"""What a photo shows of shoes is painted on the shoes, and not on the feet inside of them."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.clothing.footwear import Footwear
from bodydouble.parsing.labels import SHOES
from bodydouble.raster.shade import interpolate
from bodydouble.surface.texel_map import texel_map
from bodydouble.texture.multi_view import MergedTexture
from bodydouble.values import RestBody, Texture

# Metres up the bare body to where shoes are surfaces of their own; fitted feet may lie lower than real ones.
_LOW_SHOE_M, _BOOT_M = 0.2, 0.1
_ABOVE_M, _SOCKS = 0.04, 0.25  # so far above low shoes socks are seen, and the share of shoes' label there
_SHAFT_M, _BEYOND_M = 0.02, 0.05  # below a shaft's top and beyond it: labels slant, shafts are level
_IN_LEG_M = 0.05  # below the top of one that goes on in trouser legs: their hems hang before it
# To where a shoe hides the foot, whatever its pixels are taken for; of sandals, to where straps are on a surface.
_COVERED_M, _LOW_CUT_M, _STRAPS_M = 0.08, 0.03, 0.1
_MIXED = 0.006  # of the texture's side, around a shoe's texels: there its colours are mixed with the leg's


def leave_out_shoes(merged: MergedTexture, footwear: Footwear, rest: RestBody, body: BodyModel) -> MergedTexture:
    """The body's texture without the shoes that are surfaces; straps higher on the leg stay.

    Args:
        rest: the bare body.
    """
    if not footwear.shod:
        return merged
    top, covered = _LOW_SHOE_M, _LOW_CUT_M if footwear.low_cut else _COVERED_M
    if not footwear.closed:
        top = covered = _STRAPS_M
    elif footwear.shaft:
        top, covered = (
            max(_BOOT_M, footwear.shaft + _BEYOND_M),
            max(covered, footwear.shaft - (_IN_LEG_M if footwear.covered else _SHAFT_M)),
        )
    height = rest.vertices[:, 1:2] - rest.vertices[:, 1].min()
    texels = texel_map(body.layout, merged.texture.rgb.shape[-1])
    height = interpolate(texels, body.faces, height)[0, 0]
    if footwear.closed and not footwear.shaft and _wears_socks(merged.texture, height):
        top = covered
    low, hidden = ((height < limit) & (texels.face[0] >= 0) for limit in (top, covered))
    return replace(
        merged,
        texture=_without_shoes(merged.texture, low, hidden),
        rims=tuple(_without_shoes(rim, low, hidden) for rim in merged.rims),
    )


def _wears_socks(texture: Texture, height: Tensor) -> bool:
    """Whether what the photo shows above low shoes has their label: socks, which go on down into them.

    Args:
        height: S×S, metres, of a partial texture's texels.
    """
    if texture.labels is None:
        return False
    above = (texture.confidence > 0) & (height > _LOW_SHOE_M) & (height < _LOW_SHOE_M + _ABOVE_M)
    return bool(above.any()) and float((texture.labels[above] == SHOES).float().mean()) > _SOCKS


def _without_shoes(texture: Texture, low: Tensor, hidden: Tensor) -> Texture:
    """A partial texture in which hidden texels (S×S, bool), and low ones at what shows shoes, count as unseen."""
    if texture.labels is None:
        return texture
    side = 1 + 2 * max(1, round(_MIXED * len(low)))
    near = cv2.dilate((low & (texture.labels == SHOES)).byte().numpy(), np.ones((side, side), np.uint8))
    kept = ~(hidden | low & (torch.from_numpy(near) > 0))
    return replace(
        texture,
        rgb=texture.rgb * kept,
        confidence=texture.confidence * kept,
        labels=torch.where(kept, texture.labels, 0),
    )
