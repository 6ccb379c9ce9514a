"""The photo's colours scattered into the texture: DINAR's Algorithm 1 (supplement A), for the networks at 256².

| paper | here |
|---|---|
| RGB, UV | `rgb`, `uv`: the photo and the body's uv render |
| T, C | sum of colours and count, per texel |
| B_smp | `SampledTexture.sampled`: written by the second pass |
| B_fill | `SampledTexture.filled`: written by either pass |
| λ | `SampledTexture.cosine`: carried to the texture like the colours |

Where several pixels fall on one texel, the second pass keeps the last in reading order (row by row).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.geometry.uv import texel_at

_ERODED = 5  # side of the square by which the person mask is eroded before sampling


@dataclass(frozen=True)
class SampledTexture:
    """What one photo writes into the texture. Everything is 0 where `filled` is False."""

    rgb: Tensor  # 3×S×S, [0, 1]
    sampled: Tensor  # S×S, bool, B_smp
    filled: Tensor  # S×S, bool, B_fill
    cosine: Tensor  # S×S, λ, between the surface normal and the direction to the camera


def sample_texels(rgb: Tensor, uv: Tensor, mask: Tensor, cosine: Tensor, size: int = 256) -> SampledTexture:
    """Algorithm 1, all pixels at once.

    Args:
        rgb: 3×H×W, [0, 1].
        uv: 2×H×W, [0, 1], the body's uv at each pixel; below 0 where the body is not.
        mask: H×W, [0, 1], the person; eroded here by 5×5 pixels.
        cosine: H×W, λ at each pixel.
        size: texels a side.
    """
    pixel = (eroded(mask) & (uv >= 0).all(0)).flatten().nonzero()[:, 0]
    values = torch.cat([rgb, cosine[None]]).flatten(1)[:, pixel].double()
    row, column = texel_at(uv.flatten(1)[:, pixel].T, size)
    # One ring of texels around the texture takes what the neighbourhoods write beyond its edge.
    wide = size + 2
    total = values.new_zeros(5, wide * wide)
    counted = torch.cat([values, values.new_ones(1, len(pixel))])
    for down in (0, 1, 2):
        for right in (0, 1, 2):
            total.index_add_(1, (row + down) * wide + column + right, counted)
    total = total.view(5, wide, wide)[:, 1:-1, 1:-1]
    texture = (total[:4] / total[4].clamp_min(1)).flatten(1)
    last = torch.full((size * size,), -1, dtype=torch.int64, device=rgb.device)
    order = torch.arange(len(pixel), device=rgb.device)
    last.scatter_reduce_(0, row * size + column, order, "amax")
    sampled = last >= 0
    texture[:, sampled] = values[:, last[sampled]]
    return _sampled_texture(texture.view(4, size, size), sampled.view(size, size), total[4] > 0)


def sample_texels_reference(rgb: Tensor, uv: Tensor, mask: Tensor, cosine: Tensor, size: int = 256) -> SampledTexture:
    """Algorithm 1 as it is written, pixel after pixel: slow, and the judge of `sample_texels`."""
    texture = torch.zeros(4, size, size, dtype=torch.float64)
    count = torch.zeros(size, size, dtype=torch.float64)
    sampled = torch.zeros(size, size, dtype=torch.bool)
    values = torch.cat([rgb, cosine[None]]).double()
    height, width = mask.shape
    used = eroded(mask) & (uv >= 0).all(0)
    pixels = [(y, x) for y in range(height) for x in range(width) if used[y, x]]
    # Fill texels with the mean value of their neighbours.
    for y, x in pixels:
        i, j = (int(index) for index in texel_at(uv[:, y, x], size))
        for k in (-1, 0, 1):
            for m in (-1, 0, 1):
                if 0 <= i + k < size and 0 <= j + m < size:
                    texture[:, i + k, j + m] += values[:, y, x]
                    count[i + k, j + m] += 1
    texture = texture / count.clamp_min(1)
    # Fill exact values in texels that need no inpainting.
    for y, x in pixels:
        i, j = (int(index) for index in texel_at(uv[:, y, x], size))
        texture[:, i, j] = values[:, y, x]
        sampled[i, j] = True
    return _sampled_texture(texture, sampled, count > 0)


def eroded(mask: Tensor, side: int = _ERODED) -> Tensor:
    """…×H×W, bool: pixels whose whole side×side neighbourhood within the image is more person than not."""
    solid = (mask > 0.5).float().reshape(-1, 1, *mask.shape[-2:])
    return (-functional.max_pool2d(-solid, side, stride=1, padding=side // 2) > 0).reshape(mask.shape)


def _sampled_texture(texture: Tensor, sampled: Tensor, filled: Tensor) -> SampledTexture:
    values = texture.float()
    return SampledTexture(rgb=values[:3], sampled=sampled, filled=filled, cosine=values[3])
