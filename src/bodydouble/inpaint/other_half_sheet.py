"""What the photo hides of one half of a skirt or a coat is what it shows of the other, as on the body beneath."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor
from torch.nn import functional

from bodydouble.inpaint.detail import feather
from bodydouble.inpaint.other_half import WELL, is_turned
from bodydouble.raster.shade import interpolate
from bodydouble.surface.texel_map import texel_map
from bodydouble.texture.scatter import erode
from bodydouble.values import Surface, Texture

_ASKED, _NEAR = 8, 2  # texels from one whose twin is sought to the next, and from one that may be a twin to the next
_FARTHEST_M = 0.06  # from the mirrored place, beyond which a sheet that hangs askew has no twin of it
_RIM = 7  # texels, side of the square by which what was seen is eroded: at its rim colours are mixed


def show_other_half_of_sheet(surface: Surface, own: Tensor) -> Texture:
    """A sheet's partial texture in which hidden texels show what the mirrored place of the sheet does.

    Args:
        surface: a sheet of rings whose columns go around, at rest.
        own: S×S, bool, seen texels that are the sheet's own.
    """
    texture = surface.texture
    seen = texture.confidence > 0
    source = erode((seen & own & (texture.confidence > WELL)).float(), _RIM) > 0
    point = interpolate(texel_map(surface.layout, len(seen)), surface.faces, surface.vertices)[0]
    if not is_turned(source & (point[0] > 0), source & (point[0] < 0)):
        return texture
    place = _find_twins(point)
    planes = torch.cat([texture.rgb, texture.confidence[None], source[None].float()])
    mirrored = functional.grid_sample(planes[None], place[None], align_corners=False)[0]
    taken = (mirrored[4] > 0.99) & ~seen
    rgb = feather(mirrored[:3], texture.rgb, seen).clamp(0, 1)
    return replace(
        texture,
        rgb=torch.where(taken, rgb, texture.rgb),
        confidence=torch.where(taken, mirrored[3], texture.confidence),
    )


def _find_twins(point: Tensor) -> Tensor:
    """S×S×2 in [-1, 1], x and y: where the texture shows the mirrored place of each texel; 2 where it does nowhere.

    Args:
        point: 3×S×S, metres, of each texel.
    """
    size, places = point.shape[-1], point.permute(1, 2, 0).numpy()
    near, asked = (places[step // 2 :: step, step // 2 :: step] for step in (_NEAR, _ASKED))
    mirror = asked.reshape(-1, 3) * np.array([-1, 1, 1], np.float32)
    distance, nearest = cKDTree(near.reshape(-1, 3)).query(mirror)
    row, column = np.divmod(nearest, near.shape[1])
    down, around = (2 * (index * _NEAR + _NEAR // 2 + 0.5) / size for index in (row, column))
    turn = np.pi * around  # so that nothing is averaged over the seam
    values = np.stack([np.sin(turn), np.cos(turn), down - 1, distance > _FARTHEST_M])
    coarse = torch.from_numpy(values.reshape(4, *asked.shape[:2])).float()
    sine, cosine, y, far = functional.interpolate(coarse[None], (size, size), mode="bilinear")[0]
    x = torch.atan2(sine, cosine) / np.pi % 2 - 1
    place = torch.stack([x, y], -1)
    return torch.where(far[..., None] > 0, 2.0, place)
