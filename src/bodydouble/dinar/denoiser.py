"""The diffusion model's network: it tells noise from a noisy latent, given the latent of what the photo showed.

The U-Net of Dhariwal and Nichol 2021 with BigGAN residual blocks for up- and downsampling and attention on three levels
(DINAR section 4.1), put together from the blocks of `diffusers`. Its whole `UNet2DModel` does not fit: there the
channels of an attention head are the same on every level, here the number of heads is.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from diffusers.models.embeddings import TimestepEmbedding, Timesteps
from diffusers.models.unets.unet_2d_blocks import (
    AttnDownBlock2D,
    AttnUpBlock2D,
    ResnetDownsampleBlock2D,
    ResnetUpsampleBlock2D,
    UNetMidBlock2D,
)
from torch import Tensor, nn
from torch.nn import functional

_EPS = 1e-5


@dataclass(frozen=True, kw_only=True)
class DenoiserConfig:
    """Sizes of the denoiser. The defaults are the paper's."""

    latent: int = 6  # channels of the latent
    condition: int = 7  # channels of the condition: the photo's latent and B_fill
    width: int = 256  # channels at the latent's resolution
    multipliers: tuple[int, ...] = (1, 2, 3, 4)  # of the width, at each resolution; attention on all but the first
    blocks: int = 2  # residual blocks at each resolution on the way down; one more on the way up
    heads: int = 8  # of every attention
    groups: int = 8  # of the group normalisation
    dropout: float = 0.5  # in training
    predicts: str = "epsilon"  # the noise, as published; or "v_prediction" (Salimans and Ho 2022)
    positions: int = 0  # side of a learned map added to the first features, which tells texels apart; 0: none
    refines: bool = False  # whether the condition holds a first guess, and the latent is what has to be added to it

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels at each resolution."""
        return tuple(self.width * multiplier for multiplier in self.multipliers)


class Denoiser(nn.Module):
    """A noisy latent, its time and a condition become the noise (equation 1 of the paper)."""

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        self.config = config
        self.time = Timesteps(config.width, flip_sin_to_cos=True, downscale_freq_shift=0)
        self.time_embedding = TimestepEmbedding(config.width, 4 * config.width)
        # Two small convolutions on the condition's last channels, the result in place of what they saw [published].
        self.before_rgb = nn.Conv2d(3, 3, 3, padding=1)
        self.before_mask = nn.Conv2d(2, 2, 3, padding=1)
        self.conv_in = nn.Conv2d(config.latent + config.condition, config.width, 3, padding=1)
        if config.positions:
            # Every latent pixel is a fixed place on the body: what may be copied from where can be learned by heart.
            self.positions = nn.Parameter(torch.zeros(config.width, config.positions, config.positions))
        levels = range(len(config.widths))
        self.down = nn.ModuleList(_down_block(config, level) for level in levels)
        self.middle = UNetMidBlock2D(
            in_channels=config.widths[-1],
            temb_channels=4 * config.width,
            dropout=config.dropout,
            resnet_eps=_EPS,
            resnet_groups=config.groups,
            attention_head_dim=config.widths[-1] // config.heads,
        )
        self.up = nn.ModuleList(_up_block(config, level) for level in reversed(levels))
        self.norm_out = nn.GroupNorm(config.groups, config.width, _EPS)
        self.conv_out = nn.Conv2d(config.width, config.latent, 3, padding=1)
        self._start_as_identity()

    def forward(self, latent: Tensor, timestep: Tensor, condition: Tensor) -> Tensor:
        """What `predicts` says, as the latent: the noise ε, or v = √ᾱ ε - √(1 - ᾱ) latent.

        Args:
            latent: B×latent×H×W, noisy; H and W are multiples of 8.
            timestep: (B,) or a single number, 0 (hardly any noise) to 999 (noise alone).
            condition: B×condition×H×W: the latent of the texture that the photo showed, and B_fill.
        """
        embedding = self.time_embedding(self.time(timestep.expand(len(latent))).to(latent.dtype))
        features = self.conv_in(torch.cat([latent, self._prepared(condition)], dim=1))
        if self.config.positions:
            features = features + self.positions
        skips = [features]
        for block in self.down:
            features, outputs = block(features, embedding)
            skips.extend(outputs)
        features = self.middle(features, embedding)
        taken = self.config.blocks + 1
        for block in self.up:
            features = block(features, tuple(skips[-taken:]), embedding)
            del skips[-taken:]
        return self.conv_out(functional.silu(self.norm_out(features)))

    def _prepared(self, condition: Tensor) -> Tensor:
        first, rgb, mask = condition.split([condition.shape[1] - 5, 3, 2], dim=1)
        return torch.cat([first, self.before_rgb(rgb), self.before_mask(mask)], dim=1)

    def _start_as_identity(self) -> None:
        """Every residual branch and the output start at zero (Dhariwal and Nichol 2021)."""
        for name, parameter in self.named_parameters():
            if any(part in name for part in (".conv2.", ".to_out.", "conv_out.")):
                nn.init.zeros_(parameter)


def _down_block(config: DenoiserConfig, level: int) -> nn.Module:
    last = level == len(config.widths) - 1
    sizes = dict(
        in_channels=config.widths[max(level - 1, 0)],
        out_channels=config.widths[level],
        temb_channels=4 * config.width,
        num_layers=config.blocks,
        dropout=config.dropout,
        resnet_eps=_EPS,
        resnet_groups=config.groups,
    )
    if level == 0:
        return ResnetDownsampleBlock2D(**sizes, add_downsample=not last)
    head = config.widths[level] // config.heads
    return AttnDownBlock2D(**sizes, attention_head_dim=head, downsample_type=None if last else "resnet")


def _up_block(config: DenoiserConfig, level: int) -> nn.Module:
    sizes = dict(
        in_channels=config.widths[max(level - 1, 0)],
        out_channels=config.widths[level],
        prev_output_channel=config.widths[min(level + 1, len(config.widths) - 1)],
        temb_channels=4 * config.width,
        num_layers=config.blocks + 1,
        dropout=config.dropout,
        resnet_eps=_EPS,
        resnet_groups=config.groups,
    )
    if level == 0:
        return ResnetUpsampleBlock2D(**sizes, add_upsample=False)
    return AttnUpBlock2D(**sizes, attention_head_dim=config.widths[level] // config.heads, upsample_type="resnet")
