"""Blending of what is partly transparent: in each pixel from far to near."""

from __future__ import annotations

import torch
from torch import Tensor


def blend_far_to_near(pixel: Tensor, depth: Tensor, rgba: Tensor, canvas: Tensor) -> None:
    """Blend n points over a canvas, in place.

    Args:
        pixel: (n,), int64, number of the pixel in the canvas.
        depth: (n,), metres; of equal ones the first is behind.
        rgba: 4×n, straight alpha.
        canvas: 4×…, premultiplied alpha, contiguous.
    """
    order = depth.argsort(descending=True, stable=True)
    order = order[pixel[order].argsort(stable=True)]
    pixel, rgba = pixel[order], rgba[:, order]
    # How many of the same pixel's points lie behind each one: those with the same number never share a pixel.
    place = torch.arange(len(pixel), device=pixel.device)
    starts = torch.cat([pixel.new_ones(1, dtype=torch.bool), pixel[1:] != pixel[:-1]])[: len(pixel)]
    behind = place - torch.where(starts, place, 0).cummax(0).values
    flat = canvas.view(4, -1)
    for number in range(int(behind.max()) + 1 if len(behind) else 0):
        layer = (behind == number).nonzero()[:, 0]
        at, over = pixel[layer], rgba[:, layer]
        flat[:, at] = flat[:, at] * (1 - over[3]) + torch.cat([over[:3], torch.ones_like(over[3:])]) * over[3]
