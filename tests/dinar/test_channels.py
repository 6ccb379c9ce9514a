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
