"""Image quilting: a gap between two pieces of a texture is filled by a piece of it, cut where the pieces differ least.

After Efros and Freeman, "Image quilting for texture synthesis and transfer", 2001: one patch, moved along the rows, and
a cut of least cost through each of its two overlaps.
"""

from __future__ import annotations

import numpy as np


def bridge_gap(image: np.ndarray, first: int, last: int, overlap: int, least: int) -> np.ndarray:
    """H×W×3 with columns `first` to `last` (exclusive) filled by columns to their left, moved as one piece.

    Args:
        image: H×W×3; the gap's own content is of no meaning.
        overlap: columns before and after the gap in which the piece may already begin and still go on.
        least: the leftmost column that may serve.
    """
    begin, end = first - overlap, last + overlap
    shifts = range(end - first, begin - least + 1)
    if overlap < 1 or len(shifts) == 0:
        return image
    before, after = image[:, begin:first], image[:, last:end]

    def piece(shift: int) -> np.ndarray:
        return image[:, begin - shift : end - shift]

    def mismatch(shift: int) -> float:
        moved = piece(shift)
        return float(np.square(moved[:, :overlap] - before).sum() + np.square(moved[:, -overlap:] - after).sum())

    moved = piece(min(shifts, key=mismatch))
    filled = image.copy()
    filled[:, first:last] = moved[:, overlap:-overlap]
    from_piece = _cut(np.square(moved[:, :overlap] - before).sum(2))
    filled[:, begin:first] = np.where(from_piece[..., None], moved[:, :overlap], before)
    from_piece = ~_cut(np.square(moved[:, -overlap:] - after).sum(2))
    filled[:, last:end] = np.where(from_piece[..., None], moved[:, -overlap:], after)
    return filled


def _cut(cost: np.ndarray) -> np.ndarray:
    """H×W bool: the pixels to the right of the way down of least cost, which moves by at most one column a row."""
    height, width = cost.shape
    total = cost.astype(np.float64).copy()
    for row in range(1, height):
        padded = np.pad(total[row - 1], 1, constant_values=np.inf)
        total[row] += np.minimum(np.minimum(padded[:-2], padded[1:-1]), padded[2:])
    column = int(total[-1].argmin())
    columns = np.empty(height, np.int64)
    for row in range(height - 1, -1, -1):
        low = max(0, column - 1)
        if row < height - 1:
            column = low + int(total[row, low : column + 2].argmin())
        columns[row] = column
    return np.arange(width) >= columns[:, None]
