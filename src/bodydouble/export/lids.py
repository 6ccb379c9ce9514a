"""Lids that close: what is folded while eyes are open, and drawn out when they shut, has the colour of the skin above.

A photo shows such lids edge-on: the few pixels of lashes and crease that lie there would become streaks.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, max_pool2d

from bodydouble.body import BodyModel
from bodydouble.geometry.uv import spread_colours
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import RestBody, Texture

_BLINKS = ("eyeBlinkLeft", "eyeBlinkRight")
_STRETCHED = 2.5  # times its size in a picture from the front, from which on a face of a closed lid is drawn out
_EDGE_ON = 0.05  # of its area: smaller no face counts as seen
_LID_M = 0.001  # metres by which a blink lowers what is of the upper lid
_SKIN_M = (0.0001, 0.004)  # metres by which it moves the skin above, which tells the colour
_BRIGHTER = 0.4  # quantile of its brightness from which on it is taken
_MARGIN = 16  # texels at 1024² around the lids that are looked at
_SOFT = 5  # texels over which the paint begins, at 1024²


def paint_lids(body: BodyModel, rest: RestBody, texture: Texture) -> Texture:
    """The texture with skin on what of the upper lids is drawn out by a blink; as it is where the body has no blinks.

    Args:
        rest, texture: of the clothed body, on the CPU.
    """
    if not all(name in body.expression_names for name in _BLINKS):
        return texture
    moved = sum(rest.expressions[body.expression_names.index(name)] for name in _BLINKS)
    assert isinstance(moved, Tensor)
    lowered = (-moved[:, 1])[body.faces].mean(1)
    drawn_out = (lowered > _LID_M) & (_growth(rest.vertices, rest.vertices + moved, body.faces) > _STRETCHED)
    skin = (lowered > _SKIN_M[0]) & (lowered < _SKIN_M[1]) & ~drawn_out
    size = texture.rgb.shape[-1]
    lids, above = (_texels(body, faces, size) for faces in (drawn_out, skin))
    above &= ~lids & (texture.confidence > 0)
    if not bool(lids.any()) or not bool(above.any()):
        return texture
    brightness = texture.rgb.mean(0)
    above &= brightness >= brightness[above].quantile(_BRIGHTER)  # not brows and lashes
    window = _window(lids, round(_MARGIN * size / 1024))
    lids, above, colours = lids[window], above[window], texture.rgb[:, window[0], window[1]]
    paint = spread_colours(colours * above, above.float()[None])
    soft = 2 * round(_SOFT * size / 2048) + 1
    amount = avg_pool2d(lids.float()[None, None], soft, 1, soft // 2, count_include_pad=False)[0, 0]
    amount = torch.where(lids, amount.clamp_min(0.7), amount)
    rgb = texture.rgb.clone()
    rgb[:, window[0], window[1]] = torch.lerp(colours, paint, amount)
    return replace(texture, rgb=rgb)


def _growth(before: Tensor, after: Tensor, faces: Tensor) -> Tensor:
    """(F,): how many times larger faces look from the front after than before, when many of them were edge-on."""
    seen = []
    for vertices in (before, after):
        corners = vertices[faces]
        seen.append(torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))
    least = _EDGE_ON * seen[0].norm(dim=1)
    return seen[1][:, 2].clamp_min(0) / seen[0][:, 2].maximum(least).clamp_min(1e-12)


def _texels(body: BodyModel, faces: Tensor, size: int) -> Tensor:
    """S×S, bool: the texels of faces (F,), and those next to them, whose colours bilinear samples mix in."""
    covered = texel_map(replace(body.layout, faces=body.layout.faces[faces]), size).face[0] >= 0
    return max_pool2d(covered.float()[None, None], 3, 1, 1)[0, 0] > 0


def _window(mask: Tensor, margin: int) -> tuple[slice, slice]:
    """Rows and columns of a square around a mask, as `spread_colours` wants it: its side is a power of two."""
    rows, columns = mask.any(1).nonzero()[:, 0], mask.any(0).nonzero()[:, 0]
    longest = max(int(each[-1]) - int(each[0]) for each in (rows, columns)) + 2 * margin
    side = min(1 << longest.bit_length(), len(mask))
    starts = [min(max((int(each[0]) + int(each[-1]) - side) // 2, 0), len(mask) - side) for each in (rows, columns)]
    return slice(starts[0], starts[0] + side), slice(starts[1], starts[1] + side)
