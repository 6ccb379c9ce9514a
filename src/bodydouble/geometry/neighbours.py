"""Which points have others near them."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree


def have_near(queries: np.ndarray, keys: np.ndarray, count: int, distance: float) -> np.ndarray:
    """(N,), bool: whether at least `count` of M×D keys lie within a distance of each of N×D queries."""
    return np.isfinite(reach_near(queries, keys, count, distance))


def reach_near(queries: np.ndarray, keys: np.ndarray, count: int, most: float = np.inf) -> np.ndarray:
    """(N,): from each of N×D queries the distance within which `count` of M×D keys lie; infinite beyond `most`."""
    if len(keys) < count:
        return np.full(len(queries), np.inf)
    reach: np.ndarray = cKDTree(keys).query(queries, k=[count], distance_upper_bound=most)[0][:, 0]
    return reach
