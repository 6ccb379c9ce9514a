"""Losses are zero for equals, grow with the difference, and reach what they should teach."""

import torch

from workshop.measures.pretrained import PretrainedNetworks
from workshop.training.discriminator import Discriminator, DiscriminatorConfig
from workshop.training.losses import (
    LossWeights,
    Perceptual,
    dice,
    discriminator_loss,
    generator_loss,
    gradient_difference,
    gradient_penalty,
    picture_losses,
    weight_of,
)


def _judge() -> Discriminator:
    torch.manual_seed(0)
    return Discriminator(DiscriminatorConfig(resolution=32, channel_max=8, channel_base=256))


def test_equal_pictures_cost_nothing_and_blur_costs_more_than_a_tint(tmp_path):
    real = torch.rand(2, 3, 32, 32)
    tinted = real + 0.1
    blurred = torch.nn.functional.avg_pool2d(real, 3, 1, 1, count_include_pad=False)
    perceptual = Perceptual(torch.device("cpu"), PretrainedNetworks(weights=tmp_path))
    if perceptual.name.startswith("LPIPS"):
        assert perceptual(real, real, None) < 1e-5
        return
    assert perceptual(real, real, _judge()) == 0
    assert gradient_difference(blurred, real) > 10 * gradient_difference(tinted, real)


def test_masks_without_overlap_cost_one():
    left = torch.zeros(1, 1, 8, 8)
    left[..., :4] = 1
    assert dice(left, left) == 0 and dice(left, 1 - left) == 1


def test_only_seen_faces_count_again(tmp_path):
    fake, real = torch.zeros(2, 3, 32, 32), torch.zeros(2, 3, 32, 32)
    fake[0, :, 4:8, 4:8] = 1
    perceptual = Perceptual(torch.device("cpu"), PretrainedNetworks(weights=tmp_path))
    seen = torch.tensor([[4.0, 4, 4, 4], [0, 0, 0, 0]])
    assert picture_losses(fake, real, seen, perceptual, None)["face_l2"] > 0.7
    assert "face_l2" not in picture_losses(fake, real, torch.zeros(2, 4), perceptual, None)
    assert weight_of("face_l2", LossWeights()) == 0.1 * 2.2 and weight_of("dice", LossWeights()) == 1


def test_the_discriminator_learns_to_tell_and_the_rest_to_deceive():
    judge = _judge()
    fake, real = torch.rand(4, 3, 32, 32) * 0.3, torch.rand(4, 3, 32, 32)
    adam = torch.optim.Adam(judge.parameters(), 2e-3)
    before = discriminator_loss(judge, fake, real).item()
    for _ in range(15):
        adam.zero_grad()
        discriminator_loss(judge, fake, real).backward()
        adam.step()
    assert discriminator_loss(judge, fake, real) < 0.8 * before
    assert generator_loss(judge(real * 2 - 1).score) < generator_loss(judge(fake * 2 - 1).score)
    penalty = gradient_penalty(judge, real)
    penalty.backward()
    assert penalty > 0 and judge.head[0].weight.grad.abs().max() > 0
