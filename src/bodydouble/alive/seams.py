"""A filled gap without the steps at its edge, and on even ground without those inside it (Pérez et al. 2003)."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix

from bodydouble.geometry.linear_systems import factor_symmetric

# Levels of 255. Where neighbouring pixels of the photo differ by less than the first one in the middle, what is filled
# is even, too: steps below the second are seams between pieces of a wall, those above it are where a wall ends.
_EVEN, _STEP = 2.5, 20.0


def even_seams(filled: np.ndarray, gap: np.ndarray) -> np.ndarray:
    """H×W×3: the image whose gap has the same differences between neighbours, but none to the pixels around it.

    Args:
        filled: H×W×3 float32, [0, 255].
        gap: H×W bool, not all of it.
    """
    rows = np.full(gap.shape, -1)
    rows[gap] = np.arange(int(gap.sum()))
    pairs = [((slice(None), slice(0, -1)), (slice(None), slice(1, None))), ((slice(0, -1),), (slice(1, None),))]
    known = [np.abs(filled[b] - filled[a]).max(-1)[~(gap[a] | gap[b])] for a, b in pairs]
    even = float(np.median(np.concatenate(known))) < _EVEN
    count = int(gap.sum())
    right, diagonal = np.zeros((count, 3)), np.zeros(count)
    first, second = [], []
    for a, b in pairs:
        for here, there in ((a, b), (b, a)):
            inside = gap[here]
            to_known = inside & ~gap[there]
            np.add.at(diagonal, rows[here][inside], 1.0)
            np.add.at(right, rows[here][to_known], filled[there][to_known])
            both = inside & gap[there]
            step = filled[here][both] - filled[there][both]
            if even:
                step = np.where(np.abs(step).max(-1, keepdims=True) < _STEP, 0.0, step)
            np.add.at(right, rows[here][both], step)
            first.append(rows[here][both])
            second.append(rows[there][both])
    places = np.concatenate([*first, np.arange(count)]), np.concatenate([*second, np.arange(count)])
    values = np.concatenate([-np.ones(len(places[0]) - count), diagonal])
    solved = factor_symmetric(coo_matrix((values, places), shape=(count, count))).solve(right)
    result = filled.copy()
    result[gap] = solved.clip(0, 255)
    return result
