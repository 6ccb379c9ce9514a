"""The sheen of hair: strands that run across the light's way give it back where they turn half towards it.

From above lit, and seen level, that is a band around the head, halfway between crown and brow (Kajiya and Kay,
"Rendering fur with three dimensional textures", 1989). Below it hair is as it usually is, beneath overhangs darker.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from bodydouble.geometry.mesh import vertex_normals
from bodydouble.raster.shade import interpolate
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import Surface

_MIDDLE, _WIDTH = math.radians(42), math.radians(20)  # of the band: by how much the surface looks up
_BRIGHT, _DARK = 1.0, 0.4  # deviations by which strands are lighter in the band, and darker where they look down


def tell_sheen(normals: Tensor) -> Tensor:
    """(N,) deviations by which strands are lighter or darker than usual.

    Args:
        normals: N×3, unit, y up.
    """
    rise = normals[:, 1].clamp(-1, 1).asin()
    band = torch.exp(-(((rise - _MIDDLE) / _WIDTH) ** 2))
    return _BRIGHT * band - _DARK * (-rise / (math.pi / 4)).clamp(0, 1)


def spread_sheen(normals: Tensor, covered: Tensor) -> Tensor:
    """S×S, the same on covered texels, S×S bool, of K×3 normals of any length, 0 on average: hair keeps its tone."""
    level = tell_sheen(torch.nn.functional.normalize(normals, dim=1))
    sheen = torch.zeros(covered.shape)
    sheen[covered] = level - level.mean()
    return sheen


def draw_sheen(surface: Surface) -> Tensor:
    """S×S, the same on the texels of a surface; 0 between its charts."""
    texels = texel_map(surface.layout, surface.texture.rgb.shape[-1])
    covered = texels.face[0] >= 0
    normals = interpolate(texels, surface.faces, vertex_normals(surface.vertices, surface.faces))[0][:, covered].T
    return spread_sheen(normals, covered)
