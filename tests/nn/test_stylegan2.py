"""StyleGAN2's blocks against the paper's equations, written out."""

import pytest
import torch
from torch.nn import functional

from bodydouble.nn.stylegan2 import DownBlock, ModulatedConv2d, StyledConv, ToImage, Trunk, channel_count


def test_published_widths():
    sides = (4, 32, 64, 128, 256, 512)
    assert [channel_count(side, 256, 16384) for side in sides] == [256, 256, 256, 128, 64, 32]


@pytest.mark.parametrize("demodulate", [True, False])
def test_modulation_scales_the_weights_of_each_image(demodulate):
    """Equations 1 and 3 of Karras et al. 2020: w' = s·w, w'' = w' / √(Σ w'² + ε), one set of weights an image."""
    torch.manual_seed(0)
    layer = ModulatedConv2d(5, 7, 3, 4, demodulate=demodulate)
    image, style = torch.randn(3, 5, 6, 6), torch.randn(3, 4)
    for one, its_style, result in zip(image, style, layer(image, style), strict=True):
        weight = layer.gain * layer.weight * layer.modulation(its_style[None])[0][None, :, None, None]
        if demodulate:
            weight = weight / (weight.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
        assert torch.allclose(result, functional.conv2d(one[None], weight, padding=1)[0], atol=1e-5)


def test_doubling_keeps_the_place_and_the_strength_of_what_it_doubles():
    torch.manual_seed(0)
    layer = ModulatedConv2d(1, 1, 3, 2, demodulate=False, up=True)
    with torch.no_grad():
        layer.weight.zero_()
        layer.weight[0, 0, 1, 1] = 1 / layer.gain
        layer.modulation.weight.zero_()
    ramp = torch.arange(8.0).expand(1, 1, 8, 8)
    doubled = layer(ramp, torch.zeros(1, 2))
    assert doubled.shape == (1, 1, 16, 16)
    # The blur interpolates: pixel j of the doubled picture lies at (j + 0.5) / 2 - 0.5 of the first.
    expected = (torch.arange(16.0) + 0.5) / 2 - 0.5
    assert torch.allclose(doubled[0, 0, 8, 4:-4], expected[4:-4], atol=1e-5)


def test_noise_and_skip_reach_the_output():
    torch.manual_seed(0)
    conv = StyledConv(4, 4, 3)
    image, style, noise = torch.randn(1, 4, 4, 4), torch.randn(1, 3), torch.randn(1, 1, 4, 4)
    silent = conv(image, style, noise)
    assert torch.equal(silent, conv(image, style, -noise))
    with torch.no_grad():
        conv.noise_strength.fill_(1)
    assert not torch.allclose(silent, conv(image, style, noise))
    to_image = ToImage(4, 2, 3)
    added = to_image(image, style, torch.ones(1, 2, 2, 2)) - to_image(image, style)
    assert torch.allclose(added[..., 1:3, 1:3], torch.ones(1), atol=1e-5), "the image so far is doubled and added"


def test_the_trunk_gives_every_resolution():
    features = Trunk(5, 32, 16, 256)(torch.randn(2, 5, 32, 32))
    assert [tuple(each.shape[1:]) for each in features] == [(8, 32, 32), (16, 16, 16), (16, 8, 8), (16, 4, 4)]


def test_a_block_halves_and_every_weight_takes_part():
    torch.manual_seed(0)
    block = DownBlock(3, 5)
    result = block(torch.randn(1, 3, 8, 8))
    assert result.shape == (1, 5, 4, 4)
    result.square().sum().backward()
    assert all(parameter.grad.abs().max() > 0 for parameter in block.parameters())
