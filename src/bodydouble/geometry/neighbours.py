"""Which points have others near them."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree


def have_near(queries: np.ndarray, keys: np.ndarray, count: int, distance: float) -> np.ndarray:
    """(N,), bool: whether at least `count` of M×D keys lie within a distance of each of N×D queries."""
    if len(keys) < count:
        return np.zeros(len(queries), bool)
    reached: np.ndarray = cKDTree(keys).query(queries, k=[count], distance_upper_bound=distance)[0][:, 0]
    return np.isfinite(reached)
