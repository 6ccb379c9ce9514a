"""Convolution, batch statistics, bias and leaky ReLU made one: the same function, computed faster, no longer trainable.

At rest a batch normalisation is a scale and a shift of each channel, and the √2 behind a leaky ReLU may as well stand
before it. So all of them go into the weights and the bias of the convolution.
"""

from __future__ import annotations

import copy
import math
from typing import TypeVar

import torch
from torch import Tensor, nn

from bodydouble.nn.layers import SLOPE, BiasedLeakyReLU, EqualConv2d

Module = TypeVar("Module", bound=nn.Module)


def fused(module: Module) -> Module:
    """A copy of `module`, in `eval`, in which every `nn.Sequential` has its layers fused."""
    result = copy.deepcopy(module).eval().requires_grad_(False)
    _fuse_children(result)
    return result


def _fuse_children(parent: nn.Module) -> None:
    for name, child in list(parent.named_children()):
        _fuse_children(child)
        if isinstance(child, nn.Sequential):
            setattr(parent, name, nn.Sequential(*_fused_layers(list(child))))


class _Affine(nn.Module):
    """A scale and a shift of each channel, where no convolution stands before them."""

    scale: Tensor
    shift: Tensor

    def __init__(self, scale: Tensor, shift: Tensor) -> None:
        super().__init__()
        self.register_buffer("scale", scale[:, None, None])
        self.register_buffer("shift", shift[:, None, None])

    def forward(self, image: Tensor) -> Tensor:
        return image * self.scale + self.shift


def _fused_layers(layers: list[nn.Module]) -> list[nn.Module]:
    result: list[nn.Module] = []
    while layers:
        layer = layers.pop(0)
        if not isinstance(layer, EqualConv2d | nn.BatchNorm2d):
            result.append(layer)
            continue
        convolution = layer if isinstance(layer, EqualConv2d) else None
        follows: list[nn.Module] = [] if convolution else [layer]
        while layers and isinstance(layers[0], nn.BatchNorm2d | BiasedLeakyReLU):
            follows.append(layers.pop(0))
        activated = bool(follows) and isinstance(follows[-1], BiasedLeakyReLU)
        scale, shift = _scale_and_shift(convolution, follows)
        result.append(_Affine(scale, shift) if convolution is None else _convolution(convolution, scale, shift))
        if activated:
            result.append(nn.LeakyReLU(SLOPE, inplace=True))
    return result


def _scale_and_shift(convolution: EqualConv2d | None, follows: list[nn.Module]) -> tuple[Tensor, Tensor]:
    """What comes after the convolution's kernel, but for the leaky ReLU, as one scale and one shift of each channel."""
    first = convolution or follows[0]
    assert isinstance(first, EqualConv2d | nn.BatchNorm2d)
    scale = first.weight.new_ones(len(first.weight))
    shift = torch.zeros_like(scale)
    if convolution is not None and convolution.bias is not None:
        shift = convolution.bias * convolution.lr_multiplier
    for layer in follows:
        if isinstance(layer, nn.BatchNorm2d):
            assert layer.running_mean is not None and layer.running_var is not None
            factor = layer.weight / torch.sqrt(layer.running_var + layer.eps)
            scale, shift = scale * factor, (shift - layer.running_mean) * factor + layer.bias
        else:
            assert isinstance(layer, BiasedLeakyReLU)
            scale, shift = scale * math.sqrt(2), (shift + layer.bias) * math.sqrt(2)
    return scale, shift


def _convolution(equal: EqualConv2d, scale: Tensor, shift: Tensor) -> nn.Conv2d:
    outputs, inputs, side, _ = equal.weight.shape
    result = nn.Conv2d(inputs, outputs, side, equal.stride, equal.padding)
    result.weight = nn.Parameter(equal.weight * equal.gain * scale[:, None, None, None], requires_grad=False)
    result.bias = nn.Parameter(shift.clone(), requires_grad=False)
    return result
