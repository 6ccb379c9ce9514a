"""Islands of one label within another, of which nothing was seen: a patch of shirt on the back of a coat is a guess."""

from __future__ import annotations

import numpy as np
import torch
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from torch import Tensor

from bodydouble.surface.graph import Edges

_LARGEST = 0.02  # of the texels; what is larger may be a garment of its own
_ENCLOSED = 0.9  # of an island's shore that one other label has


def sink_islands(label: Tensor, free: Tensor, edges: Edges) -> Tensor:
    """(N,) int64 labels; a small island, all of whose texels are `free`, (N,) bool, has the label around it."""
    first, second = edges.first.numpy(), edges.second.numpy()
    values = label.numpy()
    inland = values[first] == values[second]
    count = len(values)
    ways = sparse.coo_matrix((np.ones(inland.sum()), (first[inland], second[inland])), shape=(count, count))
    islands, number = connected_components(ways, directed=False)
    fixed = np.bincount(number, weights=~free.numpy(), minlength=islands) > 0
    small = np.bincount(number, minlength=islands) < _LARGEST * count
    here, there = (
        np.concatenate(pair) for pair in ((first[~inland], second[~inland]), (second[~inland], first[~inland]))
    )
    shores = np.zeros((islands, int(values.max()) + 1))
    np.add.at(shores, (number[here], values[there]), 1)
    enclosed = shores.max(1) > _ENCLOSED * shores.sum(1).clip(1)
    sinks = enclosed & small & ~fixed
    return torch.from_numpy(np.where(sinks[number], shores.argmax(1)[number], values))
