"""DINAR's neural renderer θ: a neural texture on a posed body becomes a picture (paper equation 3; supplement C).

| paper | here |
|---|---|
| T | `texture`, 21 channels: T_gen ⊕ T_rgb ⊕ B_smp ⊕ B_fill |
| R(T, M, C) | `uv`, `uv_mask`: the rasterised body; the texture is sampled with them inside |

The `lite` renderer also takes the colours of the high-resolution texture, sampled at the pixels, and adds a residual to
them whose last layer starts at zero: what the photo showed is there from the start and in full resolution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from bodydouble.nn.fuse import fused
from bodydouble.nn.layers import BiasedLeakyReLU, EqualConv2d

BACKGROUND_UV = -10.0  # what the published rasteriser writes where the body is not


@dataclass(frozen=True, kw_only=True)
class RendererConfig:
    """Sizes of the renderer. The defaults are the paper's."""

    texture: int = 21  # channels of the neural texture
    texture_features: int = 21  # channels of it that are sampled
    uv_features: int = 8
    mask_features: int = 4
    widths: tuple[int, ...] = (64, 128, 256, 512)  # of the U-Net, at full resolution, half, quarter, ...
    blocks: int = 3  # residual blocks at the lowest resolution
    kernel: int = 7  # side of the U-Net's first and last convolution
    features: int = 16  # channels between the U-Net and the heads
    rgb_layers: int = 2  # hidden convolutions of the head for colours
    mask_layers: int = 4  # and of that for the mask
    mask_outputs: int = 3  # of which the first is the mask
    align_corners: bool = True  # whether uv -1 and 1 are the centres of the outer texels (published) or their edges
    detail: bool = False  # whether high-resolution colours are an input, and the output a change of them
    bfloat16: bool = False  # whether it draws in bfloat16 where that is fast; in the paper's sizes it can be seen


class Rendering(NamedTuple):
    """What the renderer draws."""

    rgb: Tensor  # B×3×H×W, [0, 1]; everywhere, also where the mask is 0
    mask: Tensor  # B×1×H×W, [0, 1], the person

    def over(self, background: Tensor) -> Tensor:
        """B×3×H×W: the person before a background of that shape."""
        return self.rgb * self.mask + background * (1 - self.mask)


class NeuralRenderer(nn.Module):
    """Neural texture and rasterised body to colours and mask."""

    def __init__(self, config: RendererConfig) -> None:
        super().__init__()
        self.config = config
        self.texture_layers = _two_layers(config.texture, config.texture_features)
        self.uv_layers = _two_layers(2, config.uv_features)
        self.mask_layers = _two_layers(1, config.mask_features)
        inputs = config.texture_features + config.uv_features + config.mask_features + 3 * config.detail
        self.unet = _UNet(inputs, config)
        self.rgb_head = _head(config.features, config.rgb_layers, 3)
        self.mask_head = _head(config.features, config.mask_layers, config.mask_outputs)
        if config.detail:
            last = self.rgb_head[-1]
            assert isinstance(last, EqualConv2d)
            nn.init.zeros_(last.weight)

    def forward(self, texture: Tensor, uv: Tensor, uv_mask: Tensor, detail: Tensor | None = None) -> Rendering:
        """Draw.

        Args:
            texture: B×texture×S×S, colours and masks in [0, 1].
            uv: B×2×H×W, [-1, 1] (u right, v down), `BACKGROUND_UV` where the body is not, as the published network
                has it; `signed_uv` makes it of this project's. H and W are multiples of the lowest resolution's
                share: 8, or 2 to the number of `widths` less one.
            uv_mask: B×1×H×W, 1 where the body is, else 0.
            detail: B×3×H×W, [0, 1]: the high-resolution texture's colours at the pixels; if and only if the
                configuration says so.
        """
        return self.draw(self.texture_features(texture), uv, uv_mask, detail)

    def texture_features(self, texture: Tensor) -> Tensor:
        """What is sampled with the uv: B×texture_features×S×S, float32."""
        return self.texture_layers(texture.to(next(self.parameters()).dtype)).float()

    def draw(self, features: Tensor, uv: Tensor, uv_mask: Tensor, detail: Tensor | None = None) -> Rendering:
        """As `forward`, with `texture_features(texture)` computed before: once for all frames of a video."""
        if (detail is not None) != self.config.detail:
            raise ValueError(f"detail: this renderer {'needs' if self.config.detail else 'has no use for'} it")
        kind = next(self.unet.parameters()).dtype
        # In float32 whatever the rest is in: a bfloat16 would move a sample by whole texels.
        sampled = functional.grid_sample(
            features.float(), uv.movedim(1, -1).float(), align_corners=self.config.align_corners
        )
        inputs = [(sampled * uv_mask).to(kind), self.uv_layers(uv.to(kind)), self.mask_layers(uv_mask.to(kind))]
        if detail is not None:
            inputs.append((detail * uv_mask).to(kind))
        result = self.unet(torch.cat(inputs, dim=1))
        mask = torch.sigmoid(self.mask_head(result)[:, :1].float())
        rgb = torch.tanh(self.rgb_head(result).float())
        if detail is None:
            rgb = (rgb + 1) / 2
        else:
            rgb = detail * uv_mask + rgb
            # Training sees how far beyond black and white it went.
            rgb = rgb if self.training else rgb.clamp(0, 1)
        return Rendering(rgb, (mask + uv_mask).clamp(0, 1))


