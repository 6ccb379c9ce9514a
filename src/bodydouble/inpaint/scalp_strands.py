"""Strands of hair on the scalp: they run from the whorl at the back of the crown outwards, or curl.

Noise in space is averaged along the way that hair grows (line integral convolution, as in `curls`). So strands are as
wide above the ear as at the crown, and as long as hair is: cropped hair is of strokes of two centimetres that lie a
little askew, hair that is tied or falls runs on from the brow to the nape.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.geometry.smoothstep import smoothstep
from bodydouble.inpaint.curls import CURLY, sample_strands, sample_tufts
from bodydouble.inpaint.nape import nape_texels
from bodydouble.inpaint.sheen import spread_sheen
from bodydouble.raster.shade import interpolate
from bodydouble.surface.regions import Region, anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import StyleEstimate, style_chance

_WHORL = 35.0  # degrees behind the top of the head, where hair starts
_SWIRL, _SWIRL_REACH = math.radians(50), 0.35  # by which strands turn aside at the whorl, and radians over which
_WHORL_BLUR = 0.25  # radians from the whorl, over which strands set in: drawn up to it they were a star
# By how much finer strands are drawn than their noise's grid, and the share of each: hairs, and what sticks together.
_WIDTHS = ((1.0, 1.0), (0.45, 0.8))
# Of strands' deviation: clumps that stand up are lighter; and the size of tufts against theirs, 2 cm.
_CLUMP_SHADE, _CLUMP_SCALE = 0.45, 0.45
_STEP_M = 0.0015  # along the finest strand, between the points whose noise is averaged
# Radians by which strands leave their way, and the size of tufts against that of the bends.
_WANDER, _WANDER_SCALE = 0.03, 0.3


class _Cut(NamedTuple):
    """How hair lies."""

    reach_m: float  # to each side of a texel, along which its strand is the same
    askew: float  # radians, deviation of strands from the way from the whorl; long ones cannot cross
    fineness: float = 1.0  # of strands, against a strand's width
    tufts: float = 1.0  # size of tufts' noise against that of tufts; more is smaller


# By eye, beside photographs of five heads from behind: longer strands were stripes around a helmet. Curls close to the
# head are short strokes every way: turned around tufts, as on sheets, they were marble.
_SHORT, _LONG, _CURLED = _Cut(0.012, math.radians(16)), _Cut(0.05, 0.0), _Cut(0.005, 1.6, 0.75, 1.5)


class _Scalp(NamedTuple):
    """The head's K texels on the mean body."""

    covered: Tensor  # S×S, bool
    points: Tensor  # K×3, metres
    normals: Tensor  # K×3, of any length
    outward: Tensor  # K×3, unit, from the middle of the head
    radius: float  # metres, the mean distance from there
    polar: Tensor  # (K,) radians from the whorl


def is_cropped(style: StyleEstimate | None) -> bool:
    """Whether hair is short and loose, as far as the style tells: it is neither long nor gathered behind the head."""
    return max(style_chance(style, "hair", "long"), style_chance(style, "tied", "yes")) < 0.5


def draw_scalp_strands(body: BodyModel, size: int, curl: float, seed: int = 0, cropped: bool = True) -> Tensor:
    """S×S, mean 0 and deviation 1 on the scalp: how much lighter or darker each texel is than the hair around.

    Args:
        curl: 0 straight, 1 curls; up to `CURLY` strands run straight.
        cropped: hair is short; else strands run on over the head.
    """
    scalp = anatomy(body).regions(size) == Region.SCALP
    total = _draw_strokes(body, size, seed, _SHORT if cropped else _LONG)
    if curl > CURLY:
        total = torch.lerp(total, _draw_strokes(body, size, seed, _CURLED), curl)
    return (total - total[scalp].mean()) / total[scalp].std()


