"""The discriminator: its size, and a gradient to the picture that R1 can be taken of."""

import torch

from workshop.training.discriminator import Discriminator, DiscriminatorConfig


def test_published_size():
    with torch.device("meta"):
        discriminator = Discriminator(DiscriminatorConfig())
        judgement = discriminator(torch.empty(2, 3, 512, 512))
    assert judgement.score.shape == (2, 1)
    assert [tuple(each.shape[1:]) for each in judgement.features[:2]] == [(32, 512, 512), (64, 256, 256)]
    assert judgement.features[-1].shape == (2, 256, 4, 4)


def test_the_gradient_penalty_reaches_every_weight_but_the_last_bias():
    torch.manual_seed(0)
    discriminator = Discriminator(DiscriminatorConfig(resolution=32, channel_max=8, channel_base=256))
    image = torch.randn(2, 3, 32, 32, requires_grad=True)
    (slope,) = torch.autograd.grad(discriminator(image).score.sum(), image, create_graph=True)
    slope.square().sum().backward()
    weights = [name for name, parameter in discriminator.named_parameters() if parameter.dim() > 1]
    assert all(discriminator.get_parameter(name).grad.abs().max() > 0 for name in weights)