def for_inference(renderer: NeuralRenderer, dtype: torch.dtype | None = None) -> NeuralRenderer:
    """A copy that draws the same faster: layers fused, channels last, bfloat16 where that may be and is fast.

    In bfloat16 colours of the `lite` renderer differ by 0.002 on average. Its inputs and outputs stay float32.

    Args:
        dtype: what it computes in; None: bfloat16 if the configuration allows it and the hardware has it, else float32.
    """
    result = fused(renderer).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if dtype is None and renderer.config.bfloat16 and _has_bfloat16(next(renderer.parameters()).device):
        dtype = torch.bfloat16
    return result.to(dtype or torch.float32)


def _has_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    return bool(getattr(torch.cpu, "_is_avx512_bf16_supported", bool)())  # elsewhere it is emulated, and slow


def signed_uv(uv: Tensor, uv_mask: Tensor) -> Tensor:
    """This project's uv (B×2×H×W, [0, 1]) as the renderer takes it: [-1, 1], and `BACKGROUND_UV` beside the body."""
    return torch.where(uv_mask > 0, uv * 2 - 1, BACKGROUND_UV)


class _UNet(nn.Module):
    """Convolutions down, residual blocks, convolutions up; skips start after the first convolution of stride 2."""

    def __init__(self, inputs: int, config: RendererConfig) -> None:
        super().__init__()
        widths = config.widths
        margin = config.kernel // 2
        self.start = nn.Sequential(
            nn.ReflectionPad2d(margin), *_layer(EqualConv2d(inputs, widths[0], config.kernel), widths[0])
        )
        self.down = nn.ModuleList()
        for here, there in zip(widths[:-1], widths[1:], strict=True):
            self.down.append(nn.Sequential(*_layer(EqualConv2d(here, there, 3, stride=2, padding=1), there)))
        self.middle = nn.Sequential(*(_ResidualBlock(widths[-1]) for _ in range(config.blocks)))
        self.up = nn.ModuleList()
        for here, there in zip(widths[:0:-1], widths[-2::-1], strict=True):
            upsample = nn.Upsample(scale_factor=2, mode="bilinear")
            self.up.append(nn.Sequential(upsample, *_layer(EqualConv2d(2 * here, there, 3, padding=1), there)))
        self.last = nn.Sequential(nn.ReflectionPad2d(margin), EqualConv2d(widths[0], config.features, config.kernel))

    def forward(self, image: Tensor) -> Tensor:
        features = self.start(image)
        skips = []
        for down in self.down:
            features = down(features)
            skips.append(features)
        features = self.middle(features)
        for up in self.up:
            features = up(torch.cat([features, skips.pop()], dim=1))
        return self.last(features)


class _ResidualBlock(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.ReflectionPad2d(1),
            *_layer(EqualConv2d(channels, channels, 3), channels),
            nn.ReflectionPad2d(1),
            EqualConv2d(channels, channels, 3),
            nn.BatchNorm2d(channels),
        )

    def forward(self, features: Tensor) -> Tensor:
        return features + self.layers(features)


def _layer(convolution: EqualConv2d, channels: int) -> list[nn.Module]:
    return [convolution, nn.BatchNorm2d(channels), BiasedLeakyReLU(channels)]


def _two_layers(inputs: int, outputs: int) -> nn.Sequential:
    first = EqualConv2d(inputs, outputs, 3, padding=1, bias=False)
    second = EqualConv2d(outputs, outputs, 3, padding=1, bias=False)
    return nn.Sequential(*_layer(first, outputs), *_layer(second, outputs))


def _head(channels: int, hidden: int, outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = [nn.BatchNorm2d(channels), BiasedLeakyReLU(channels)]
    for _ in range(hidden):
        layers += _layer(EqualConv2d(channels, channels, 3, padding=1, bias=False), channels)
    return nn.Sequential(*layers, EqualConv2d(channels, outputs, 3, padding=1))
