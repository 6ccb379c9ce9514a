"""Textures are completed where nothing was seen, and nowhere else; in batches as one by one."""

import pytest
import torch

from bodydouble.dinar.channels import (
    FEATURES,
    FILLED,
    RGB,
    blend_mask,
    channels,
    composite,
    spread_colours,
    with_features,
)


@pytest.fixture
def partial():
    texture = torch.rand(21, 16, 16, generator=torch.Generator().manual_seed(0))
    texture[FILLED] = 0
    texture[FILLED, 4:12, 1:7] = 1
    texture[RGB] *= texture[FILLED]
    return texture


def test_equation_6_keeps_the_inside_and_takes_the_rest(partial):
    restored = torch.rand(21, 16, 16)
    whole = composite(partial, restored)
    assert torch.equal(whole[:, 6:10, 3:5], partial[:, 6:10, 3:5])
    outside = blend_mask(partial[FILLED])[0] == 0
    assert outside[:, 8:].all() and torch.equal(whole[:, outside], restored[:, outside])
    assert torch.allclose(whole[:, 4, 4], torch.lerp(restored[:, 4, 4], partial[:, 4, 4], 1 / 3))


def test_features_that_were_not_compressed_stay_the_generators(partial):
    restored = with_features(torch.zeros(5, 16, 16), partial)
    assert torch.equal(composite(partial, restored)[FEATURES], partial[FEATURES])
    assert torch.equal(with_features(torch.ones(21, 16, 16), partial), torch.ones(21, 16, 16))


def test_batches_are_as_good_as_one(partial):
    batch = torch.stack([partial, partial.flip(-2)])
    assert torch.equal(composite(batch, 1 - batch)[0], composite(partial, 1 - partial))
    assert channels(batch, RGB).shape == (2, 3, 16, 16)


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
