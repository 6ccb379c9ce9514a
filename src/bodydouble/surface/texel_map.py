"""Which point of the body's surface each texel shows."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from torch import Tensor

from bodydouble import raster
from bodydouble.geometry.uv import clip_from_uv
from bodydouble.raster import Fragments
from bodydouble.values import UvLayout


@dataclass(frozen=True, eq=False)
class TexelSet:
    """N of the texels of a size×size texture."""

    size: int
    row: Tensor  # (N,), int64
    column: Tensor  # (N,), int64

    def __len__(self) -> int:
        return len(self.row)

    def take(self, image: Tensor) -> Tensor:
        """C×S×S to N×C, or S×S to (N,)."""
        values = image[..., self.row, self.column]
        return values.T if image.dim() == 3 else values

    def put(self, values: Tensor) -> Tensor:
        """N×C to C×S×S; 0 elsewhere."""
        image = values.new_zeros(values.shape[1], self.size, self.size)
        image[:, self.row, self.column] = values.T
        return image


@functools.lru_cache(maxsize=4)  # the same for every photo; about 30 MB each at 1024²
def texel_map(layout: UvLayout, size: int) -> Fragments:
    """The texture square drawn by the rasteriser: each texel's face and place on it, as 1×S×S `Fragments`.

    `raster.shade.interpolate` with it carries what vertices have (positions, normals) to texels. -1 between charts.
    """
    clip = clip_from_uv(layout.uv)[None]
    return raster.rasteriser()(clip, layout.faces, (size, size))
