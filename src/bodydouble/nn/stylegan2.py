"""StyleGAN2's blocks (Karras et al. 2020, sections 2 and 4), for DINAR's encoder, generator and discriminator."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from bodydouble.nn.layers import BiasedLeakyReLU, Blur, EqualConv2d, EqualLinear


def channel_count(resolution: int, channel_max: int, channel_base: int) -> int:
    """Channels of a feature map: halved with every doubling of the resolution, at most `channel_max`.

    Args:
        resolution: the map's side in pixels.
        channel_max: channels of the smallest maps.
        channel_base: channels times resolution, where it is not `channel_max` that binds.
    """
    return min(channel_max, channel_base // resolution)


class ConvLayer(nn.Sequential):
    """Convolution, bias, leaky ReLU; `down`: a blur and stride 2; `plain`: the convolution alone, without bias."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        down: bool = False,
        plain: bool = False,
        lr_multiplier: float = 1.0,
    ) -> None:
        layers: list[nn.Module] = []
        if down:
            # The blur's padding also makes up for the convolution's missing one.
            pad = (4 - 2) + (kernel - 1)
            layers.append(Blur(((pad + 1) // 2, pad // 2)))
        layers.append(
            EqualConv2d(
                inputs,
                outputs,
                kernel,
                stride=2 if down else 1,
                padding=0 if down else kernel // 2,
                bias=False,
                lr_multiplier=lr_multiplier,
            )
        )
        if not plain:
            layers.append(BiasedLeakyReLU(outputs))
        super().__init__(*layers)


class DownBlock(nn.Module):
    """The discriminator's residual block: two convolutions beside a 1×1 one, at half the resolution."""

    def __init__(self, inputs: int, outputs: int, *, lr_multiplier: float = 1.0) -> None:
        super().__init__()
        self.conv1 = ConvLayer(inputs, inputs, 3, lr_multiplier=lr_multiplier)
        self.conv2 = ConvLayer(inputs, outputs, 3, down=True, lr_multiplier=lr_multiplier)
        self.skip = ConvLayer(inputs, outputs, 1, down=True, plain=True, lr_multiplier=lr_multiplier)

    def forward(self, image: Tensor) -> Tensor:
        """B×inputs×H×W to B×outputs×H/2×W/2."""
        return (self.conv2(self.conv1(image)) + self.skip(image)) / math.sqrt(2)


class Trunk(nn.Module):
    """The discriminator without its head: from an image to features of 4×4 pixels.

    Args:
        inputs: channels of the image.
        resolution: the image's side in pixels, a power of 2, at least 8.
        channel_max, channel_base: as in `channel_count`.
        lr_multiplier: learning-rate multiplier of every convolution.
    """

    def __init__(
        self, inputs: int, resolution: int, channel_max: int, channel_base: int, *, lr_multiplier: float = 1.0
    ) -> None:
        super().__init__()
        resolutions = [resolution // 2**step for step in range(int(math.log2(resolution)) - 1)]  # down to 4
        widths = [channel_count(each, channel_max, channel_base) for each in resolutions]
        self.first = ConvLayer(inputs, widths[0], 1, lr_multiplier=lr_multiplier)
        self.blocks = nn.ModuleList(
            DownBlock(here, there, lr_multiplier=lr_multiplier)
            for here, there in zip(widths[:-1], widths[1:], strict=True)
        )
        self.channels = widths[-1]

    def forward(self, image: Tensor) -> list[Tensor]:
        """B×inputs×resolution×resolution to the features at every resolution, the full one first, 4×4 last."""
        features = [self.first(image)]
        for block in self.blocks:
            features.append(block(features[-1]))
        return features


class ModulatedConv2d(nn.Module):
    """A convolution whose input channels are scaled by a style, and whose outputs are brought back to unit variance.

    Args:
        inputs, outputs: channels.
        kernel: side in pixels.
        style: length of the style vector.
        demodulate: whether outputs are brought back to unit variance.
        up: whether the resolution is doubled: a transposed convolution and a blur.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int, style: int, *, demodulate: bool = True, up: bool = False
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.modulation = EqualLinear(style, inputs, bias=1.0)
        self.gain = 1 / math.sqrt(inputs * kernel**2)
        self.demodulate = demodulate
        pad = (4 - 2) - (kernel - 1)
        self.blur = Blur(((pad + 1) // 2 + 1, pad // 2 + 1), kept_brightness=4.0) if up else None

    def forward(self, image: Tensor, style: Tensor) -> Tensor:
        """B×inputs×H×W and B×style to B×outputs×H×W, twice that with `up`.

        The paper scales the weights (its equations 1 and 3), one set for each image. Scaling the images' channels
        before and after one common convolution is the same, needs no grouped convolution, and is as fast on a CPU.
        """
        scale = self.modulation(style)
        weight = self.weight * self.gain
        image = image * scale[:, :, None, None]
        if self.blur is None:
            result = functional.conv2d(image, weight, padding=weight.shape[-1] // 2)
        else:
            result = self.blur(functional.conv_transpose2d(image, weight.transpose(0, 1), stride=2))
        if self.demodulate:
            power = scale.square() @ weight.square().sum((2, 3)).T
            result = result * torch.rsqrt(power + 1e-8)[:, :, None, None]
        return result


class StyledConv(nn.Module):
    """Modulated convolution, noise, bias, leaky ReLU."""

    def __init__(self, inputs: int, outputs: int, style: int, *, up: bool = False) -> None:
        super().__init__()
        self.conv = ModulatedConv2d(inputs, outputs, 3, style, up=up)
        self.noise_strength = nn.Parameter(torch.zeros(1))
        self.activation = BiasedLeakyReLU(outputs)

    def forward(self, image: Tensor, style: Tensor, noise: Tensor) -> Tensor:
        """As `ModulatedConv2d`; noise is 1×1×H×W or B×1×H×W, of unit variance."""
        return self.activation(self.conv(image, style) + self.noise_strength * noise)


class ToImage(nn.Module):
    """Features to image channels: a modulated 1×1 convolution added to the blurred, doubled image so far."""

    def __init__(self, inputs: int, outputs: int, style: int, *, up: bool = True) -> None:
        super().__init__()
        self.conv = ModulatedConv2d(inputs, outputs, 1, style, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.upsample = Blur((2, 1), up=2) if up else None

    def forward(self, features: Tensor, style: Tensor, image: Tensor | None = None) -> Tensor:
        """B×inputs×H×W, B×style and B×outputs×H/2×W/2 to B×outputs×H×W."""
        result = self.conv(features, style) + self.bias[:, None, None]
        return result if image is None or self.upsample is None else result + self.upsample(image)
