"""Behind, a coat's sheet has the cloth of the back above it: no line where one ends, and nothing that lies in front.

A jacket's flaps show in the photo beside a shirt, a scarf's ends or a bag; a sheet that is quilted from all of it is a
patchwork behind. There the cloth of the trunk goes on downwards, turned over at the sheet's top as at a mirror, so that
colour and weave meet; where the photo shows one cloth, the sheet's takes over farther down.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.geometry.blur import blur_plane
from bodydouble.geometry.lengths import measure_lengths
from bodydouble.inpaint.trunk_cloth import (
    ALIKE,
    BACK,
    TrunkCloth,
    UnrolledSheet,
    gather_trunk,
    measure_colours,
    turn_over,
    unroll_sheet,
)
from bodydouble.parsing.labels import BACKGROUND
from bodydouble.values import Surface, SurfaceKind, Texture

_FLANK = (0.15, 0.18)  # of the way around: from here to there the trunk's cloth takes over
_SIGMA_M = 0.012  # of the blur, after which prints and weaves are one colour
_LEAST_ALIKE = 0.08  # share of a sheet's seen texels that have the trunk's colour, with fewer it is another garment
_MIXED = 0.3  # share that have it not, from which on a sheet shows several things
_VARIOUS, _TIMES = 0.08, 2.0  # mean distance of a patchwork's colours from their usual one, and times the trunk's
_FADE_M = (0.02, 0.12)  # below the top, from where on a sheet's cloth takes over, and from where on it is alone
_EDGE_M = 0.03  # from the sheet's seen cloth, over which the trunk's begins
_SOFT_M = 0.003  # the same from what else was seen


def carry_back_down(texture: Texture, sheet: Surface, skin: Surface, body: BodyModel) -> Texture:
    """The texture of a coat's sheet, its unseen texels of the cloth above; as it is where that is another garment.

    Of a skirt's, so are those at a top that hides it.

    Args:
        texture: S×S, of the sheet, completed, with labels where a top hides a skirt.
        sheet: as it was seen, the middle of its texture in front.
        skin: the body, completed, with labels.
    """
    hidden = _find_hidden(texture, sheet)
    above = _find_cloth_above(sheet, hidden, skin, body)
    if above is None:
        return texture
    unrolled, trunk, alike = above
    seen = sheet.texture.confidence > 0
    if sheet.kind == SurfaceKind.SKIRT:
        level = _fade_in(alike, _EDGE_M, unrolled.texel_m) * _weigh_flanks(len(seen)) * (hidden & ~seen)
        return replace(texture, rgb=torch.lerp(texture.rgb, turn_over(trunk, unrolled, len(seen)), level))
    several = float(alike[seen].float().mean()) < 1 - _MIXED or _is_patchwork(texture.rgb, seen, trunk) or trunk.printed
    level = _weigh_trunk(texture.rgb, seen, alike, several, trunk.usual, unrolled.texel_m)
    rgb = torch.lerp(texture.rgb, turn_over(trunk, unrolled, len(seen), None if several else texture.rgb), level)
    return replace(texture, rgb=torch.where(seen, texture.rgb, rgb))


def _find_hidden(texture: Texture, sheet: Surface) -> Tensor:
    """S×S, bool: what of a sheet is the trunk's garment: all of a coat, of a skirt what a top hides."""
    if sheet.kind == SurfaceKind.SKIRT and texture.labels is not None:
        return texture.labels != BACKGROUND
    return torch.full(texture.confidence.shape, sheet.kind == SurfaceKind.COAT)


def _find_cloth_above(
    sheet: Surface, hidden: Tensor, skin: Surface, body: BodyModel
) -> tuple[UnrolledSheet, TrunkCloth, Tensor] | None:
    """A sheet, the trunk's cloth above it, and S×S, bool, its seen texels of that; None of another garment.

    Args:
        hidden: S×S, bool, what of the sheet is the trunk's garment.
    """
    seen = (sheet.texture.confidence > 0) & hidden
    if skin.texture.labels is None or not bool(seen.any()):
        return None
    unrolled = unroll_sheet(sheet)
    trunk = gather_trunk(unrolled, skin, body)
    if trunk is None:
        return None
    alike = _find_alike(sheet.texture.rgb, seen, trunk.usual, unrolled)
    return None if float(alike[seen].float().mean()) < _LEAST_ALIKE else (unrolled, trunk, alike)


def _weigh_trunk(
    rgb: Tensor, seen: Tensor, alike: Tensor, several: bool, usual: Tensor, texel_m: tuple[float, float]
) -> Tensor:
    """S×S, [0, 1]: how much of the trunk's cloth a sheet gets: from its flanks on, and not right beside what was seen.

    Args:
        rgb: 3×S×S, of the sheet, completed.
        alike: S×S, bool, seen texels of the trunk's cloth.
        several: the sheet shows several things, of which none comes again.
        usual: (3,), the trunk's colour.
        texel_m: metres of a texel down and around.
    """
    size, (low, high) = len(seen), _FADE_M
    if several:
        level = torch.ones(size, size)
    else:
        depth = (torch.arange(size) + 0.5)[:, None] * texel_m[0]
        level = ((high - depth) / (high - low)).clamp(0, 1).expand(size, size)
    unlike = (measure_lengths(rgb - usual[:, None, None], 0) / ALIKE - 0.5).clamp(0, 1) * several
    level = level * torch.maximum(_fade_in(alike, _EDGE_M, texel_m), unlike)
    others = seen & ~alike
    if bool(others.any()):
        level = level * _fade_in(others, _SOFT_M, texel_m)
    return level * _weigh_flanks(size)


def _fade_in(mask: Tensor, width_m: float, texel_m: tuple[float, float]) -> Tensor:
    """S×S, [0, 1]: 0 on a mask, S×S bool, which is somewhere, and 1 from that many metres beside it on."""
    away = torch.from_numpy(distance_transform_edt(~mask.numpy(), sampling=texel_m) / width_m)
    return away.float().clamp(0, 1)


def _weigh_flanks(size: int) -> Tensor:
    """(S,), [0, 1]: of each column, 0 in front."""
    first, last = _FLANK
    return ((_measure_around(size) - first) / (last - first)).clamp(0, 1)


def _measure_around(size: int) -> Tensor:
    """(S,): how far each column lies from the middle in front, as a share of the way around."""
    return ((torch.arange(size) + 0.5) / size - 0.5).abs()


def _find_alike(rgb: Tensor, seen: Tensor, usual: Tensor, sheet: UnrolledSheet) -> Tensor:
    """S×S, bool: seen texels of a sheet, 3×S×S, whose colour, without what is fine, is like the usual one, (3,)."""
    down, around = (_SIGMA_M / length for length in sheet.texel_m)
    sigma = down, around
    weight = blur_plane(seen.numpy(), sigma, mode="reflect").clip(1e-3)
    smooth = np.stack([blur_plane((plane * seen).numpy(), sigma, mode="reflect") / weight for plane in rgb])
    away = np.linalg.norm(smooth - usual.numpy()[:, None, None], axis=0)
    return seen & torch.from_numpy(away < ALIKE)


def _is_patchwork(rgb: Tensor, seen: Tensor, trunk: TrunkCloth) -> bool:
    """Whether a sheet's colours behind, 3×S×S, are far more various than those of the trunk above."""
    spread = measure_colours(rgb[:, ~seen & (_measure_around(len(seen)) > BACK)])[1]
    return spread > max(_VARIOUS, _TIMES * trunk.spread)
