"""A coat or a dress that goes on from the body's surface to a sheet has one tone, behind as in front.

Body and sheet are completed apart, each from what was seen of it: a coat's hem that was seen in the sun alone would be
paler all around than its back. Where in front no border shows between the two, the unseen part of the sheet takes the
tone of what lies above it.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import cKDTree
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from bodydouble.body import BodyModel
from bodydouble.geometry.distance import distance_to
from bodydouble.geometry.lengths import measure_lengths
from bodydouble.geometry.uv import enlarge, resize_nearest
from bodydouble.parsing.labels import CLOTH
from bodydouble.raster.shade import interpolate
from bodydouble.surface.graph import mean_surface_graph
from bodydouble.surface.regions import Region
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import Surface, SurfaceKind, Texture

_SIZE = 256  # texels a side at which tones are compared
_BAND = 8  # rows at the sheet's top, of that size
_ABOVE_M = 0.05  # above the sheet's top, where its cloth is looked for on the body
_NEAR_M, _NEAREST = 0.06, 12  # metres around there, and how many of the body's texels at most, that tell its colour
_HIDDEN_M = 0.01  # above its top, up to where a sheet hides the body and what is drawn at its edge
_LEAST = 0.04  # of the columns, that must be seen of both to compare them
_ONE_CLOTH = 0.16  # distance of these columns' mean colours up to which no border shows
_DARK = 0.1  # that is added to colours before they are divided
MOST = 0.4  # logarithm of the gain, 1.5 times, beyond which what lies above is another cloth
_SIGMA = 0.03  # of the way around, of the smoothing of tones
_FADE = 0.06  # of the texture's side, from what was seen, over which the gain begins
_UNLIKE = (0.15, 0.3)  # distance from a column's colour at its top from which on less of the gain is due, and none


def match_tone(texture: Texture, sheet: Surface, skin: Surface, seen_skin: Texture, body: BodyModel) -> Texture:
    """The texture of a sheet, its unseen texels in the tone of the cloth above it; as it is where that is another.

    Args:
        texture: of the sheet, completed.
        sheet: as it was seen: a skirt or a coat.
        skin: the body, completed, with labels.
        seen_skin: the body's texture as it was seen.
    """
    if sheet.kind not in (SurfaceKind.SKIRT, SurfaceKind.COAT) or skin.texture.labels is None:
        return texture
    shown = sheet.texture.confidence > 0
    above = _measure_above(sheet, skin, seen_skin, body)
    if above is None:
        return texture
    tone, observed, label = above
    top = resize_nearest(shown[None].float(), _SIZE)[0, :_BAND] > 0
    tops = _shrink(texture.rgb)[:, :_BAND].mean(1).T
    comparable = (top.float().mean(0) > 0.5) & observed & tone.isfinite().all(1)
    if int(comparable.sum()) < _LEAST * _SIZE or float((tone - tops)[comparable].mean(0).norm()) > _ONE_CLOTH:
        return texture
    # Behind, another garment may lie above: a jacket that is open over a dress.
    tone = torch.where((label == label[comparable].mode().values)[:, None], tone, torch.nan)
    gain = _smooth_gain(tone, tops, ~top.any(0))
    if gain is None:
        return texture
    side = shown.shape[-1]
    distance = distance_to(shown)
    gain, tops = (enlarge(each.T[:, None].expand(3, _SIZE, _SIZE), side) for each in (gain, tops))
    low, high = _UNLIKE
    alike = ((high - measure_lengths(texture.rgb - tops, 0)) / (high - low)).clamp(0, 1)
    level = gain * alike * (distance / (_FADE * side)).clamp(0, 1)
    return tone_unseen(texture, shown, level)


def measure_gain(wanted: Tensor, shown: Tensor) -> Tensor:
    """Logarithms of the gain that makes the wanted colours of those that are shown, each of their shape."""
    return ((wanted + _DARK) / (shown + _DARK)).log()


def tone_unseen(texture: Texture, seen: Tensor, gain: Tensor) -> Texture:
    """The texture, whose unseen texels have a gain, 3×S×S logarithms as `measure_gain` has them."""
    toned = ((texture.rgb + _DARK) * gain.exp() - _DARK).clamp(0, 1)
    return replace(texture, rgb=torch.where(seen, texture.rgb, toned))


def _measure_above(
    sheet: Surface, skin: Surface, seen_skin: Texture, body: BodyModel
) -> tuple[Tensor, Tensor, Tensor] | None:
    """Of each of A columns of a sheet what lies above it: A×3 colours, NaN where nothing does; whether they were seen,
    (A,) bool; and the label of the nearest texel there, (A,) int64. None where hardly any cloth lies on the body.
    """
    assert skin.texture.labels is not None
    texels = mean_surface_graph(body, _SIZE).surface
    places = texels.take(interpolate(texel_map(body.layout, _SIZE), body.faces, skin.vertices)[0])
    planes = torch.stack([skin.texture.labels.float(), (seen_skin.confidence > 0).float()])
    labels, observed = texels.take(resize_nearest(planes, _SIZE)).T
    cloth = (texels.region == Region.BODY) & ~texels.arm & torch.isin(labels.long(), torch.tensor(CLOTH))
    if int(cloth.sum()) < _NEAREST:
        return None
    rgb = texels.take(_shrink(skin.texture.rgb))[cloth]
    first = interpolate(texel_map(sheet.layout, _SIZE), sheet.faces, sheet.vertices)[0][:, 0].T
    raised = first + torch.tensor([0.0, _ABOVE_M, 0.0])
    distance, nearest = cKDTree(places[cloth].numpy()).query(raised.numpy(), _NEAREST)
    index = torch.from_numpy(nearest)
    near = torch.from_numpy(distance < _NEAR_M) & (places[cloth][index][..., 1] > first[:, None, 1] + _HIDDEN_M)
    weight = near.float() / near.sum(1, keepdim=True)  # NaN where none lies near
    seen = (observed[cloth][index] * near).sum(1) > 0.5 * near.sum(1)
    return (rgb[index] * weight[..., None]).sum(1), seen & near.any(1), labels[cloth][index[:, 0]].long()


def _smooth_gain(tone: Tensor, tops: Tensor, unseen: Tensor) -> Tensor | None:
    """A×3: logarithms of the gain from what is to what it should be, smooth around; None where too little is told."""
    wanted = measure_gain(tone, tops)
    weight = (unseen & (wanted.abs().amax(1) < MOST)).double()
    if float(weight.sum()) < _LEAST * len(weight):
        return None
    wanted = torch.where(weight[:, None] > 0, wanted, 0)
    planes = torch.cat([wanted * weight[:, None], weight[:, None]], 1).numpy()
    smooth = torch.from_numpy(gaussian_filter1d(planes, _SIGMA * len(weight), axis=0, mode="wrap")).float()
    return smooth[:, :3] / smooth[:, 3:].clamp_min(1e-3)


def _shrink(rgb: Tensor) -> Tensor:
    """3×S×S to `_SIZE`."""
    return adaptive_avg_pool2d(rgb[None], _SIZE)[0]
