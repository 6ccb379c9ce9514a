"""Seams of skirts and coats that hang free: side seams, a skirt's one down the middle of the back, and a hem.

Columns of a sheet's texture run around it, from behind to behind, and rows from its top to its hem.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from bodydouble.inpaint.seam_relief import draw_hem, draw_seam, measure_away
from bodydouble.inpaint.tube_flat import measure_tube
from bodydouble.parsing.labels import BACKGROUND
from bodydouble.values import Surface, SurfaceKind, Texture

SEWN = (SurfaceKind.SKIRT, SurfaceKind.COAT)  # what hangs from the waist and has seams
_SEAM, _VALLEY = 0.09, 0.03  # depths of grooves and valleys, shares of brightness
_SIDE_AT = 0.25  # of the way around from the middle in front
_HEM = (0.03, 0.08)  # metres from the edge to its seam, and its depth
_REACH_M = 0.05  # from a seam or the hem, beyond which there is none of its relief


def sew_sheet(texture: Texture, sheet: Surface) -> Texture:
    """A completed texture of a skirt or a coat with seams where it was not seen; of other sheets as it is.

    Args:
        texture: S×S, completed, with labels where a top hides a skirt: there it has no seams.
        sheet: as it was seen, with its partial texture.
    """
    if sheet.kind not in SEWN:
        return texture
    size, shape = texture.rgb.shape[-1], measure_tube(sheet)
    length, girth = shape.length_m, shape.girth_m
    down = ((torch.arange(size) + 0.5) / size * length)[:, None].expand(size, size)
    around = ((torch.arange(size) + 0.5) / size - 0.5)[None].expand(size, size)
    gain = torch.ones(size, size)
    # A coat's sheet begins at the waist, and a seam in its middle would begin there, too.
    for at in (-_SIDE_AT, _SIDE_AT, 0.5) if sheet.kind == SurfaceKind.SKIRT else (-_SIDE_AT, _SIDE_AT):
        offset = ((around - at + 0.5) % 1 - 0.5) * girth
        near = offset.abs() < _REACH_M
        point = torch.stack([torch.full_like(down[near], at), down[near], torch.zeros_like(down[near])], 1)
        gain[near] *= 1 + draw_seam(offset[near], point, _SEAM, _VALLEY)
    near = length - down < _REACH_M
    point = torch.stack([around[near] * girth, down[near], torch.zeros_like(down[near])], 1)
    gain[near] *= 1 + draw_hem(length - down[near], point, *_HEM)
    if sheet.kind == SurfaceKind.SKIRT and texture.labels is not None:
        gain[texture.labels != BACKGROUND] = 1
    seen = sheet.texture.confidence > 0
    rgb = (texture.rgb * (1 + (gain - 1) * measure_away(seen))).clamp(0, 1)
    return replace(texture, rgb=torch.where(seen, texture.rgb, rgb))
