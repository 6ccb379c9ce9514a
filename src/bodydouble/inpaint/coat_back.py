"""Behind, a coat's sheet has the cloth of the back above it: no line where one ends, and nothing that lies in front.

A jacket's flaps show in the photo beside a shirt, a scarf's ends or a bag; a sheet that is quilted from all of it is a
patchwork behind. There the cloth of the trunk goes on downwards, turned over at the sheet's top as at a mirror, so that
colour and weave meet; where the photo shows one cloth, the sheet's takes over farther down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from scipy.ndimage import distance_transform_edt, gaussian_filter
from scipy.spatial import cKDTree
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.geometry.uv import resize_nearest
from bodydouble.parsing.labels import DRESS, OUTER, UPPER
from bodydouble.raster.shade import interpolate
from bodydouble.surface.regions import Region, anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import Surface, SurfaceKind, Texture

_TOPS = (UPPER, DRESS, OUTER)
_BACK = 0.25  # of the way around from the middle in front, from which on the trunk's cloth is that behind
_FLANK = (0.15, 0.18)  # of the way around: from here to there the trunk's cloth takes over
_REACH_M = 0.25  # of the trunk above a sheet, that comes again below
_HIDDEN_M = 0.01  # above its top, up to where a sheet hides the body and what is drawn at its edge
_FEWEST = 0.002  # part of the texture that is cloth behind; less tells nothing
_ONE_LABEL = 0.7  # share of them, from which on it is one garment
_NEAREST = 4  # texels of the trunk that a colour is averaged from
_SIGMA_M = 0.012  # of the blur, after which prints and weaves are one colour
_ALIKE = 0.2  # distance of such a colour from that of the cloth behind
_LEAST_ALIKE = 0.08  # share of a sheet's seen texels that have it, with fewer it is another garment
_MIXED = 0.3  # share that have it not, from which on a sheet shows several things
_VARIOUS, _TIMES = 0.08, 2.0  # mean distance of a patchwork's colours from their usual one, and times the trunk's
_FADE_M = (0.02, 0.12)  # below the top, from where on a sheet's cloth takes over, and from where on it is alone
_EDGE_M = 0.03  # from the sheet's seen cloth, over which the trunk's begins
_SOFT_M = 0.003  # the same from what else was seen


def carry_back_down(texture: Texture, sheet: Surface, skin: Surface, body: BodyModel) -> Texture:
    """The texture of a coat's sheet, its unseen texels of the cloth above; as it is where that is another garment.

    Args:
        texture: S×S, of the sheet, completed.
        sheet: as it was seen, the middle of its texture in front.
        skin: the body, completed, with labels.
    """
    seen = sheet.texture.confidence > 0
    if sheet.kind != SurfaceKind.COAT or skin.texture.labels is None or not bool(seen.any()):
        return texture
    unrolled = _unroll_sheet(sheet)
    trunk = _gather_trunk(unrolled, skin, body)
    if trunk is None:
        return texture
    alike = _find_alike(sheet.texture.rgb, seen, trunk.usual, unrolled)
    share = float(alike[seen].float().mean())
    if share < _LEAST_ALIKE:
        return texture
    several = 1 - share > _MIXED or _is_patchwork(texture.rgb, seen, trunk)
    level = _weigh_trunk(texture.rgb, seen, alike, several, trunk.usual, unrolled.texel_m)
    rgb = torch.lerp(texture.rgb, _turn_over(trunk, unrolled, len(seen)), level)
    return replace(texture, rgb=torch.where(seen, texture.rgb, rgb))


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
    unlike = ((rgb - usual[:, None, None]).norm(dim=0) / _ALIKE - 0.5).clamp(0, 1) * several
    for mask, width in ((alike, _EDGE_M), (seen & ~alike, _SOFT_M)):
        if bool(mask.any()):
            away = torch.from_numpy(distance_transform_edt(~mask.numpy(), sampling=texel_m) / width)
            beside = away.float().clamp(0, 1)
            level = level * (torch.maximum(beside, unlike) if mask is alike else beside)
    first, last = _FLANK
    return level * ((_measure_around(size) - first) / (last - first)).clamp(0, 1)


def _measure_around(size: int) -> Tensor:
    """(S,): how far each column lies from the middle in front, as a share of the way around."""
    return ((torch.arange(size) + 0.5) / size - 0.5).abs()


@dataclass(frozen=True, kw_only=True)
class _Unrolled:
    """A sheet as a rectangle."""

    centre: Tensor  # (2,), metres: x and z of the axis that it goes around
    top: np.ndarray  # (S,), metres: of each column's first texel the height
    angle: np.ndarray  # (S,), radians around the axis
    radius: float  # metres
    length: float  # metres, downwards
    texel_m: tuple[float, float]  # metres of a texel down and around


@dataclass(frozen=True, kw_only=True)
class _TrunkCloth:
    """What lies above a sheet, N texels of it."""

    places: np.ndarray  # N×2, metres around and upwards
    rgb: Tensor  # N×3
    usual: Tensor  # (3,), of those behind
    spread: float  # mean distance of those from it


def _unroll_sheet(sheet: Surface) -> _Unrolled:
    size = sheet.texture.rgb.shape[-1]
    points = interpolate(texel_map(sheet.layout, size), sheet.faces, sheet.vertices)[0]
    first, last = points[:, 0], points[:, -1]
    centre = first[[0, 2]].mean(1)
    x, z = first[[0, 2]] - centre[:, None]
    radius = float((x.square() + z.square()).sqrt().mean())
    length = max(1e-3, float((first[1] - last[1]).mean()))
    return _Unrolled(
        centre=centre,
        top=first[1].numpy(),
        angle=torch.atan2(x, z).numpy(),
        radius=radius,
        length=length,
        texel_m=(length / size, 2 * np.pi * radius / size),
    )


def _gather_trunk(sheet: _Unrolled, skin: Surface, body: BodyModel) -> _TrunkCloth | None:
    """The trunk's cloth of the commonest label behind; None where there is hardly any, or of several labels."""
    assert skin.texture.labels is not None
    size = skin.texture.rgb.shape[-1]
    x, y, z = interpolate(texel_map(body.layout, size), body.faces, skin.vertices)[0]
    labels = resize_nearest(skin.texture.labels[None].float(), size)[0].long()
    x, z = x - sheet.centre[0], z - sheet.centre[1]
    angle = torch.atan2(x, z)
    order = np.argsort(sheet.angle)
    tops = np.interp(angle.numpy(), sheet.angle[order], sheet.top[order], period=2 * np.pi)
    above = y - torch.from_numpy(tops).float()
    cloth = torch.isin(labels, torch.tensor(_TOPS)) & (texel_map(body.layout, size).face[0] >= 0)
    cloth &= (anatomy(body).limbs(size) == 0) & (anatomy(body).regions(size) == Region.BODY)
    cloth &= (above > _HIDDEN_M) & (above < _HIDDEN_M + _REACH_M)
    behind = cloth & (angle.abs() > 2 * np.pi * _BACK)
    if float(behind.float().mean()) < _FEWEST:
        return None
    label = labels[behind].mode().values
    if float((labels[behind] == label).float().mean()) < _ONE_LABEL:
        return None
    cloth &= labels == label
    usual, spread = _measure_colours(skin.texture.rgb[:, behind & cloth])
    cloth &= behind | ((skin.texture.rgb - usual[:, None, None]).norm(dim=0) < _ALIKE)
    places = torch.stack([angle[cloth] * sheet.radius, above[cloth] - _HIDDEN_M], 1)
    return _TrunkCloth(places=places.numpy(), rgb=skin.texture.rgb[:, cloth].T, usual=usual, spread=spread)


