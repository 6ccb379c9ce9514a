"""Colours change together, and a mask's edge moves a little."""

import dataclasses

import torch

from workshop.training.augment import Augmentation, augment

_STILL = Augmentation(hue_turns=0, saturation=0, gain=0, gamma=0, light=0, edge_px=0, noise=0)


def test_nothing_changes_without_strength(batch):
    same = augment(batch, _STILL)
    assert torch.allclose(same.photo, batch.photo, atol=1e-4) and torch.equal(same.mask, batch.mask)


def test_colours_of_photo_and_target_change_alike(batch):
    strong = dataclasses.replace(_STILL, hue_turns=0.1, saturation=0.4, gain=0.2, gamma=0.2)
    changed = augment(batch, strong)
    inside = batch.mask[:, :, None].expand_as(batch.photo) > 0
    assert (changed.photo - batch.photo)[inside].abs().mean() > 0.03
    assert torch.allclose(changed.photo[inside], changed.target[:, :, :3][inside], atol=1e-5)
    assert torch.equal(changed.target[:, :, 3:], batch.target[:, :, 3:])


def test_edges_wander_by_pixels_and_no_more(batch):
    changed = augment(batch, dataclasses.replace(_STILL, edge_px=16.0))  # two pixels at 64
    differ = ((changed.mask > 0.5) != (batch.mask > 0.5)).float()
    outline = batch.mask.diff(dim=-1).abs().sum() + batch.mask.diff(dim=-2).abs().sum()
    assert 0.1 < differ.sum() / outline < 3
    assert torch.equal(changed.mask[..., 32, 32], torch.ones_like(changed.mask[..., 32, 32]))
