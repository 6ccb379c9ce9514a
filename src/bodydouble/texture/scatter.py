"""Photos' colours scattered into the texture: DINAR's Algorithm 1 (supplement A), for networks at 256².

| paper | here |
|---|---|
| RGB, UV | `rgb`, `uv`: the photo and the body's uv render |
| T, C | sum of colours and count, per texel |
| B_smp | `ScatteredTexture.sampled`: written by the second pass |
| B_fill | `ScatteredTexture.filled`: written by either pass |
| λ | `ScatteredTexture.cosine`: carried to the texture like the colours |
| T = Σ T_i · w_i (Eq. 5) | `merge_scattered` |

Where several pixels fall on one texel, the second pass keeps the last in reading order (row by row).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.texture.assembly import LIBRARY, TextureAssembly
from bodydouble.texture.merge import match_colours, view_weights
from bodydouble.texture.square_view import SquareView
from bodydouble.values import Texture

_ERODED = 5  # side of the square by which the person mask is eroded before sampling


@dataclass(frozen=True)
class ScatteredTexture:
    """What one photo writes into the texture. Everything is 0 where `filled` is False."""

    rgb: Tensor  # 3×S×S, [0, 1]
    sampled: Tensor  # S×S, bool, B_smp
    filled: Tensor  # S×S, bool, B_fill
    cosine: Tensor  # S×S, λ, between the surface normal and the direction to the camera


def scatter_view(
    view: SquareView, size: int = 256, occlusion: bool = True, assembly: TextureAssembly = LIBRARY
) -> ScatteredTexture:
    """Algorithm 1 of one photo.

    Args:
        size: texels a side.
        occlusion: leave out the pixels on outlines of overlapping limbs (paper section 3.5).
        assembly: as the networks learned it that take the texture.
    """
    view = assembly.cut_out_person(view)
    uv = torch.where(view.outline, -1.0, view.uv) if occlusion else view.uv
    return scatter_pixels(view.rgb, uv, view.mask, view.cosine, size, assembly)


def merge_scattered(views: Sequence[ScatteredTexture]) -> tuple[ScatteredTexture, Tensor]:
    """Several photos' textures as one (Eq. 5), in the first one's colours; and N×S×S, how much each counts.

    Where no photo shows a texel, all count the same.
    """
    measure = Texture(rgb=views[0].rgb, confidence=views[0].cosine)
    further = [match_colours(Texture(rgb=view.rgb, confidence=view.cosine), measure) for view in views[1:]]
    rgb = torch.stack([views[0].rgb, *further])
    cosine, sampled, filled = (
        torch.stack([getattr(view, name) for view in views]) for name in ("cosine", "sampled", "filled")
    )
    weights = view_weights(cosine, filled)
    weights = torch.where(filled.any(0), weights, 1 / len(views))
    merged = ScatteredTexture(
        rgb=(rgb * weights[:, None]).sum(0), sampled=sampled.any(0), filled=filled.any(0), cosine=cosine.amax(0)
    )
    return merged, weights


def scatter_pixels(
    rgb: Tensor, uv: Tensor, mask: Tensor, cosine: Tensor, size: int = 256, assembly: TextureAssembly = LIBRARY
) -> ScatteredTexture:
    """Algorithm 1, all pixels at once.

    Args:
        rgb: 3×H×W, [0, 1].
        uv: 2×H×W, [0, 1], the body's uv at each pixel; below 0 where the body is not.
        mask: H×W, [0, 1], the person; eroded here by 5×5 pixels.
        cosine: H×W, λ at each pixel.
        size: texels a side.
        assembly: which texel a pixel falls on, and in how many bits its colour does.
    """
    pixel = (erode(mask) & (uv >= 0).all(0)).flatten().nonzero()[:, 0]
    values = torch.cat([assembly.quantise_colours(rgb), cosine[None]]).flatten(1)[:, pixel].double()
    row, column = assembly.texel_at(uv.flatten(1)[:, pixel].T, size)
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


def scatter_pixels_reference(
    rgb: Tensor, uv: Tensor, mask: Tensor, cosine: Tensor, size: int = 256, assembly: TextureAssembly = LIBRARY
) -> ScatteredTexture:
    """Algorithm 1 as it is written, pixel after pixel: slow, and the judge of `scatter_pixels`."""
    texture = torch.zeros(4, size, size, dtype=torch.float64)
    count = torch.zeros(size, size, dtype=torch.float64)
    sampled = torch.zeros(size, size, dtype=torch.bool)
    values = torch.cat([assembly.quantise_colours(rgb), cosine[None]]).double()
    height, width = mask.shape
    used = erode(mask) & (uv >= 0).all(0)
    pixels = [(y, x) for y in range(height) for x in range(width) if used[y, x]]
    # Fill texels with the mean value of their neighbours.
    for y, x in pixels:
        i, j = (int(index) for index in assembly.texel_at(uv[:, y, x], size))
        for k in (-1, 0, 1):
            for m in (-1, 0, 1):
                if 0 <= i + k < size and 0 <= j + m < size:
                    texture[:, i + k, j + m] += values[:, y, x]
                    count[i + k, j + m] += 1
    texture = texture / count.clamp_min(1)
    # Fill exact values in texels that need no inpainting.
    for y, x in pixels:
        i, j = (int(index) for index in assembly.texel_at(uv[:, y, x], size))
        texture[:, i, j] = values[:, y, x]
        sampled[i, j] = True
    return _sampled_texture(texture, sampled, count > 0)


def erode(mask: Tensor, side: int = _ERODED) -> Tensor:
    """…×H×W, bool: pixels whose whole side×side neighbourhood within the image is more person than not."""
    solid = (mask > 0.5).float().reshape(-1, 1, *mask.shape[-2:])
    return (-functional.max_pool2d(-solid, side, stride=1, padding=side // 2) > 0).reshape(mask.shape)


def _sampled_texture(texture: Tensor, sampled: Tensor, filled: Tensor) -> ScatteredTexture:
    values = texture.float()
    return ScatteredTexture(rgb=values[:3], sampled=sampled, filled=filled, cosine=values[3])
