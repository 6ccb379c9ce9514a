"""What a parser understood, at the photo's size; one plane at a time, so that large photos need little memory."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from bodydouble.geometry.window import Size, Window
from bodydouble.parsing.labels import BACKGROUND, LABELS
from bodydouble.values import Understanding


def label_map(understanding: Understanding, size: Size) -> np.ndarray:
    """H×W uint8: the likeliest of `LABELS` at each pixel of a photo of (height, width)."""
    best = plane_at_photo(understanding, understanding.labels[BACKGROUND], size)
    labels = np.full(size, BACKGROUND, dtype=np.uint8)
    for row in range(len(LABELS)):
        if row != BACKGROUND:
            chance = plane_at_photo(understanding, understanding.labels[row], size)
            better = chance > best
            labels[better] = row
            best[better] = chance[better]
    return labels


def normal_map(understanding: Understanding, size: Size) -> np.ndarray:
    """3×H×W float32, unit, camera axes; 0 outside the square."""
    normals = np.stack([plane_at_photo(understanding, plane, size) for plane in understanding.normals])
    normals /= np.maximum(np.linalg.norm(normals, axis=0), 1e-6)
    return normals


def person_chance(understanding: Understanding, size: Size) -> np.ndarray:
    """H×W float32: how likely each pixel is the person's, worn and held things included."""
    return plane_at_photo(understanding, 1 - understanding.labels[BACKGROUND], size)


def plane_at_photo(understanding: Understanding, plane: Tensor, size: Size) -> np.ndarray:
    """H×W float32 of an S×S plane of the square; 0 outside the square."""
    window = Window(understanding.left, understanding.top, understanding.side)
    return window.paste(plane.float().contiguous().numpy(), size)
