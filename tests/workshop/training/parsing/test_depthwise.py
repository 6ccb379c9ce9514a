"""The compiled depthwise convolution against PyTorch's."""

import copy

import pytest
import torch
from torch import nn

from bodydouble.parsing.network import ParserNetwork
from workshop.training.parsing.depthwise import FastDepthwise, speed_up


@pytest.mark.parametrize(
    ("channels", "side", "kernel", "stride"), [(32, 10, 3, 1), (16, 12, 5, 1), (48, 14, 5, 2), (16, 16, 3, 2)]
)
def test_values_and_gradients_are_those_of_the_plain_one(channels, side, kernel, stride):
    torch.manual_seed(0)
    plain = nn.Conv2d(channels, channels, kernel, stride, kernel // 2, groups=channels)
    holder = ParserNetwork()
    if not speed_up(holder):
        pytest.skip("no compiler, or no AVX-512")
    fast = copy.deepcopy(plain)
    fast.__class__ = FastDepthwise
    fast.library = holder.encoder.stages[1][0].depthwise.library
    image = torch.randn(2, channels, side, side).bfloat16().contiguous(memory_format=torch.channels_last)
    results = []
    for module, given in ((fast, image.clone()), (plain, image.float())):
        given.requires_grad_()
        out = module(given)
        generator = torch.Generator().manual_seed(1)
        out.backward(torch.randn(out.shape, generator=generator).bfloat16().to(out.dtype))
        results.append((out.detach().float(), given.grad.float(), module.weight.grad, module.bias.grad))
    for here, there in zip(*results, strict=True):
        assert (here - there).abs().max() < 0.01 * there.abs().max()
