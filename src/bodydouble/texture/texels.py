"""Which point of the body's surface each texel shows."""

from __future__ import annotations

import functools

import numpy as np
import torch
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from torch import Tensor

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


@functools.lru_cache(maxsize=4)
def chart_masks(layout: UvLayout, size: int) -> Tensor:
    """K×S×S, bool: the texels of each chart, the largest first; charts of less than a thousandth are left out."""
    corners, count = layout.faces.numpy(), len(layout.uv)
    first, second = corners.flatten(), corners[:, [1, 2, 0]].flatten()
    joined = coo_array((np.ones(len(first)), (first, second)), shape=(count, count))
    _, chart_of = connected_components(joined, directed=False)
    face = texel_map(layout, size).face[0]
    label = torch.where(face >= 0, torch.from_numpy(chart_of).long()[layout.faces[:, 0]][face.clamp_min(0)], -1)
    charts = [label == number for number in range(int(label.max()) + 1)]
    areas = [int(chart.sum()) for chart in charts]
    large = sorted(range(len(charts)), key=lambda number: -areas[number])
    return torch.stack([charts[number] for number in large if areas[number] >= size * size / 1000])
