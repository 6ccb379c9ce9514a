"""Where hair thins out above the nape: there a head has no edge."""

from __future__ import annotations

import functools

from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.raster.shade import interpolate
from bodydouble.surface.regions import EAR, height_above_hairline
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import FACE_LANDMARKS

_LOWEST_M = 0.041  # above the hairline: a little above where the head's texels end behind
_THIN_M = 0.02  # above that, over which hair thins out
_BEHIND_M = (0.03, 0.055)  # behind the ear's landmark, between which a nape begins: over the ear hair is full


@functools.lru_cache(maxsize=4)  # the same for every photo
def nape_thinness(body: BodyModel, size: int) -> Tensor:
    """S×S in [0, 1]: 1 where the head ends at the nape and below, 0 where hair is full and on the rest of the head."""
    rest = body.rest(body.mean_shape())
    height = height_above_hairline(rest, body, around_ears=False)
    ear = body.landmarks.points(rest.vertices)[FACE_LANDMARKS][EAR, 2]
    first, full = _BEHIND_M
    behind = ((ear - rest.vertices[:, 2] - first) / (full - first)).clamp(0, 1)
    thin = (1 - (height - _LOWEST_M) / _THIN_M).clamp(0, 1) * behind
    return interpolate(texel_map(body.layout, size), body.faces, thin[:, None])[0, 0]
