"""The rasteriser's contract: which face covers each pixel, where on it, and how far away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from bodydouble import plugins


@dataclass(frozen=True)
class Fragments:
    """What a rasteriser saw at each pixel centre."""

    face: Tensor  # B×H×W, int64, row of `faces`; -1 where nothing is
    barycentric: Tensor  # B×H×W×3, perspective-correct, sums to 1 where a face is hit, 0 elsewhere
    depth: Tensor  # B×H×W, metres along the optical axis (the clip coordinate w); inf where nothing is


class Rasteriser(Protocol):
    """Draws triangles. Both sides of a face are drawn; the nearest wins; equal depth goes to the lower face index."""

    def __call__(self, clip_vertices: Tensor, faces: Tensor, size: tuple[int, int]) -> Fragments:
        """Rasterise B×V×4 clip vertices (see `geometry.camera.clip_from_world`) with F×3 faces at (height, width)."""
        ...


RASTERISERS = {"torch": "bodydouble.raster.torch:rasterise"}


def rasteriser(name: str = "torch") -> Rasteriser:
    """The rasteriser of that name, or of "module:attribute"."""
    return plugins.resolve(name, RASTERISERS, "rasteriser")
