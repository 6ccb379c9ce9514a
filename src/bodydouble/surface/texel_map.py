"""Which point of the body's surface each texel shows."""

from __future__ import annotations

import functools

from bodydouble import raster
from bodydouble.geometry.uv import clip_from_uv
from bodydouble.raster import Fragments
from bodydouble.values import UvLayout


@functools.lru_cache(maxsize=4)  # the same for every photo; about 30 MB each at 1024²
def texel_map(layout: UvLayout, size: int) -> Fragments:
    """The texture square drawn by the rasteriser: each texel's face and place on it, as 1×S×S `Fragments`.

    `raster.shade.interpolate` with it carries what vertices have (positions, normals) to texels. -1 between charts.
    """
    clip = clip_from_uv(layout.uv)[None]
    return raster.rasteriser()(clip, layout.faces, (size, size))
