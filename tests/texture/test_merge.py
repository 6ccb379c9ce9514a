"""Merging: weights are a softmax over the views that see a texel, and over no others."""

import torch

from bodydouble.texture.merge import merge_textures, view_weights


def test_weights_sum_to_one_where_anything_is_seen() -> None:
    generator = torch.Generator().manual_seed(0)
    cosines, filled = torch.rand(5, 8, 8, generator=generator), torch.rand(5, 8, 8, generator=generator) < 0.4
    weights = view_weights(cosines, filled)
    assert torch.allclose(weights.sum(0), filled.any(0).float(), atol=1e-6)
    assert bool((weights[~filled] == 0).all())
    assert not filled.any(0).all()  # the case of no view was there


def test_one_weak_view_of_eight_keeps_its_colour_whole() -> None:
    textures = torch.zeros(8, 3, 1, 1)
    textures[2] = 0.7
    filled = torch.zeros(8, 1, 1, dtype=torch.bool)
    filled[2] = True
    assert torch.allclose(merge_textures(textures, torch.full((8, 1, 1), 0.2) * filled, filled), textures[2])


def test_the_frontal_view_counts_more() -> None:
    cosines = torch.tensor([0.9, 0.5])[:, None, None]
    weights = view_weights(cosines, torch.ones(2, 1, 1, dtype=torch.bool)).flatten()
    assert torch.allclose(weights[0] / weights[1], torch.tensor(4.0).exp(), rtol=1e-4)
