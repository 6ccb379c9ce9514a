"""A small U-Net with attention at its lower resolutions, in plain PyTorch.

The blocks are those of DDPM's U-Net (Ho et al. 2020, appendix B) without time: where that adds an embedding of the
time step, a learned shift stays. `diffusers` has these blocks too, but costs two seconds to import, and every double
would pay them.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

_EPS = 1e-5  # of the group normalisations


class UNet(nn.Module):
    """B×inputs×H×W to B×outputs×H×W; H and W are multiples of 2 to the number of `widths` less one."""

    def __init__(self, inputs: int, outputs: int, widths: Sequence[int], head_channels: int, groups: int) -> None:
        """Blocks of the given sizes.

        Args:
            widths: channels at each resolution, full one first; the lower half has attention.
            head_channels: of an attention head.
            groups: of the group normalisations.
        """
        super().__init__()
        last = len(widths) - 1
        attends = [level >= len(widths) // 2 for level in range(len(widths))]
        self.first = nn.Conv2d(inputs, widths[0], 3, padding=1)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        heads = head_channels
        for level, width in enumerate(widths):
            before = widths[max(0, level - 1)]
            self.down.append(_Down(before, width, groups, heads if attends[level] else 0, halves=level < last))
        self.middle = nn.ModuleList(
            [_Residual(widths[-1], widths[-1], groups), _Attention(widths[-1], heads, groups)]
            + [_Residual(widths[-1], widths[-1], groups)]
        )
        for level in range(last, -1, -1):
            skips = (widths[level], widths[max(0, level - 1)])
            before = widths[min(last, level + 1)]
            self.up.append(_Up(before, skips, widths[level], groups, heads if attends[level] else 0, doubles=level > 0))
        self.norm = nn.GroupNorm(groups, widths[0], _EPS)
        self.last = nn.Conv2d(widths[0], outputs, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        """See the class."""
        features = self.first(image)
        skips = [features]
        for block in self.down:
            features, passed = block(features)
            skips += passed
        for block in self.middle:
            features = block(features)
        for block in self.up:
            features = block(features, skips.pop(), skips.pop())
        return self.last(functional.silu(self.norm(features)))


class _Residual(nn.Module):
    """Two convolutions and a way around them."""

    def __init__(self, inputs: int, outputs: int, groups: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, inputs, _EPS)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.shift = nn.Parameter(torch.zeros(outputs))
        self.norm2 = nn.GroupNorm(groups, outputs, _EPS)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, features: Tensor) -> Tensor:
        """B×inputs×h×w to B×outputs×h×w."""
        hidden = self.conv1(functional.silu(self.norm1(features))) + self.shift[:, None, None]
        return self.shortcut(features) + self.conv2(functional.silu(self.norm2(hidden)))


class _Attention(nn.Module):
    """Self-attention between all pixels."""

    def __init__(self, width: int, head_channels: int, groups: int) -> None:
        super().__init__()
        self.heads = width // head_channels
        self.norm = nn.GroupNorm(groups, width, _EPS)
        self.queries, self.keys, self.values, self.result = (nn.Linear(width, width) for _ in range(4))

    def forward(self, features: Tensor) -> Tensor:
        """B×width×h×w to the same."""
        batch, width, height, across = features.shape
        pixels = self.norm(features.flatten(2)).transpose(1, 2)
        queries, keys, values = (
            layer(pixels).view(batch, -1, self.heads, width // self.heads).transpose(1, 2)
            for layer in (self.queries, self.keys, self.values)
        )
        attended = (
            functional.scaled_dot_product_attention(queries, keys, values).transpose(1, 2).reshape(batch, -1, width)
        )
        return self.result(attended).transpose(-1, -2).reshape(batch, width, height, across) + features


class _Down(nn.Module):
    """One resolution on the way down."""

    def __init__(self, inputs: int, width: int, groups: int, head_channels: int, halves: bool) -> None:
        super().__init__()
        self.residual = _Residual(inputs, width, groups)
        self.attention = _Attention(width, head_channels, groups) if head_channels else nn.Identity()
        self.downsample = nn.Conv2d(width, width, 3, stride=2, padding=1) if halves else None

    def forward(self, features: Tensor) -> tuple[Tensor, list[Tensor]]:
        """What goes on, and what the way up is passed."""
        features = self.attention(self.residual(features))
        if self.downsample is None:
            return features, [features]
        halved = self.downsample(features)
        return halved, [features, halved]


class _Up(nn.Module):
    """One resolution on the way up."""

    def __init__(
        self, inputs: int, skips: tuple[int, int], width: int, groups: int, head_channels: int, doubles: bool
    ) -> None:
        super().__init__()
        self.residuals = nn.ModuleList(
            [_Residual(inputs + skips[0], width, groups), _Residual(width + skips[1], width, groups)]
        )
        self.attentions = nn.ModuleList(
            _Attention(width, head_channels, groups) if head_channels else nn.Identity() for _ in skips
        )
        self.upsample = nn.Conv2d(width, width, 3, padding=1) if doubles else None

    def forward(self, features: Tensor, *skips: Tensor) -> Tensor:
        """B×inputs×h×w and what the way down passed, the last first."""
        for residual, attention, skip in zip(self.residuals, self.attentions, skips, strict=True):
            features = attention(residual(torch.cat([features, skip], 1)))
        if self.upsample is None:
            return features
        return self.upsample(functional.interpolate(features, scale_factor=2.0, mode="nearest"))
