"""How near and how far a mesh reaches at each pixel."""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.raster import surface_tracer


def depth_range(clip_vertices: Tensor, faces: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """H×W each, metres: the least and the greatest depth; inf and -inf where nothing is.

    Args:
        clip_vertices: V×4, see `geometry.camera.clip_from_world`.
        faces: F×3, int64.
        size: (height, width) in pixels.
    """
    hits = surface_tracer()(clip_vertices[None], faces, size)
    empty = torch.full((size[0] * size[1],), torch.inf)
    near = empty.scatter_reduce(0, hits.pixel, hits.depth, "amin")
    far = (-empty).scatter_reduce(0, hits.pixel, hits.depth, "amax")
    return near.view(size), far.view(size)
