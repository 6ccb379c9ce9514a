"""The hidden eye of a turned face is the other one, not turned over: both look the same way."""

from __future__ import annotations

import functools
from dataclasses import replace

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.raster.shade import interpolate
from bodydouble.surface.regions import Region, anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import Texture

_LESS = 0.5  # of the texels that were seen of one eye, below which the other one is hidden; ahead, both are alike


def show_other_eye(partial: Texture, body: BodyModel) -> Texture:
    """A partial texture in which an eye that was hardly seen shows the other one, where nothing was seen of itself.

    It has that one's confidence there. Two eyes that were seen stay as they are.
    """
    size = partial.rgb.shape[-1]
    left, right = pair_eyes(body, size)
    confidence, rgb = partial.confidence.flatten().clone(), partial.rgb.flatten(1).clone()
    counts = [int((confidence[texels] > 0).sum()) for texels in (left[:, 0], right[:, 0])]
    if min(counts) >= _LESS * max(counts):
        return partial
    eye, other = (left if counts[0] < counts[1] else right).T
    taken = (confidence[eye] == 0) & (confidence[other] > 0)
    rgb[:, eye[taken]] = rgb[:, other[taken]]
    confidence[eye[taken]] = confidence[other[taken]]
    return replace(partial, rgb=rgb.view_as(partial.rgb), confidence=confidence.view_as(partial.confidence))


@functools.lru_cache(maxsize=2)  # the same for every photo
def pair_eyes(body: BodyModel, size: int) -> tuple[Tensor, Tensor]:
    """L×2 and R×2, int64, rows of the flattened texture: texels of each eye, and of the same place on the other one."""
    texels, rest = texel_map(body.layout, size), body.rest(body.mean_shape())
    point = interpolate(texels, body.faces, rest.vertices)[0].flatten(1).T
    of_eye = ((texels.face[0] >= 0) & (anatomy(body).regions(size) == Region.EYE)).flatten().nonzero()[:, 0]
    sides = [of_eye[point[of_eye, 0] > 0], of_eye[point[of_eye, 0] <= 0]]
    places = [point[side] - point[side].mean(0) for side in sides]
    first, second = (
        torch.from_numpy(cKDTree(places[1 - one].numpy()).query(places[one].numpy())[1]).long() for one in (0, 1)
    )
    return torch.stack([sides[0], sides[1][first]], 1), torch.stack([sides[1], sides[0][second]], 1)
