"""The compiled rasteriser against the one that it must equal, and where it may keep what it compiles."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from bodydouble import raster
from bodydouble.geometry.camera import clip_from_world, orbit_camera
from bodydouble.raster import torch as torch_raster

compiled = pytest.importorskip("bodydouble.raster.compiled", exc_type=ImportError)

SIZES = [(40, 56), (131, 77), (1, 1)]


def soup(seed: int, nearest: float) -> tuple[Tensor, Tensor]:
    """2×180×4 clip vertices and 60×3 faces of random triangles, some through or behind the camera's plane."""
    generator = torch.Generator().manual_seed(seed)
    points = torch.randn(2, 180, 2, generator=generator) * 1.5
    w = nearest + 4 * torch.rand(2, 180, 1, generator=generator)
    return torch.cat([points, w, w], -1), torch.arange(180).view(60, 3)


def check_equal(vertices: Tensor, faces: Tensor, size: tuple[int, int]) -> None:
    """Both rasterisers, both ways, to the last bit."""
    for name in ("rasterise", "all_surfaces"):
        ours, theirs = (getattr(module, name)(vertices, faces, size) for module in (compiled, torch_raster))
        for field in vars(ours):
            assert torch.equal(getattr(ours, field), getattr(theirs, field)), (name, field)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("nearest", [0.5, 0.005, -0.01, -2.0])
@pytest.mark.parametrize("seed", range(4))
def test_every_bit_is_that_of_the_torch_rasteriser(seed: int, nearest: float, size: tuple[int, int]) -> None:
    check_equal(*soup(seed, nearest), size)


def test_numbers_that_are_none_change_no_bit_either() -> None:
    vertices, faces = soup(1, 0.5)
    vertices[0, 5], vertices[0, 9, 0], vertices[0, 12, 3] = torch.nan, torch.inf, 0.0
    vertices[0, 13], vertices[1, 20] = 0.0, 1e30
    check_equal(vertices, faces, SIZES[0])


@pytest.mark.parametrize("azimuth", [0.0, 37.0, 180.0])
def test_a_body_is_the_same_to_the_last_bit(anny, azimuth: float) -> None:  # type: ignore[no-untyped-def]
    rest = anny.rest(anny.mean_shape())
    camera = orbit_camera(azimuth, 10.0, torch.tensor([0.0, 0.9, 0.0]), 4.0, 500.0, (256, 192))
    check_equal(clip_from_world(rest.vertices, camera)[None], anny.faces, camera.size)


def test_more_surfaces_than_there_was_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_HITS_A_PIXEL", 0)
    check_equal(*soup(2, 0.5), SIZES[0])


def test_double_precision_is_left_to_the_torch_rasteriser() -> None:
    vertices, faces = soup(0, 0.5)
    seen = compiled.rasterise(vertices.double(), faces, SIZES[0])
    assert seen.depth.dtype == seen.barycentric.dtype == torch.float64


def test_it_is_the_one_that_is_chosen() -> None:
    assert raster.rasteriser() is compiled.rasterise and raster.surface_tracer() is compiled.all_surfaces


def fastest(**environment: str) -> str:
    """What a new process chooses."""
    code = "from bodydouble import raster; print(raster.rasteriser().__module__)"
    run = [sys.executable, "-c", code]
    return subprocess.check_output(run, env={**os.environ, **environment}, text=True).strip()


def test_machine_code_is_kept_in_the_cache_folder(tmp_path: Path) -> None:
    assert fastest(XDG_CACHE_HOME=str(tmp_path)) == "bodydouble.raster.compiled"
    kept = sorted(tmp_path.glob("bodydouble/numba/**/*.nbc"))
    assert len(kept) == 2
    before = [path.stat().st_mtime_ns for path in kept]
    assert fastest(XDG_CACHE_HOME=str(tmp_path)) == "bodydouble.raster.compiled"
    assert [path.stat().st_mtime_ns for path in kept] == before
