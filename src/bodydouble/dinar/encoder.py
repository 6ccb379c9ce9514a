"""DINAR's image encoder E: a photo becomes one vector, from which the generator draws texture features.

StyleGAN2's discriminator trunk with a two-layer head (paper section 3.1; supplement C). Every layer's learning rate is
multiplied by 0.01, as the published code does.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from bodydouble.nn.layers import EqualLinear
from bodydouble.nn.stylegan2 import ConvLayer, Trunk

_SPEED = 0.01


@dataclass(frozen=True, kw_only=True)
class EncoderConfig:
    """Sizes of the encoder. The defaults are the paper's."""

    resolution: int = 512  # pixels of the photo a side, a power of 2
    latent_dim: int = 512  # length of the vector
    channel_max: int = 256  # channels of the smallest feature maps
    channel_base: int = 16384  # channels × resolution of the larger ones: 32 at 512²


class Encoder(nn.Module):
    """A photo, its mask and noise become a vector."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.trunk = Trunk(3 + 1 + 1, config.resolution, config.channel_max, config.channel_base, lr_multiplier=_SPEED)
        channels = self.trunk.channels
        self.last = ConvLayer(channels, channels, 3, lr_multiplier=_SPEED)
        self.head = nn.Sequential(
            EqualLinear(channels * 4 * 4, channels, lr_multiplier=_SPEED, activate=True),
            EqualLinear(channels, config.latent_dim, lr_multiplier=_SPEED),
        )

    def forward(self, rgb: Tensor, mask: Tensor, noise: Tensor) -> Tensor:
        """The vector, B×latent_dim.

        Args:
            rgb: B×3×resolution×resolution, [-1, 1], as the published network has it; `encode_photo` takes [0, 1].
            mask: B×1×resolution×resolution, [0, 1], the person.
            noise: B×1×resolution×resolution, of unit variance.
        """
        features = self.trunk(torch.cat([rgb, mask, noise], dim=1))[-1]
        return self.head(self.last(features).flatten(1))


def encode_photo(encoder: Encoder, rgb: Tensor, mask: Tensor, seed: int = 0) -> Tensor:
    """The vectors (B×latent_dim) of photos in this project's convention; the noise is drawn from `seed`, on the CPU.

    Args:
        rgb: B×3×resolution×resolution, [0, 1].
        mask: B×1×resolution×resolution, [0, 1].
    """
    noise = torch.randn(mask.shape, generator=torch.Generator().manual_seed(seed)).to(mask)
    return encoder(rgb * 2 - 1, mask, noise)
