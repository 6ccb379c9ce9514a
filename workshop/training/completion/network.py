"""The network that corrects `exemplar` where nothing was seen: how far colours are off, and where the twin is better.

given texels, the other side's, exemplar's colours and labels, 128² ── U-Net ──▶ residual and gate, 64² ──▶ 256²

Both change smoothly: what is copied, of exemplar's texture or of the mirrored texel, stays as sharp as it is.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from bodydouble.parsing.labels import LABELS

INPUT_SIZE = 128  # texels a side
# Colours, coverage and confidence of what was seen; colours and coverage of the other side; exemplar's colours; its
# labels; two coordinates and the distance from the middle.
INPUT_CHANNELS = 5 + 4 + 3 + len(LABELS) + 3
_WIDTHS = (24, 32, 48, 64)  # channels at 64², 32², 16² and 8²
_GROUPS = 8  # of channels that are normalised together
_CLOSED = -4.0  # the gate's logit at first: 2 % of the mirrored texel


class _Block(nn.Module):
    """Two convolutions, the second on top of what came in."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels_in, channels_out, 3, 1, 1)
        self.second = nn.Conv2d(channels_out, channels_out, 3, 1, 1)
        self.norms = nn.ModuleList([nn.GroupNorm(_GROUPS, channels_out) for _ in range(2)])

    def forward(self, features: Tensor) -> Tensor:
        """B×c×h×w to B×d×h×w."""
        features = functional.silu(self.norms[0](self.first(features)))
        return features + functional.silu(self.norms[1](self.second(features)))


class CompletionNetwork(nn.Module):
    """A U-Net from 128² inputs to a residual, zero at first, and a gate, all but closed at first, both of 64²."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(INPUT_CHANNELS, _WIDTHS[0], 4, 2, 1)
        self.down = nn.ModuleList(
            [_Block(before, after) for before, after in zip((_WIDTHS[0], *_WIDTHS), _WIDTHS, strict=False)]
        )
        self.up = nn.ModuleList(
            [_Block(below + beside, beside) for below, beside in zip(_WIDTHS[:0:-1], _WIDTHS[-2::-1], strict=True)]
        )
        self.head = nn.Conv2d(_WIDTHS[0], 4, 1)
        nn.init.zeros_(self.head.weight)
        assert self.head.bias is not None
        self.head.bias.data = torch.tensor([0.0, 0.0, 0.0, _CLOSED])

    def forward(self, inputs: Tensor) -> Tensor:
        """B×INPUT_CHANNELS×128×128 (`make_inputs`) to B×4×64×64: differences of colours, and the gate's logit."""
        features = self.stem(inputs)
        beside: list[Tensor] = []
        for number, block in enumerate(self.down):
            features = block(functional.avg_pool2d(features, 2) if number else features)
            beside.append(features)
        beside.pop()
        for block in self.up:
            features = functional.interpolate(features, scale_factor=2, mode="bilinear", align_corners=False)
            features = block(torch.cat([features, beside.pop()], 1))
        correction: Tensor = self.head(features)
        return correction


def make_inputs(rgb: Tensor, confidence: Tensor, exemplar: Tensor, labels: Tensor) -> Tensor:
    """B×INPUT_CHANNELS×128×128, what the network is given.

    Args:
        rgb: B×3×S×S, [0, 1], what was seen, S a multiple of 128; in a mirrored layout (`UvLayout.mirrored`).
        confidence: B×S×S, the cosine to the camera, 0 where nothing was seen.
        exemplar: B×3×S×S, [0, 1], the whole texture.
        labels: B×S×S, uint8, what every texel is taken for.
    """
    mask = (confidence[:, None] > 0).float()
    amounts = functional.adaptive_avg_pool2d(torch.cat([rgb * mask, mask, confidence[:, None] * mask], 1), INPUT_SIZE)
    coverage = amounts[:, 3:4]
    colours = torch.cat([amounts[:, :3], amounts[:, 4:]], 1) / coverage.clamp_min(1e-3)
    near = torch.cat([colours, coverage], 1)
    twin = near.flip(-1)[:, [0, 1, 2, 4]]
    one_hot = functional.one_hot(labels.long().clamp(max=len(LABELS) - 1), len(LABELS)).movedim(-1, 1).float()
    line = (torch.arange(INPUT_SIZE, device=rgb.device) + 0.5) / INPUT_SIZE * 2 - 1
    rows, columns = torch.meshgrid(line, line, indexing="ij")
    places = torch.stack([columns, rows, columns.abs()]).expand(len(rgb), -1, -1, -1)
    small = [functional.adaptive_avg_pool2d(image, INPUT_SIZE) for image in (exemplar, one_hot)]
    return torch.cat([near, twin, *small, places], 1)


def correct_colours(rgb: Tensor, confidence: Tensor, exemplar: Tensor, correction: Tensor) -> Tensor:
    """B×3×S×S: exemplar's colours, mixed with the mirrored texel's where that was seen, and moved.

    Args:
        rgb, confidence, exemplar: see `make_inputs`.
        correction: B×4×h×h, what the network says.
    """
    fine = functional.interpolate(correction, exemplar.shape[-2:], mode="bicubic", align_corners=False)
    residual, logit = fine.split([3, 1], 1)
    gate = logit.sigmoid() * (confidence[:, None] > 0).flip(-1)
    return exemplar + gate * (rgb.flip(-1) - exemplar) + residual
