"""Gains, biases and blurs do what their formulas say."""

import math

import pytest
import torch
from torch.nn import functional

from bodydouble.nn.layers import BiasedLeakyReLU, Blur, EqualConv2d, EqualLinear


def test_equalised_layers_keep_unit_variance():
    torch.manual_seed(0)
    image = torch.randn(4, 64, 16, 16)
    assert EqualConv2d(64, 64, 3, padding=1)(image)[..., 1:-1, 1:-1].std().item() == pytest.approx(1, abs=0.05)
    assert EqualLinear(256, 256)(torch.randn(64, 256)).std().item() == pytest.approx(1, abs=0.05)


def test_speed_changes_how_far_a_step_goes_but_not_the_function():
    torch.manual_seed(0)
    usual, slow = EqualLinear(8, 8), EqualLinear(8, 8, lr_multiplier=0.01)
    with torch.no_grad():
        slow.weight.copy_(usual.weight * 100)
        usual.bias.fill_(0.5)
        slow.bias.fill_(50)
    vector = torch.randn(3, 8)
    assert torch.allclose(usual(vector), slow(vector), atol=1e-5)
    for layer in (usual, slow):
        layer(vector).sum().backward()
    assert torch.allclose(slow.weight.grad, usual.weight.grad * 0.01)
    assert torch.allclose(slow.bias.grad, usual.bias.grad * 0.01)


def test_leaky_relu_has_a_bias_a_slope_and_a_gain():
    layer = BiasedLeakyReLU(2)
    with torch.no_grad():
        layer.bias.copy_(torch.tensor([1.0, -1.0]))
    result = layer(torch.zeros(1, 2, 1, 1))[0, :, 0, 0]
    assert torch.allclose(result, torch.tensor([math.sqrt(2), -0.2 * math.sqrt(2)]))


def spread_and_filtered(image, kernel, padding, up, down):
    """The definition: zeros between the pixels, zeros around, a filter (not a correlation), every so many-th pixel."""
    batch, channels, height, width = image.shape
    spread = image.new_zeros(batch, channels, height * up, width * up)
    spread[..., ::up, ::up] = image
    padded = functional.pad(spread, padding * 2)
    weight = kernel.flip(0, 1).expand(channels, 1, -1, -1)
    return functional.conv2d(padded, weight, groups=channels)[..., ::down, ::down]


@pytest.mark.parametrize(("padding", "up", "down"), [((2, 1), 1, 1), ((2, 2), 1, 1), ((2, 1), 2, 1), ((1, 1), 1, 2)])
def test_blur_is_what_it_is_defined_as(padding, up, down):
    torch.manual_seed(0)
    blur = Blur(padding, up=up, down=down)
    blur.kernel.copy_(torch.rand(4, 4))  # not symmetric: a flipped kernel would show
    image = torch.randn(2, 3, 6, 8)
    expected = spread_and_filtered(image, blur.kernel, padding, up, down)
    assert torch.allclose(blur(image), expected, atol=1e-6)


def test_blurs_keep_brightness_and_size():
    grey = torch.full((1, 2, 8, 8), 0.5)
    doubled = Blur((2, 1), up=2)(grey)
    assert doubled.shape[-1] == 16 and torch.allclose(doubled[..., 3:-3, 3:-3], torch.tensor(0.5))
    halved = Blur((1, 1), down=2)(grey)
    assert halved.shape[-1] == 4 and torch.allclose(halved[..., 1:-1, 1:-1], torch.tensor(0.5))
