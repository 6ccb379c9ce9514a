"""The VQGAN that compresses neural textures, so that the diffusion model works on 64×64 instead of 256×256.

Esser et al. 2021, with DINAR's changes: leaky ReLU of slope 0.01, 16 groups, and two small heads at the decoder's end,
one on the colours and one on the masks (paper sections 3.3 and 4.1). The blocks are those of `diffusers`. Two things
are not: its table of activations knows no leaky ReLU, so that is put in afterwards; and its quantiser measures
distances in another way, see `VQGAN.quantise`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from diffusers.models.attention_processor import Attention
from diffusers.models.downsampling import Downsample2D
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.unets.unet_2d_blocks import DownEncoderBlock2D, UNetMidBlock2D, UpDecoderBlock2D
from torch import Tensor, nn
from torch.nn import functional

_SLOPE = 0.01
_EPS = 1e-6


@dataclass(frozen=True, kw_only=True)
class VqganConfig:
    """Sizes of the VQGAN. The defaults are the paper's: 21×256×256 becomes 6×64×64."""

    channels: int = 21  # of the texture: features, RGB, two masks
    latent: int = 6  # channels of the latent, and length of a codebook vector
    codes: int = 8192  # vectors in the codebook
    width: int = 64  # channels at the texture's resolution
    multipliers: tuple[int, ...] = (1, 2, 4)  # of the width, at each resolution
    blocks: int = 2  # residual blocks at each resolution of the encoder; the decoder has one more
    groups: int = 16  # of the group normalisation
    end_norms: bool = True  # whether the last layers of both halves, and the heads, normalise what they get


class Quantised(NamedTuple):
    """A latent brought to the codebook."""

    latent: Tensor  # as the input; its gradient passes straight to the input
    codes: Tensor  # B×H×W, int64, rows of the codebook
    loss: Tensor  # scalar: the codebook follows the latents, and with weight 0.25 they follow it


