"""Laws of the texture square."""

import pytest
import torch

from bodydouble.geometry.uv import clip_from_uv, enlarge, fill_seams, spread_colours, texel_at


def test_texel_centres_are_at_half_integers():
    size = 8
    centres = (torch.arange(size) + 0.5) / size
    row, column = texel_at(torch.stack([centres, centres.flip(0)], -1), size)
    assert column.tolist() == list(range(size))
    assert row.tolist() == list(range(size))[::-1]


def test_the_squares_corners_belong_to_its_corner_texels():
    row, column = texel_at(torch.tensor([[0.0, 0.0], [1.0, 1.0]]), 4)
    assert row.tolist() == column.tolist() == [0, 3]


def test_clip_coordinates_keep_the_directions_of_uv():
    clip = clip_from_uv(torch.tensor([[0.0, 1.0], [0.5, 0.5]]))
    assert clip.tolist() == [[-1, 1, 1, 1], [0, 0, 1, 1]]


def test_seams_take_the_nearest_covered_texel_and_the_covered_stay():
    covered = torch.zeros(9, 9, dtype=torch.bool)
    covered[4, 2] = covered[4, 6] = True
    texture = torch.zeros(1, 9, 9)
    texture[0, 4, 2], texture[0, 4, 6] = 1, 2
    near = fill_seams(texture, covered, radius=1)
    assert near[0, 4].tolist() == [0, 1, 1, 1, 0, 2, 2, 2, 0]
    everywhere = fill_seams(texture, covered)
    assert everywhere[0, :, :4].eq(1).all() and everywhere[0, :, 5:].eq(2).all()


def test_an_enlarged_texture_is_the_same_with_and_without_a_gradient():
    texture = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    traced = enlarge(texture.clone().requires_grad_(), 50)
    assert traced.requires_grad
    assert (enlarge(texture, 50) - traced).abs().max() < 1e-6


def test_a_texture_without_a_covered_texel_stays():
    texture = torch.rand(3, 4, 4)
    assert torch.equal(fill_seams(texture, torch.zeros(4, 4, dtype=torch.bool)), texture)


@pytest.mark.parametrize("size", [64, 50])
def test_colours_spread_into_what_is_unknown(size):
    rgb, known = torch.zeros(3, size, size), torch.zeros(1, size, size)
    known[:, : size // 2, : size // 2] = 1
    rgb[0, : size // 2, : size // 2] = 0.8
    spread = spread_colours(rgb, known)
    seen = known[0] > 0
    assert torch.equal(spread[:, seen], rgb[:, seen])
    assert torch.allclose(spread[0], torch.full_like(known[0], 0.8), atol=1e-4)
    assert not spread_colours(rgb, torch.zeros_like(known)).any()


def test_the_nearer_colour_prevails():
    rgb, known = torch.zeros(1, 3, 32, 32), torch.zeros(1, 1, 32, 32)
    rgb[:, 0, :4], rgb[:, 1, -4:] = 1, 1
    known[:, :, :4], known[:, :, -4:] = 1, 1
    spread = spread_colours(rgb, known)
    assert (spread[0, 0, 8] > spread[0, 1, 8]).all() and (spread[0, 0, 24] < spread[0, 1, 24]).all()
    assert torch.allclose(spread[0, :2].sum(0), torch.ones(32, 32), atol=1e-4)
