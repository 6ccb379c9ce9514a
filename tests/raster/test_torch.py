"""What is the built-in rasteriser's own: the contract's laws stand in tests/contracts."""

import pytest
import torch

from bodydouble import raster
from bodydouble.raster import torch as torch_raster

SIZE = (33, 47)


def scene(dtype: torch.dtype = torch.float32) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    vertices = torch.randn(2, 90, 4, generator=generator)
    vertices[..., 3] += 1.0  # about one corner in six lies behind the camera
    return vertices.to(dtype), torch.arange(90).view(30, 3)


@pytest.mark.parametrize("limit", [1, 100, 3000])
def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    whole = torch_raster.rasterise(*scene(), SIZE)
    monkeypatch.setattr(torch_raster, "_CANDIDATES_AT_ONCE", {"cpu": limit})
    parts = torch_raster.rasterise(*scene(), SIZE)
    assert torch.equal(whole.face, parts.face) and torch.equal(whole.barycentric, parts.barycentric)


def test_chunks_hold_at_most_the_limit_or_one_triangle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_raster, "_CANDIDATES_AT_ONCE", {"cpu": 500})
    vertices, faces = scene()
    corners = torch_raster._corners(vertices, faces, SIZE)
    chunks = [triangle for triangle, _, _ in torch_raster._candidates(corners, SIZE)]
    assert len(chunks) > 5
    assert all(len(chunk) <= 500 or len(chunk.unique()) == 1 for chunk in chunks)


def test_double_precision_is_kept() -> None:
    vertices, faces = scene(torch.float64)
    seen = torch_raster.rasterise(vertices, faces, SIZE)
    assert seen.depth.dtype == seen.barycentric.dtype == torch.float64


def test_small_far_triangles_keep_their_shape_in_single_precision() -> None:
    """Far from the image's origin a product of coordinates would swallow a small triangle; moved to the pixel, not."""
    size = (2048, 2048)
    corners = torch.tensor([[2040.2, 2040.1], [2041.4, 2040.4], [2040.5, 2041.3]], dtype=torch.float64)
    w = torch.tensor([[3.0], [3.1], [2.9]], dtype=torch.float64)
    exact = torch.cat([(corners * 2 / 2048 - 1) * w, w, w], 1)[None]
    faces = torch.tensor([[0, 1, 2]])
    single, double = (torch_raster.rasterise(exact.to(dtype), faces, size) for dtype in (torch.float32, torch.float64))
    assert torch.equal(single.face, double.face) and (single.face >= 0).any()
    torch.testing.assert_close(single.barycentric.double(), double.barycentric, rtol=0, atol=2e-3)


def test_without_numba_it_is_the_one_that_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    raster._fastest.cache_clear()
    monkeypatch.setattr(raster, "find_spec", lambda name: None)
    try:
        assert raster.rasteriser() is torch_raster.rasterise
        assert raster.surface_tracer() is torch_raster.all_surfaces
    finally:
        raster._fastest.cache_clear()