def draw_scalp_sheen(body: BodyModel, size: int) -> Tensor:
    """S×S: deviations by which hair is lighter or darker as it turns to the light; 0 on the scalp's average."""
    scalp, surface = anatomy(body).regions(size) == Region.SCALP, _find_scalp(body, size)
    sheen = spread_sheen(surface.normals, surface.covered)
    return torch.where(surface.covered, sheen - sheen[scalp].mean(), 0.0)


@functools.lru_cache(maxsize=4)  # the same for every photo
def _draw_strokes(body: BodyModel, size: int, seed: int, cut: _Cut) -> Tensor:
    """S×S, deviation 1 on the head, 0 elsewhere: strands of hair that is cut so."""
    surface = _find_scalp(body, size)
    wander = _WANDER * sample_tufts(_WANDER_SCALE * surface.points, seed)[:, None]
    aside = torch.linalg.cross(surface.outward, _grow(surface.outward))
    outward = functional.normalize(surface.outward + wander * aside, dim=1)
    growth, tufts = _grow(outward), sample_tufts(cut.tufts * surface.points, seed)
    angle = (cut.askew * tufts + _SWIRL * torch.exp(-((surface.polar / _SWIRL_REACH) ** 2)))[:, None]
    along = growth * angle.cos() + torch.linalg.cross(outward, growth) * angle.sin()
    total = torch.zeros(len(outward))
    for fineness, share in _WIDTHS:
        layer = _average_along(outward, along, surface.radius, cut.reach_m, cut.fineness * fineness, seed)
        total += share * layer / layer.std()
    total = total / total.std() + _CLUMP_SHADE * sample_tufts(_CLUMP_SCALE * surface.points, seed)
    total *= smoothstep((surface.polar / _WHORL_BLUR).clamp(0, 1))
    drawn = torch.zeros(surface.covered.shape)
    drawn[surface.covered] = total / total.std()
    return drawn


def _average_along(outward: Tensor, along: Tensor, radius: float, reach_m: float, fineness: float, seed: int) -> Tensor:
    """(K,) means of noise along great circles of a sphere: through points, K×3 unit, along directions there."""
    steps = max(1, round(fineness * reach_m / _STEP_M))
    total = torch.zeros(len(outward))
    for step in range(-steps, steps + 1):
        turn = step / steps * reach_m / radius
        total += sample_strands(fineness * radius * (outward * math.cos(turn) + along * math.sin(turn)), seed)
    return total / (2 * steps + 1)


def _whorl_axis() -> Tensor:
    """(3,), unit: from the middle of the head to the whorl."""
    tilt = math.radians(_WHORL)
    return torch.tensor([0.0, math.cos(tilt), -math.sin(tilt)])


def _grow(outward: Tensor) -> Tensor:
    """K×3, unit, at right angles to unit vectors, K×3: the way that hair grows there, away from the whorl."""
    whorl = _whorl_axis()
    return functional.normalize((outward @ whorl)[:, None] * outward - whorl, dim=1)


@functools.lru_cache(maxsize=4)
def _find_scalp(body: BodyModel, size: int) -> _Scalp:
    """Texels on which hair may grow: scalp, face, nape, and ears' folds."""
    rest, region = body.rest(body.mean_shape()), anatomy(body).regions(size)
    on_head = torch.tensor([int(Region.SCALP), int(Region.FACE), int(Region.INSIDE)])
    covered = torch.isin(region, on_head) | nape_texels(body, size)
    values = torch.cat([rest.vertices, vertex_normals(rest.vertices, body.faces)], 1)
    drawn = interpolate(texel_map(body.layout, size), body.faces, values)[0]
    scalp = drawn[:3, region == Region.SCALP].T
    points, normals = drawn[:, covered].T.split(3, 1)
    away = points - (scalp.amin(0) + scalp.amax(0)) / 2
    outward = functional.normalize(away, dim=1)
    polar = (outward @ _whorl_axis()).clamp(-1, 1).acos()
    return _Scalp(covered, points, normals, outward, float(away.norm(dim=1).mean()), polar)
