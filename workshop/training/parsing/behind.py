"""What stands behind a person: a piece of another picture, their shadow on it, and furniture in their own colours."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

_SHADOWED, _FURNISHED = 0.35, 0.45  # shares of backgrounds
_SHIFT = (0.1, 0.05)  # of a shadow, across and down, as shares of the side: at most
_PIECES = (1, 7)  # of furniture: at least, and fewer than
_BAR, _BLOCK = (0.006, 0.035), (0.05, 0.35)  # widths of legs and of what they carry, as shares of the side
_OWN_COLOUR = 0.6  # share of pieces in the person's colours where they touch; the others are pieces of pictures


def place_behind(backgrounds: Sequence[np.ndarray], size: int, rng: np.random.Generator) -> np.ndarray:
    """size×size×3, uint8: a random square of a random background, mirrored or not."""
    image = backgrounds[int(rng.integers(len(backgrounds)))]
    side = int(len(image) * rng.uniform(0.35, 1.0))
    top, left = rng.integers(0, len(image) - side + 1, 2)
    part = cv2.resize(image[top : top + side, left : left + side], (size, size), interpolation=cv2.INTER_LINEAR)
    return part[:, ::-1] if rng.random() < 0.5 else part


def furnish(
    behind: np.ndarray,
    person: np.ndarray,
    alpha: np.ndarray,
    backgrounds: Sequence[np.ndarray],
    rng: np.random.Generator,
) -> np.ndarray:
    """The background with a shadow of the person's and with furniture, often in the colours that it touches.

    Args:
        behind: S×S×3, uint8.
        person: S×S×3, uint8, straight colours where `alpha` (S×S float32, [0, 1]) is 1.
    """
    size, inside = len(behind), (alpha > 0.5).astype(np.uint8)
    outline = np.argwhere(inside - cv2.erode(inside, np.ones((3, 3), np.uint8)))
    if not len(outline):
        return behind
    picture = behind.copy()
    if rng.random() < _SHADOWED:
        picture = _shadowed(picture, inside, rng)
    if rng.random() < _FURNISHED:
        for _ in range(int(rng.integers(*_PIECES))):
            row, column = outline[rng.integers(len(outline))]
            corners = _piece(row, column, size, rng)
            if rng.random() < _OWN_COLOUR:
                paint = person[row, column] * rng.uniform(0.8, 1.2) + rng.normal(0, 4, 3)
                cv2.fillConvexPoly(picture, corners, np.clip(paint, 0, 255).tolist(), cv2.LINE_AA)
            else:
                mask = cv2.fillConvexPoly(np.zeros((size, size), np.uint8), corners, 1)
                picture[mask > 0] = place_behind(backgrounds, size, rng)[mask > 0]
    return picture


def _shadowed(picture: np.ndarray, inside: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    size = len(picture)
    across, down = (rng.uniform(-reach, reach) * size for reach in _SHIFT)
    moved = cv2.warpAffine(inside, np.array([[1, 0, across], [0, 1, down]]), (size, size)).astype(np.float32)
    shade = cv2.GaussianBlur(moved, (0, 0), size * rng.uniform(0.003, 0.016)) * rng.uniform(0.15, 0.6)
    return (picture * (1 - shade[..., None])).astype(np.uint8)


def _piece(row: int, column: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """4×2, int32: corners of a leg or a block, upright or tilted, that holds the point."""
    leg = rng.random() < 0.5
    width = size * rng.uniform(*(_BAR if leg else _BLOCK))
    height = size * rng.uniform(0.08, 0.45) if leg else width * rng.uniform(0.3, 1.3)
    if leg and rng.random() < 0.3:  # an armrest, or the bar of a chair
        width, height = height, width
    left, top = -rng.uniform(0, 1) * width, -rng.uniform(0, 1) * height
    corners = np.array([(left, top), (left + width, top), (left + width, top + height), (left, top + height)])
    tilt = np.radians(rng.normal(0, 25 if rng.random() < 0.4 else 1))
    turn = np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])
    return (corners @ turn + (column, row)).round().astype(np.int32)
