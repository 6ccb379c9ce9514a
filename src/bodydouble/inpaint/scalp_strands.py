"""Strands of hair on the scalp: they run from the whorl at the back of the crown outwards, or curl."""

from __future__ import annotations

import functools
import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.geometry.blur import blur_plane
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.geometry.smoothstep import smoothstep
from bodydouble.inpaint.curls import CURLY, draw_curls
from bodydouble.inpaint.sheen import spread_sheen
from bodydouble.raster.shade import interpolate
from bodydouble.surface.regions import Region, anatomy
from bodydouble.surface.texel_map import texel_map

_WHORL = 35.0  # degrees behind the top of the head, where hair starts
_MAP = (128, 2048)  # rows and columns of the map of strands, along which they change slowly: from the whorl, and around
_LENGTH = 0.12  # of a strand, in units of the way from the whorl to the chin: about 6 cm; at 0.04 it was a brush's dab
# Columns of strands to locks, and the share of each: three are a millimetre, and a texel, above the ear. As strong as
# strands, locks were the stripes of a tiger.
_WIDTHS = ((3.0, 1.0), (6.0, 0.8), (12.0, 0.5), (24.0, 0.35))
_WHORL_BLUR = 0.2  # of the same way, from the whorl, over which strands set in: drawn up to it they were a star
_WANDER = 14.0  # columns by which strands leave the straight line


@functools.lru_cache(maxsize=4)  # the same for every photo
def _whorl_coordinates(body: BodyModel, size: int) -> tuple[Tensor, Tensor]:
    """S×S×2 in [-1, 1], around the whorl's axis and away from it; S×S×6, positions and normals on the mean body."""
    rest = body.rest(body.mean_shape())
    texels = texel_map(body.layout, size)
    surface = torch.cat([rest.vertices, vertex_normals(rest.vertices, body.faces)], 1)
    drawn = interpolate(texels, body.faces, surface)[0].permute(1, 2, 0)
    position = drawn[..., :3]
    scalp = anatomy(body).regions(size) == Region.SCALP
    points = position[scalp]
    centre = (points.amin(0) + points.amax(0)) / 2
    tilt = math.radians(_WHORL)
    up = torch.tensor([0.0, math.cos(tilt), -math.sin(tilt)])
    ahead = torch.tensor([0.0, math.sin(tilt), math.cos(tilt)])
    towards = functional.normalize(position - centre, dim=-1)
    around = torch.atan2(towards[..., 0], towards @ ahead) / math.pi
    away = torch.acos((towards @ up).clamp(-1, 1)) / math.pi * 2 - 1
    return torch.stack([around, away], -1), drawn


def draw_scalp_strands(body: BodyModel, size: int, curl: float, seed: int = 0) -> Tensor:
    """S×S, mean 0 and deviation 1 on the scalp: how much lighter or darker each texel is than the hair around.

    Args:
        curl: 0 straight, 1 curls; up to `CURLY` strands run straight.
    """
    coordinates, surface = _whorl_coordinates(body, size)
    scalp = anatomy(body).regions(size) == Region.SCALP
    straight = functional.grid_sample(
        _strand_map(seed)[None, None], coordinates[None], padding_mode="border", align_corners=False
    )[0, 0]
    total = (straight - straight[scalp].mean()) / straight[scalp].std()
    if curl > CURLY:
        curls = draw_curls(surface[scalp][:, :3], surface[scalp][:, 3:], seed)
        total = total.index_put(scalp.nonzero(as_tuple=True), torch.lerp(total[scalp], curls, curl))
    return total / total[scalp].std()


def draw_scalp_sheen(body: BodyModel, size: int) -> Tensor:
    """S×S: deviations by which strands on the scalp are lighter or darker as they turn to the light; 0 on average."""
    scalp = anatomy(body).regions(size) == Region.SCALP
    return spread_sheen(_whorl_coordinates(body, size)[1][scalp][:, 3:], scalp)


@functools.lru_cache(maxsize=2)
def _strand_map(seed: int) -> Tensor:
    """Rows from the whorl outwards, columns around: strands of several widths."""
    random = np.random.default_rng(seed)
    rows, columns = _MAP
    total = np.zeros(_MAP)
    for width, share in _WIDTHS:
        layer = blur_plane(random.standard_normal(_MAP), (_LENGTH * rows, width), mode="wrap")
        total += share * layer / layer.std()
    total /= total.std(1, keepdims=True)  # blurred along so far, strands of the first and last rows are stronger
    away = np.clip((np.arange(rows)[:, None] + 0.5) / (_WHORL_BLUR * rows), 0, 1)
    total *= smoothstep(away)
    wander = blur_plane(random.standard_normal(_MAP), (0.06 * rows, 0.03 * columns), mode="wrap")
    shift = (wander / wander.std() * _WANDER).round().astype(int)
    column = (np.arange(columns) + shift) % columns
    return torch.from_numpy(np.take_along_axis(total, column, 1)).float()
