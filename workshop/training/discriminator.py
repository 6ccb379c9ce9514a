"""StyleGAN2's discriminator, which judges renders in training and whose features measure distances between images.

Karras et al. 2020; DINAR's sizes are the defaults, without minibatch deviation, as published.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor, nn

from bodydouble.nn.layers import EqualLinear
from bodydouble.nn.stylegan2 import ConvLayer, Trunk


@dataclass(frozen=True, kw_only=True)
class DiscriminatorConfig:
    """Sizes of the discriminator. The defaults are the paper's."""

    inputs: int = 3  # channels of the image
    resolution: int = 512  # pixels a side, a power of 2
    channel_max: int = 256  # channels of the smallest feature maps
    channel_base: int = 16384  # channels × resolution of the larger ones


class Judgement(NamedTuple):
    """What the discriminator makes of images."""

    score: Tensor  # B×1, unbounded; high is real
    features: list[Tensor]  # at every resolution, the full one first, 4×4 last


class Discriminator(nn.Module):
    """Images to scores and features."""

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        self.config = config
        self.trunk = Trunk(config.inputs, config.resolution, config.channel_max, config.channel_base)
        channels = self.trunk.channels
        self.last = ConvLayer(channels, channels, 3)
        self.head = nn.Sequential(EqualLinear(channels * 4 * 4, channels, activate=True), EqualLinear(channels, 1))

    def forward(self, image: Tensor) -> Judgement:
        """Judge images.

        Args:
            image: B×inputs×resolution×resolution, [-1, 1].
        """
        features = self.trunk(image)
        return Judgement(self.head(self.last(features[-1]).flatten(1)), features)
