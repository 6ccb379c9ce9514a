"""Small vector arithmetic in numpy, each row by itself: a row's bits do not depend on how many there are."""

from __future__ import annotations

import numpy as np

NOWHERE = 1e-9  # vectors shorter than this have no direction


def norm(vectors: np.ndarray) -> np.ndarray:
    """Lengths (N, 1) of vectors (N, 3)."""
    return np.sqrt((vectors * vectors).sum(1, keepdims=True))


def unit(vectors: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    """Directions (N, 3) of vectors (N, 3); `otherwise` (N, 3) where there is none."""
    size = norm(vectors)
    return np.where(size < NOWHERE, otherwise, vectors / np.maximum(size, NOWHERE))


def square_to(units: np.ndarray) -> np.ndarray:
    """Some unit vectors (N, 3) at right angles to unit vectors (N, 3)."""
    axis = np.where(np.abs(units[:, :1]) < 0.6, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    square = axis - (axis * units).sum(1, keepdims=True) * units
    return square / norm(square)


def rotate(rotations: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Rotations (N, 3, 3) of vectors (N, 3)."""
    return np.einsum("nij,nj->ni", rotations, vectors)


def turn_between(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The shortest rotations (N, 3, 3) of unit vectors (N, 3) onto others; half turns about any axis that will do."""
    x, y, z = source.T
    a, b, c = target.T
    cosine = x * a + y * b + z * c
    axis = np.stack([y * c - z * b, z * a - x * c, x * b - y * a], 1)
    sine_squared = (axis * axis).sum(1)
    opposite = (cosine < 0) & (sine_squared < NOWHERE**2)
    # (1 - cos) / sin², in the form that keeps its digits
    scale = np.where(cosine < 0, (1 - cosine) / np.maximum(sine_squared, NOWHERE**2), 1 / np.maximum(1 + cosine, 0.5))
    cross = np.zeros((len(axis), 3, 3))
    cross[:, 2, 1], cross[:, 0, 2], cross[:, 1, 0] = axis.T
    cross -= cross.swapaxes(1, 2)
    outer = axis[:, :, None] * axis[:, None]
    turn = cosine[:, None, None] * np.eye(3) + cross + scale[:, None, None] * outer
    if opposite.any():
        half = square_to(source)
        turn[opposite] = (2 * half[:, :, None] * half[:, None] - np.eye(3))[opposite]
    return turn
