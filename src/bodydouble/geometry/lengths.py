"""Lengths of many short vectors, such as of a texture's colours or a picture's normals."""

from __future__ import annotations

import numpy as np
from torch import Tensor

_SHORTEST = 1e-12  # to which a length is raised before it divides


def measure_lengths(vectors: Tensor, dim: int) -> Tensor:
    """The Euclidean lengths of few components along one dimension, which is left out.

    The same as `vectors.norm(dim=dim)` but for rounding; for components that lie far apart in memory, as an image's
    channels do, that takes fifty times as long.
    """
    first, *others = vectors.unbind(dim)
    total = first.square()
    for component in others:
        total.addcmul_(component, component)
    return total.sqrt_()


def normalise(vectors: Tensor, dim: int) -> Tensor:
    """The vectors with a length of 1 along one dimension; those of no length stay 0."""
    return vectors / measure_lengths(vectors, dim).clamp_min(_SHORTEST).unsqueeze(dim)


def square_distances(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """N×M: squares of the distances between N×D and M×D points; below 0 by rounding where they are one."""
    return np.asarray(square_lengths(points)[:, None] + square_lengths(others) - 2 * points @ others.T)


def square_lengths(vectors: np.ndarray) -> np.ndarray:
    """The squared Euclidean lengths of vectors along an array's last axis, which is left out."""
    return np.einsum("...c,...c->...", vectors, vectors)
