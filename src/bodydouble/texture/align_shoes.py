"""Fitted feet lie a little beside those in the photo: where each shoe's pixels are, by the labels."""

from __future__ import annotations

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor

_CELLS = 32  # across a drawn shoe, in which pixels are counted
_REACH = 0.35  # of a drawn shoe's extent; pixels of shoe farther away are another's, or a boot's shaft
_SCALE = (0.8, 1.25)  # how much smaller or larger than drawn a shoe may be
_LEAST = 12  # cells of either; fewer tell nothing


def align_shoes(pixel: Tensor, left: Tensor, drawn: Tensor, labelled: np.ndarray) -> Tensor:
    """N×2: where in the photo points of both shoes are, by where each shoe's pixels begin and end.

    Args:
        pixel: N×2, x and y of the points as the fit has them.
        left: (N,), bool, which of them are the left shoe's.
        drawn: (N,), bool, which of them the fit shows.
        labelled: H×W, bool, the photo's shoes.
    """
    aligned, shoes = pixel.clone(), (left, ~left)
    places = [pixel[shoe & drawn].numpy() for shoe in shoes]
    extent = max((float(np.ptp(place, 0).max()) for place in places if len(place)), default=0.0)
    if extent < 1 or not labelled.any():
        return aligned
    cell = max(1.0, extent / _CELLS)
    cells = [np.unique((place // cell).astype(int), axis=0) for place in places]
    y, x = np.nonzero(labelled)
    shown = np.unique(np.stack([x // cell, y // cell], 1).astype(int), axis=0)
    distances = [cKDTree(one).query(shown)[0] if len(one) else np.full(len(shown), np.inf) for one in cells]
    for number, shoe in enumerate(shoes):
        reached = distances[number] <= np.minimum(distances[1 - number], _REACH * extent / cell)
        target = shown[reached]
        if min(len(cells[number]), len(target)) < _LEAST:
            continue
        low, high = _bounds(cells[number]) * cell
        low_to, high_to = _bounds(target) * cell
        scale = ((high_to - low_to) / (high - low).clip(1e-3)).clip(*_SCALE)
        middle, middle_to = (low + high) / 2, (low_to + high_to) / 2
        moved = (pixel[shoe].numpy() - middle) * scale + middle_to
        aligned[shoe] = torch.from_numpy(moved).float()
    return aligned


def _bounds(cells: np.ndarray) -> np.ndarray:
    """2×2: between which x and y cells (N×2) lie, but for a few."""
    return np.stack([np.quantile(cells, 0.03, axis=0), np.quantile(cells, 0.97, axis=0) + 1])
