"""What a parser understood, at the photo's size; one plane at a time, so that large photos need little memory."""

from __future__ import annotations

import functools

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from bodydouble.geometry.window import Size, Window
from bodydouble.parsing.labels import BACKGROUND, LABELS
from bodydouble.values import FarSide, Understanding

Side = Understanding | FarSide


def label_map(understanding: Side, size: Size) -> np.ndarray:
    """H×W uint8, read-only: the likeliest of `LABELS` at each pixel of a photo of (height, width)."""
    return _likeliest(understanding.labels, _window(understanding), size)


@functools.lru_cache(maxsize=2)  # of one photo it is asked for up to nine times
def _likeliest(chances: Tensor, window: Window, size: Size) -> np.ndarray:
    """`label_map` of L×S×S probabilities."""
    best = _paste(chances[BACKGROUND], window, size)
    labels = np.full(size, BACKGROUND, dtype=np.uint8)
    for row in range(len(LABELS)):
        if row != BACKGROUND:
            chance = _paste(chances[row], window, size)
            np.copyto(labels, row, where=chance > best)
            np.maximum(best, chance, out=best)
    labels.flags.writeable = False
    return labels


def normal_map(understanding: Side, size: Size) -> np.ndarray:
    """3×H×W float32, unit, camera axes; 0 outside the square."""
    normals = np.stack([plane_at_photo(understanding, plane, size) for plane in understanding.normals])
    normals /= np.maximum(np.linalg.norm(normals, axis=0), 1e-6)
    return normals


def person_chance(understanding: Side, size: Size) -> np.ndarray:
    """H×W float32: how likely each pixel is the person's, worn and held things included."""
    return plane_at_photo(understanding, 1 - understanding.labels[BACKGROUND], size)


def labels_at(understanding: Side, x: Tensor, y: Tensor) -> Tensor:
    """(N,) uint8: the likeliest of `LABELS` at N places, pixels of the photo; background outside the square."""
    place = torch.stack([x - understanding.left, y - understanding.top], -1) * 2 / understanding.side - 1
    chances = grid_sample(understanding.labels[None], place[None, None], align_corners=False)[0, :, 0]
    best = chances.max(0).indices  # four times as fast as argmax
    return torch.where((place.abs() <= 1).all(1), best, BACKGROUND).to(torch.uint8)


def plane_at_photo(understanding: Side, plane: Tensor, size: Size) -> np.ndarray:
    """H×W float32 of an S×S plane of the square; 0 outside the square."""
    return _paste(plane, _window(understanding), size)


def _window(understanding: Side) -> Window:
    return Window(understanding.left, understanding.top, understanding.side)


def _paste(plane: Tensor, window: Window, size: Size) -> np.ndarray:
    return window.paste(plane.float().contiguous().numpy(), size)