class VQGAN(nn.Module):
    """Textures to latents and back."""

    def __init__(self, config: VqganConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = _Encoder(config)
        self.to_latent = nn.Conv2d(config.latent, config.latent, 1)
        self.codebook = nn.Embedding(config.codes, config.latent)
        nn.init.uniform_(self.codebook.weight, -1 / config.codes, 1 / config.codes)
        self.from_latent = nn.Conv2d(config.latent, config.latent, 1)
        self.decoder = _Decoder(config)
        if not config.end_norms:
            _start_as_means(self)

    def encode(self, texture: Tensor) -> Tensor:
        """Textures to latents B×latent×S/4×S/4, not yet quantised.

        Args:
            texture: B×C×S×S, [0, 1] in colours and masks; of more than `channels` the last ones are compressed.
        """
        return self.to_latent(self.encoder(texture[:, -self.config.channels :]))

    def quantise(self, latent: Tensor) -> Quantised:
        """Every pixel's vector replaced by the codebook's nearest (van den Oord et al. 2017, equation 3)."""
        vectors = latent.movedim(1, -1).reshape(-1, self.config.latent)
        codebook = self.codebook.weight
        # Written as the published network writes it: in a young codebook the nearest is decided by rounding.
        distance = vectors.square().sum(1, keepdim=True) + codebook.square().sum(1) - 2 * vectors @ codebook.T
        codes = distance.argmin(1)
        nearest = self.codebook(codes).view(latent.movedim(1, -1).shape).movedim(-1, 1)
        loss = functional.mse_loss(nearest, latent.detach()) + 0.25 * functional.mse_loss(latent, nearest.detach())
        straight = latent + (nearest - latent).detach()
        return Quantised(straight, codes.view(len(latent), *latent.shape[2:]), loss)

    def decode(self, latent: Tensor) -> Tensor:
        """A latent, quantised here, to a texture B×channels×S×S; unbounded, about [0, 1] in colours and masks."""
        return self.decode_quantised(self.quantise(latent).latent)

    def decode_quantised(self, latent: Tensor) -> Tensor:
        """As `decode`, for a latent that comes from `quantise`."""
        return self.decoder(self.from_latent(latent))


class _Encoder(nn.Module):
    """Residual blocks and convolutions of stride 2; attention at the lowest resolution only."""

    def __init__(self, config: VqganConfig) -> None:
        super().__init__()
        widths = [config.width * multiplier for multiplier in config.multipliers]
        self.conv_in = nn.Conv2d(config.channels, config.width, 3, padding=1)
        self.down = nn.ModuleList()
        for level, (here, there) in enumerate(zip([config.width, *widths[:-1]], widths, strict=True)):
            block = DownEncoderBlock2D(
                in_channels=here,
                out_channels=there,
                num_layers=config.blocks,
                resnet_eps=_EPS,
                resnet_groups=config.groups,
                add_downsample=level < len(widths) - 1,
                downsample_padding=0,
            )
            self.down.append(block)
        self.middle = _middle(widths[-1], config)
        self.norm_out = nn.GroupNorm(config.groups, widths[-1], _EPS) if config.end_norms else nn.Identity()
        self.conv_out = nn.Conv2d(widths[-1], config.latent, 3, padding=1)
        _leaky(self)

    def forward(self, texture: Tensor) -> Tensor:
        features = self.conv_in(texture)
        for block in self.down:
            features = block(features)
        features = self.middle(features)
        return self.conv_out(functional.leaky_relu(self.norm_out(features), _SLOPE))


class _Decoder(nn.Module):
    """The encoder's mirror image, and a small head each for colours and masks."""

    def __init__(self, config: VqganConfig) -> None:
        super().__init__()
        widths = [config.width * multiplier for multiplier in reversed(config.multipliers)]
        self.conv_in = nn.Conv2d(config.latent, widths[0], 3, padding=1)
        self.middle = _middle(widths[0], config)
        self.up = nn.ModuleList()
        for level, (here, there) in enumerate(zip([widths[0], *widths[:-1]], widths, strict=True)):
            block = UpDecoderBlock2D(
                in_channels=here,
                out_channels=there,
                num_layers=config.blocks + 1,
                resnet_eps=_EPS,
                resnet_groups=config.groups,
                add_upsample=level < len(widths) - 1,
            )
            self.up.append(block)
        self.norm_out = nn.GroupNorm(config.groups, widths[-1], _EPS) if config.end_norms else nn.Identity()
        self.conv_out = nn.Conv2d(widths[-1], config.channels, 3, padding=1)
        self.rgb_head = _head(3, config)
        self.mask_head = _head(2, config)
        _leaky(self)

    def forward(self, latent: Tensor) -> Tensor:
        features = self.middle(self.conv_in(latent))
        for block in self.up:
            features = block(features)
        texture = self.conv_out(functional.leaky_relu(self.norm_out(features), _SLOPE))
        generated, rgb, masks = texture.split([texture.shape[1] - 5, 3, 2], dim=1)
        return torch.cat([generated, self.rgb_head(rgb), self.mask_head(masks)], dim=1)


def _middle(width: int, config: VqganConfig) -> UNetMidBlock2D:
    return UNetMidBlock2D(
        in_channels=width,
        temb_channels=None,
        resnet_eps=_EPS,
        resnet_groups=config.groups,
        attention_head_dim=width,
    )


def _head(channels: int, config: VqganConfig) -> nn.Sequential:
    # The statistics of a small batch of people take away what makes each of them lighter or darker than the others.
    norm = nn.BatchNorm2d(channels) if config.end_norms else nn.Identity()
    return nn.Sequential(norm, nn.LeakyReLU(_SLOPE), nn.Conv2d(channels, channels, 3, padding=1))


@torch.no_grad()
def _start_as_means(vqgan: VQGAN) -> None:
    """Begin with latents that are means of 4×4 texels, and with residual branches that add nothing yet.

    Otherwise brightness is learned long before colour is: directions are found one after the other.
    """
    for module in vqgan.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.dirac_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    for module in vqgan.modules():
        if isinstance(module, ResnetBlock2D):
            nn.init.kaiming_uniform_(module.conv1.weight, a=5**0.5)
            nn.init.zeros_(module.conv2.weight)
        elif isinstance(module, Attention):
            nn.init.zeros_(module.to_out[0].weight)
            nn.init.zeros_(module.to_out[0].bias)
        elif isinstance(module, Downsample2D):
            kernel = torch.zeros_like(module.conv.weight)
            for channel in range(min(kernel.shape[:2])):
                kernel[channel, channel, :2, :2] = 0.25
            module.conv.weight.copy_(kernel)


def _leaky(module: nn.Module) -> None:
    """Put leaky ReLUs where diffusers put SiLUs."""
    for block in module.modules():
        if isinstance(block, ResnetBlock2D):
            block.nonlinearity = nn.LeakyReLU(_SLOPE)
