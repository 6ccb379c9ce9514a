"""Sampling, merging, completing and drawing agree with each other."""

import torch

from bodydouble.dinar.networks import new_networks
from bodydouble.geometry.uv import spread_colours
from workshop.training.textures import (
    draw_double,
    fine_colours,
    merge_views,
    neural_texture,
    sample_colours,
    scatter_photos,
)


def test_what_is_sampled_is_what_is_drawn(batch):
    sampled = scatter_photos(batch.photo[:, 0], batch.mask[:, 0], batch.uv[:, 0], batch.cosine[:, 0], 64)
    drawn = sample_colours(spread_colours(sampled.rgb, sampled.filled), batch.uv[:, 0])
    inside = (batch.cosine[:, 0] > 0.3)[:, None].expand_as(drawn)
    assert inside.any() and (drawn - batch.photo[:, 0])[inside].abs().mean() < 0.02


def test_a_view_that_sees_nothing_does_not_take_part_in_merging(batch):
    views = [
        scatter_photos(batch.photo[:, view], batch.mask[:, view], batch.uv[:, view], batch.cosine[:, view], 32)
        for view in range(4)
    ]
    features = torch.randn(2, 4, 16, 32, 32)
    textures = torch.stack([neural_texture(features[:, view], each) for view, each in enumerate(views)], 1)
    cosine, filled = (torch.stack([getattr(each, name) for each in views], 1) for name in ("cosine", "filled"))
    whole = merge_views(textures, cosine, filled)
    once = (filled.sum(1) == 1).expand(-1, 3, -1, -1)
    assert once.any()
    assert torch.allclose(whole[:, 16:19][once], (textures[:, :, 16:19] * filled).sum(1)[once], atol=1e-5)
    unseen = (filled.sum(1) == 0).expand(-1, 16, -1, -1)
    assert torch.allclose(whole[:, :16][unseen], features.mean(1)[unseen], atol=1e-5)
    assert torch.equal(whole[:, 20:], filled.amax(1))


def test_a_new_lite_renderer_draws_the_sampled_colours(batch):
    renderer = new_networks("tiny").renderer.eval()
    uv = batch.uv[:, 0]
    fine = scatter_photos(batch.photo[:, 0], batch.mask[:, 0], uv, batch.cosine[:, 0], 64)
    colours = fine_colours(fine, torch.zeros(2, 3, 32, 32))
    rendering = draw_double(renderer, torch.rand(2, 21, 32, 32), colours, uv)
    there = (uv >= 0).all(1, keepdim=True)
    assert torch.allclose(rendering.rgb, sample_colours(colours, uv) * there, atol=1e-6)
