"""DINAR's texture generator G: the encoder's vector becomes T_gen, the neural texture's first channels.

StyleGAN2's generator without its mapping network: the vector feeds every layer (paper section 3.1; supplement C).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from bodydouble.nn.stylegan2 import StyledConv, ToImage, channel_count


@dataclass(frozen=True, kw_only=True)
class GeneratorConfig:
    """Sizes of the generator. The defaults are the paper's."""

    resolution: int = 256  # texels a side, a power of 2
    latent_dim: int = 512  # length of the vector
    channels: int = 16  # of the texture
    channel_max: int = 256  # channels of the smallest feature maps
    channel_base: int = 16384  # channels × resolution of the larger ones: 64 at 256²


class Generator(nn.Module):
    """A vector becomes texture channels."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        resolutions = [4]
        while resolutions[-1] < config.resolution:
            resolutions.append(resolutions[-1] * 2)
        widths = [channel_count(resolution, config.channel_max, config.channel_base) for resolution in resolutions]
        # Layers in order: one at 4², then two at every resolution, of which the first doubles it.
        self.constant = nn.Parameter(torch.randn(1, widths[0], 4, 4))
        self.layers = nn.ModuleList([StyledConv(widths[0], widths[0], config.latent_dim)])
        self.to_image = nn.ModuleList([ToImage(widths[0], config.channels, config.latent_dim, up=False)])
        for here, there in zip(widths[:-1], widths[1:], strict=True):
            self.layers.append(StyledConv(here, there, config.latent_dim, up=True))
            self.layers.append(StyledConv(there, there, config.latent_dim))
            self.to_image.append(ToImage(there, config.channels, config.latent_dim))
        self.noise_resolutions = resolutions[:1] + [resolution for resolution in resolutions[1:] for _ in range(2)]
        for number, noise in enumerate(self.random_noise(1)):
            self.register_buffer(f"noise_{number}", noise)

    def forward(self, vector: Tensor, noise: Sequence[Tensor] | None = None) -> Tensor:
        """T_gen, B×channels×resolution×resolution.

        Args:
            vector: B×latent_dim, the encoder's.
            noise: one tensor for each layer, as `random_noise` draws them; by default those that are stored with the
                weights, so that the same photo always gets the same texture.
        """
        if noise is None:
            noise = [getattr(self, f"noise_{number}") for number in range(len(self.layers))]
        features = self.layers[0](self.constant.expand(len(vector), -1, -1, -1), vector, noise[0])
        image = self.to_image[0](features, vector)
        for level, to_image in enumerate(list(self.to_image)[1:]):
            first = 1 + 2 * level
            for number in (first, first + 1):
                features = self.layers[number](features, vector, noise[number])
            image = to_image(features, vector, image)
        return image

    def random_noise(self, batch: int, generator: torch.Generator | None = None) -> list[Tensor]:
        """New noise for every layer, batch×1×s×s each, of unit variance; for training."""
        device = self.constant.device if generator is None else generator.device
        drawn = (
            torch.randn(batch, 1, side, side, generator=generator, device=device) for side in self.noise_resolutions
        )
        return [noise.to(self.constant.device) for noise in drawn]
