"""The rasteriser's contract: which face covers each pixel, where on it, and how far away."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

from torch import Tensor

from bodydouble import plugins

NEAR_M = 1e-2  # metres; nothing nearer to the camera's plane is drawn


@dataclass(frozen=True)
class Fragments:
    """What a rasteriser saw at each pixel centre."""

    face: Tensor  # B×H×W, int64, row of `faces`; -1 where nothing is
    barycentric: Tensor  # B×H×W×3, perspective-correct, sums to 1 where a face is hit, 0 elsewhere
    depth: Tensor  # B×H×W, metres along the optical axis (the clip coordinate w); inf where nothing is


@dataclass(frozen=True)
class SurfaceHits:
    """Points where rays through pixel centres meet triangles, those behind others included; n of them.

    They stand by image, then by face, then by pixel.
    """

    image: Tensor  # (n,), int64, row of the batch
    pixel: Tensor  # (n,), int64, row × width + column
    face: Tensor  # (n,), int64, row of `faces`
    barycentric: Tensor  # n×3, perspective-correct
    depth: Tensor  # (n,), metres along the optical axis


class Rasteriser(Protocol):
    """Draws triangles. Both sides of a face are drawn; the nearest wins; equal depth goes to the lower face index."""

    def __call__(self, clip_vertices: Tensor, faces: Tensor, size: tuple[int, int]) -> Fragments:
        """Rasterise B×V×4 clip vertices (see `geometry.camera.clip_from_world`) with F×3 faces at (height, width)."""
        ...


class SurfaceTracer(Protocol):
    """Finds every surface at every pixel, not only the nearest: what drawing see-through layers needs."""

    def __call__(self, clip_vertices: Tensor, faces: Tensor, size: tuple[int, int]) -> SurfaceHits:
        """Trace B×V×4 clip vertices (see `geometry.camera.clip_from_world`) with F×3 faces at (height, width)."""
        ...


RASTERISERS = {"numba": "bodydouble.raster.compiled:rasterise", "torch": "bodydouble.raster.torch:rasterise"}
TRACERS = {"numba": "bodydouble.raster.compiled:all_surfaces", "torch": "bodydouble.raster.torch:all_surfaces"}


def rasteriser(name: str = "auto") -> Rasteriser:
    """The rasteriser of that name, or of "module:attribute"; "auto" is the fastest that is installed."""
    return plugins.resolve(_fastest() if name == "auto" else name, RASTERISERS, "rasteriser")


def surface_tracer(name: str = "auto") -> SurfaceTracer:
    """The tracer of that name, or of "module:attribute"; "auto" is the fastest that is installed."""
    return plugins.resolve(_fastest() if name == "auto" else name, TRACERS, "surface tracer")


@functools.cache
def _fastest() -> str:
    """The name of the compiled one, where numba is installed and has a folder for what it compiles."""
    if find_spec("numba") is None:
        return "torch"
    try:
        import_module(RASTERISERS["numba"].partition(":")[0])
    except ImportError:  # a numba for another NumPy; no folder that can be written to
        return "torch"
    return "numba"
