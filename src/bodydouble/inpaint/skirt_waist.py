"""Above a skirt's sheet, what of the body is the skirt's has the sheet's cloth.

A skirt hides the legs, so the body shows hardly more of it than its waistband, and what goes around from there has no
cloth to learn from: of a print it was the mean of all colours.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.inpaint.trunk_cloth import UnrolledSheet, measure_above, measure_angle, unroll_sheet
from bodydouble.parsing.labels import LOWER
from bodydouble.raster.shade import interpolate
from bodydouble.surface.regions import Region, anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import Surface, SurfaceKind, Texture

_REACH_M = 0.15  # above a sheet's top; waistbands end within it
_BELOW_M = 0.03  # the same below: there the body may still stand out of the sheet


def raise_waist(texture: Texture, skin: Surface, sheet: Surface, body: BodyModel) -> Texture:
    """The body's texture, S×S, of which unseen texels of a skirt have the cloth of its sheet, turned over at its top.

    Args:
        texture: completed, with labels.
        skin: the body as it was seen.
        sheet: completed; what is no skirt changes nothing.
    """
    if sheet.kind != SurfaceKind.SKIRT or texture.labels is None:
        return texture
    size = texture.rgb.shape[-1]
    waist = (texture.labels == LOWER) & (skin.texture.confidence == 0) & (texel_map(body.layout, size).face[0] >= 0)
    waist &= (anatomy(body).limbs(size) == 0) & (anatomy(body).regions(size) == Region.BODY)
    points = interpolate(texel_map(body.layout, size), body.faces, skin.vertices)[0][:, waist]
    unrolled = unroll_sheet(sheet)
    angle = measure_angle(points, unrolled)
    above = measure_above(points[1], angle, unrolled)
    near = (above > -_BELOW_M) & (above < _REACH_M)
    if not bool(near.any()):
        return texture
    rgb = texture.rgb.clone()
    row, column = (indices[near] for indices in waist.nonzero(as_tuple=True))
    rgb[:, row, column] = _sample_sheet(
        sheet.texture.rgb, _find_column(angle[near], unrolled), above[near].abs() / unrolled.length
    )
    return replace(texture, rgb=rgb)


def _find_column(angle: Tensor, sheet: UnrolledSheet) -> Tensor:
    """(N,): share of the way through a sheet's columns, of angles around it, (N,) radians."""
    order = np.argsort(sheet.angle)
    share = np.unwrap((order + 0.5) / len(order), period=1)
    # Three turns one after the other: nothing lies between the last column and the first.
    turns = np.arange(-1, 2)[:, None]
    turn = turns * np.sign(share[-1] - share[0])
    angles = (sheet.angle[order] + 2 * np.pi * turns).ravel()
    return torch.from_numpy(np.interp(angle.numpy(), angles, (share + turn).ravel()) % 1).float()


def _sample_sheet(rgb: Tensor, around: Tensor, down: Tensor) -> Tensor:
    """3×N of a sheet's texture, 3×S×S, at shares of the way around and down."""
    grid = torch.stack([around, down.clamp(0, 1)], 1)[None, None] * 2 - 1
    return functional.grid_sample(rgb[None], grid, align_corners=False, padding_mode="border")[0, :, 0]
