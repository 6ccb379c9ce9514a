"""The texture square: uv as clip coordinates, the texel at a uv, finer texels, colour beyond the charts' borders."""

from __future__ import annotations

import functools

import cv2
import numpy as np
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
    """C×S×S or B×C×S×S to …×size×size, bilinear.

    Where no gradient is asked for, OpenCV does it on the CPU: the same to 1e-7, in an eighth of the time.
    """
    if texture.device.type == "cpu" and texture.dtype == torch.float32 and not texture.requires_grad:
        planes = texture.reshape(-1, *texture.shape[-2:]).contiguous().numpy()
        drawn = np.empty((len(planes), size, size), np.float32)
        for plane, finer_plane in zip(planes, drawn, strict=True):
            cv2.resize(plane, (size, size), finer_plane, interpolation=cv2.INTER_LINEAR)
        return torch.from_numpy(drawn).view(*texture.shape[:-2], size, size)
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
    height, width = covered.shape
    gaps, nearest = _nearest_covered(covered.cpu().numpy().tobytes(), (height, width), radius)
    filled = texture.flatten(-2).clone()
    filled[..., gaps.to(texture.device)] = filled[..., nearest.to(texture.device)]
    return filled.unflatten(-1, (height, width))


@functools.lru_cache(maxsize=16)  # a layout's gaps come again and again; the body's take 3 MB at 1024²
def _nearest_covered(covered: bytes, shape: tuple[int, int], radius: float | None) -> tuple[Tensor, Tensor]:
    """(G,) int32 each: the texels that are to be filled, and of each the nearest that is covered, counted by rows."""
    empty = ~np.frombuffer(covered, bool).reshape(shape)
    distance, (row, column) = distance_transform_edt(empty, return_indices=True)
    gaps = empty if radius is None else empty & (distance <= radius)
    nearest = row[gaps] * shape[1] + column[gaps]
    return torch.from_numpy(np.flatnonzero(gaps).astype(np.int32)), torch.from_numpy(nearest)


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
