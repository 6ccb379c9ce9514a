"""The texture square: uv as clip coordinates, the texel at a uv, finer texels, colour beyond the charts' borders."""

from __future__ import annotations

import torch
from scipy.ndimage import distance_transform_edt
from torch import Tensor
from torch.nn import functional


def clip_from_uv(uv: Tensor) -> Tensor:
    """(…, 2) uv to (…, 4) clip coordinates (see `geometry.camera`): a rasteriser then draws the texture square."""
    return torch.cat([uv * 2 - 1, torch.ones_like(uv)], -1)


def texel_at(uv: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Row and column (int64) of the texel that holds each uv (…, 2) of a size×size texture."""
    column, row = (uv * size).floor().long().clamp(0, size - 1).unbind(-1)
    return row, column


def enlarge(texture: Tensor, size: int) -> Tensor:
    """C×S×S or B×C×S×S to …×size×size, bilinear."""
    batch = texture.reshape(-1, *texture.shape[-3:])
    finer = functional.interpolate(batch, (size, size), mode="bilinear", align_corners=False)
    return finer.reshape(*texture.shape[:-2], size, size)


def resize_nearest(image: Tensor, size: int) -> Tensor:
    """C×S×S to C×size×size, the nearest texel."""
    return functional.interpolate(image[None], (size, size), mode="nearest-exact")[0]


def fill_seams(texture: Tensor, covered: Tensor, radius: float | None = None) -> Tensor:
    """The texture with the nearest covered texel's value in each texel that is not covered.

    Bilinear samples at a chart's border then pick up no emptiness.

    Args:
        texture: …×S×S.
        covered: S×S, bool.
        radius: texels; farther from every covered texel the texture stays as it is. None: all are filled.
    """
    if not bool(covered.any()):
        return texture
    distance, nearest = distance_transform_edt(~covered.cpu().numpy(), return_indices=True)
    row, column = torch.from_numpy(nearest).long().to(texture.device)
    filled = texture[..., row, column]
    if radius is None:
        return filled
    near = torch.from_numpy(distance <= radius).to(texture.device)
    return torch.where(near, filled, texture)


def spread_colours(rgb: Tensor, known: Tensor) -> Tensor:
    """Colours where they are known (one channel, 0 or 1), elsewhere those of the neighbourhood.

    They come from coarser and coarser means; 0 everywhere if nothing is known at all.
    """
    levels = [(rgb * known, known.float())]
    for _ in range(max(1, rgb.shape[-1].bit_length() - 1)):
        levels.append((functional.avg_pool2d(levels[-1][0], 2), functional.avg_pool2d(levels[-1][1], 2)))
    total, weight = levels.pop()
    result = total / weight.clamp_min(1e-8)
    for total, weight in reversed(levels):
        result = total + enlarge(result, total.shape[-1]) * (1 - weight)
    return result
