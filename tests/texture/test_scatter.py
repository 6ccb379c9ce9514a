"""Laws of Algorithm 1: the fast twin equals the loops, and each pass does what the paper says."""

from dataclasses import replace

import pytest
import torch

from bodydouble.texture.scatter import (
    ScatteredTexture,
    erode,
    merge_scattered,
    scatter_pixels,
    scatter_pixels_reference,
    scatter_view,
)
from bodydouble.texture.square_view import square_view


def picture(height=24, width=20, seed=0):
    """Random colours, a uv render with collisions and emptiness, a mask with a hole, random cosines."""
    generator = torch.Generator().manual_seed(seed)
    rgb = torch.rand(3, height, width, generator=generator)
    uv = torch.rand(2, height, width, generator=generator)
    uv[:, :4] = -1
    mask = torch.ones(height, width)
    mask[10:12, 3:6] = 0
    return rgb, uv, mask, torch.rand(height, width, generator=generator)


def test_the_fast_twin_equals_the_loops():
    for seed, size in ((0, 16), (1, 9), (2, 40)):
        fast, slow = (f(*picture(seed=seed), size=size) for f in (scatter_pixels, scatter_pixels_reference))
        assert torch.equal(fast.sampled, slow.sampled)
        assert torch.equal(fast.filled, slow.filled)
        assert torch.allclose(fast.rgb, slow.rgb, atol=1e-6, rtol=0)
        assert torch.allclose(fast.cosine, slow.cosine, atol=1e-6, rtol=0)
        assert fast.sampled.any()
        assert (size == 40) <= (not fast.filled.all()), "a large texture keeps gaps"


def test_one_pixel_writes_its_texel_and_the_eight_around_it():
    rgb, cosine = torch.full((3, 5, 5), 0.25), torch.full((5, 5), 0.7)
    uv = torch.full((2, 5, 5), -1.0)
    uv[:, 2, 2] = torch.tensor([0.55, 0.35])  # column 5, row 3 of ten
    for sample in (scatter_pixels, scatter_pixels_reference):
        texture = sample(rgb, uv, torch.ones(5, 5), cosine, size=10)
        assert texture.sampled.nonzero().tolist() == [[3, 5]]
        assert texture.filled.nonzero().tolist() == [[y, x] for y in (2, 3, 4) for x in (4, 5, 6)]
        assert torch.allclose(texture.rgb[:, texture.filled], torch.tensor(0.25))
        assert torch.allclose(texture.cosine[texture.filled], torch.tensor(0.7))
        assert not texture.rgb[:, ~texture.filled].any()


def test_the_last_pixel_in_reading_order_wins():
    rgb = torch.arange(12.0).view(1, 3, 4).expand(3, 3, 4) / 12
    uv = torch.full((2, 3, 4), 0.5)
    for sample in (scatter_pixels, scatter_pixels_reference):
        texture = sample(rgb, uv, torch.ones(3, 4), torch.ones(3, 4), size=4)
        assert torch.allclose(texture.rgb[:, 2, 2], torch.tensor(11 / 12))
        assert torch.allclose(texture.rgb[:, 1, 1], rgb.mean())


def test_pixels_near_the_masks_edge_are_left_out():
    mask = torch.ones(20, 20)
    mask[:, 12:] = 0
    assert erode(mask).nonzero()[:, 1].max() == 9
    assert erode(mask).nonzero()[:, 1].min() == 0, "the photo's own edge is none of the person"


def test_an_empty_mask_writes_nothing():
    rgb, uv, mask, cosine = picture()
    assert not scatter_pixels(rgb, uv, torch.zeros_like(mask), cosine, size=8).filled.any()


@pytest.fixture(scope="module")
def square(scene, anny):
    return square_view(scene.view, anny, 256)


def test_a_photo_writes_its_own_colours_and_none_of_the_background(square, scene):
    written = scatter_view(square, 256)
    red, green, _ = written.rgb[:, written.filled]
    assert 0.1 < written.filled.float().mean() < 0.5 and (red < green).all(), "the background is magenta"
    sampled = (written.rgb - scene.truth)[:, written.sampled]
    assert sampled.abs().median() < 0.05
    assert written.cosine[written.sampled].mean() > 0.5 and not written.cosine[~written.filled].any()


def test_outlines_of_overlapping_limbs_are_left_out(square):
    outline = torch.zeros_like(square.outline)
    outline[100:140] = True
    marked = replace(square, outline=outline)
    without, kept = scatter_view(marked, 64), scatter_view(marked, 64, occlusion=False)
    assert without.filled.sum() < 0.9 * kept.filled.sum()
    assert torch.equal(kept.rgb, scatter_view(replace(square, outline=torch.zeros_like(outline)), 64).rgb)


def two_views():
    """Four texels: seen by the first, by the second, by both alike, by none."""
    cosines = torch.tensor([[[0.3, 0.0], [0.3, 0.0]], [[0.0, 0.3], [0.3, 0.0]]])  # too flat to compare colours by
    return [
        ScatteredTexture(rgb=colour * (each > 0), sampled=each > 0, filled=each > 0, cosine=each)
        for colour, each in zip((torch.full((3, 2, 2), 0.2), torch.full((3, 2, 2), 0.8)), cosines, strict=True)
    ]


def test_views_merge_by_their_cosine():
    merged, weights = merge_scattered(two_views())
    assert torch.allclose(merged.rgb[0], torch.tensor([[0.2, 0.8], [0.5, 0.0]]))
    assert merged.filled.tolist() == merged.sampled.tolist() == [[True, True], [True, False]]
    assert torch.allclose(weights[0], torch.tensor([[1.0, 0.0], [0.5, 0.5]])), "where none shows it, all count the same"
    assert torch.equal(merged.cosine, torch.tensor([[0.3, 0.3], [0.3, 0.0]]))
    alone, _ = merge_scattered(two_views()[:1])
    assert torch.equal(alone.rgb, two_views()[0].rgb)


def test_a_second_photo_takes_on_the_firsts_light(square):
    first = scatter_view(square, 256)
    darker = replace(first, rgb=0.7 * first.rgb)
    merged, _ = merge_scattered([first, darker])
    assert (merged.rgb - first.rgb)[:, first.filled].abs().max() < 0.02
