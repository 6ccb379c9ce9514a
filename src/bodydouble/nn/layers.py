"""Layers with an equalised learning rate, and blurs: what the encoder, the generator and the renderer are made of.

Weights are stored with unit variance and multiplied by their gain at run time, so that Adam moves all of them at the
same relative speed (Karras et al. 2018, section 4.1). Leaky ReLUs have slope 0.2 and are followed by √2, which keeps
the variance. The blur is StyleGAN2's [1, 3, 3, 1] filter, done with ordinary convolutions.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

SLOPE = 0.2
_TAPS = (1.0, 3.0, 3.0, 1.0)


class EqualConv2d(nn.Module):
    """A 2-D convolution whose weight is stored with unit variance.

    Args:
        inputs, outputs: channels.
        kernel: side in pixels.
        stride, padding: as in `torch.nn.Conv2d`; the padding is zeros.
        bias: whether there is one; it starts at 0.
        lr_multiplier: learning-rate multiplier m; the stored weight is 1/m times larger, the gain m times smaller.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        stride: int = 1,
        padding: int = 0,
        bias: bool = True,
        lr_multiplier: float = 1.0,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel) / lr_multiplier)
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.gain = lr_multiplier / math.sqrt(inputs * kernel**2)
        self.lr_multiplier = lr_multiplier
        self.stride, self.padding = stride, padding

    def forward(self, image: Tensor) -> Tensor:
        """B×inputs×H×W to B×outputs×H'×W'."""
        bias = None if self.bias is None else self.bias * self.lr_multiplier
        return functional.conv2d(image, self.weight * self.gain, bias, self.stride, self.padding)


class EqualLinear(nn.Module):
    """A matrix whose weight is stored with unit variance.

    Args:
        inputs, outputs: length of the vectors.
        bias: what the bias starts at.
        lr_multiplier: learning-rate multiplier, of the bias too.
        activate: whether a leaky ReLU and its gain √2 follow.
    """

    def __init__(
        self, inputs: int, outputs: int, *, bias: float = 0.0, lr_multiplier: float = 1.0, activate: bool = False
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / lr_multiplier)
        self.bias = nn.Parameter(torch.full((outputs,), bias))
        self.gain = lr_multiplier / math.sqrt(inputs)
        self.lr_multiplier = lr_multiplier
        self.activate = activate

    def forward(self, vector: Tensor) -> Tensor:
        """B×inputs to B×outputs."""
        result = functional.linear(vector, self.weight * self.gain, self.bias * self.lr_multiplier)
        return functional.leaky_relu(result, SLOPE) * math.sqrt(2) if self.activate else result


class BiasedLeakyReLU(nn.Module):
    """Adds a bias to each channel, then leaky ReLU, then √2."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, image: Tensor) -> Tensor:
        """B×C×H×W to the same."""
        return functional.leaky_relu(image + self.bias[:, None, None], SLOPE) * math.sqrt(2)


class Blur(nn.Module):
    """A 4×4 low-pass filter, also as the filter of a twofold up- or downsampling.

    Args:
        padding: zeros before and after each row and column, in pixels of the image that is filtered.
        up: 1, or 2: zeros are put between the pixels first, and the filter is four times as strong.
        down: 1, or 2: of the filtered pixels every second is kept.
        kept_brightness: filter strength where zeros were put between the pixels by someone else (a transposed
            convolution): `up` stays 1 and this is 4.
    """

    kernel: Tensor

    def __init__(
        self, padding: tuple[int, int], *, up: int = 1, down: int = 1, kept_brightness: float | None = None
    ) -> None:
        super().__init__()
        taps = torch.tensor(_TAPS)
        strength = float(up**2) if kept_brightness is None else kept_brightness
        # A buffer that is saved: a checkpoint's own kernel is used, not what it is thought to have been.
        self.register_buffer("kernel", torch.outer(taps, taps) / taps.sum() ** 2 * strength)
        self.padding = padding
        self.up, self.down = up, down

    def forward(self, image: Tensor) -> Tensor:
        """B×C×H×W to B×C×H'×W'."""
        channels = image.shape[1]
        # A filter, not a correlation: flipped, although StyleGAN2's is symmetric.
        weight = self.kernel.flip(0, 1).to(image.dtype).expand(channels, 1, -1, -1)
        before, after = self.padding
        if self.up > 1:
            # Zeros between the pixels, then a filter, is what a transposed convolution is. Its full output is what
            # `side - 1` zeros on each side would give; cropped or padded to what is wanted.
            wide = functional.conv_transpose2d(image, weight.flip(2, 3), stride=self.up, groups=channels)
            margin = self.kernel.shape[0] - 1
            edges = (before - margin, after - margin + self.up - 1)
            return functional.pad(wide, edges * 2)[..., :: self.down, :: self.down]
        padded = functional.pad(image, (before, after) * 2)
        return functional.conv2d(padded, weight, stride=self.down, groups=channels)