def _find_alike(rgb: Tensor, seen: Tensor, usual: Tensor, sheet: _Unrolled) -> Tensor:
    """S×S, bool: seen texels of a sheet, 3×S×S, whose colour, without what is fine, is like the usual one, (3,)."""
    sigma = [_SIGMA_M / length for length in sheet.texel_m]
    weight = gaussian_filter(seen.double().numpy(), sigma).clip(1e-3)
    smooth = np.stack([gaussian_filter((plane * seen).double().numpy(), sigma) / weight for plane in rgb])
    away = np.linalg.norm(smooth - usual.numpy()[:, None, None], axis=0)
    return seen & torch.from_numpy(away < _ALIKE)


def _is_patchwork(rgb: Tensor, seen: Tensor, trunk: _TrunkCloth) -> bool:
    """Whether a sheet's colours behind, 3×S×S, are far more various than those of the trunk above."""
    spread = _measure_colours(rgb[:, ~seen & (_measure_around(len(seen)) > _BACK)])[1]
    return spread > max(_VARIOUS, _TIMES * trunk.spread)


def _measure_colours(colours: Tensor) -> tuple[Tensor, float]:
    """Of 3×N colours the usual one, (3,), and their mean distance from it; 0 where there are none."""
    if colours.shape[1] == 0:
        return torch.zeros(3), 0.0
    usual = colours.median(1).values
    return usual, float((colours - usual[:, None]).norm(dim=0).mean())


def _turn_over(trunk: _TrunkCloth, sheet: _Unrolled, size: int) -> Tensor:
    """3×S×S: the trunk's cloth at the same angle, as far above the sheet's top as a texel lies below it."""
    rows = max(8, round(size * sheet.length / (2 * np.pi * sheet.radius)))
    depth = (np.arange(rows) + 0.5) * sheet.length / rows
    height = _REACH_M - np.abs(depth % (2 * _REACH_M) - _REACH_M)  # down and up again in a long coat
    around, up = np.meshgrid(sheet.angle * sheet.radius, height)
    distance, nearest = cKDTree(trunk.places).query(np.stack([around, up], -1), _NEAREST)
    weight = 1 / (distance + 1e-4)
    weight /= weight.sum(-1, keepdims=True)
    flat = (trunk.rgb.numpy()[nearest] * weight[..., None]).sum(2).astype(np.float32)
    return torch.from_numpy(cv2.resize(flat, (size, size), interpolation=cv2.INTER_LINEAR)).permute(2, 0, 1)
