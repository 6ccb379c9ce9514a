"""Borders between labels: level and smooth around limbs, and one or two texels soft where they are drawn.

On the coarse graph a border moves as its curvature says, faster around limbs than along them (threshold dynamics:
Merriman, Bence and Osher, "Motion of multiple junctions", 1994). Drawn at full size it is a curve, not a staircase of
coarse texels, and each side keeps its colour up to it.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy import sparse
from scipy.ndimage import gaussian_filter
from torch import Tensor
from torch.nn import functional

from bodydouble.geometry.uv import enlarge, fill_seams
from bodydouble.surface.graph import Edges, SurfaceTexels

BEYOND = 2.0  # coarse texels by which charts are continued, or what was there before would show along every seam
_ROUNDS = 3  # of blurring and deciding anew
_STEPS = 30  # of blurring in each, to neighbours: about 4 texels, 3 cm, around a limb, and one texel along it
_REACH = 8  # neighbours from a border to which it may move in a round
_INSIDE = 1e-3  # weight of other labels around a texel up to which it lies on no border
_SOFT = 1.6  # coarse texels, deviation of the blur that makes a curve of a staircase; at 1.0 its steps were scallops


def even_borders(label: Tensor, free: Tensor, edges: Edges) -> Tensor:
    """(N,) labels whose borders are smooth where they are `free`, (N,) bool, to move."""
    present, index = label.unique(return_inverse=True)
    around = average_neighbours(len(label), edges)
    for _ in range(_ROUNDS):
        chance = functional.one_hot(index, len(present)).float().numpy()
        border = ((around @ chance).max(1) < 1 - _INSIDE).astype(np.float32)
        for _ in range(_REACH):
            border = around @ border
        near = np.flatnonzero((border > 0) & free.numpy())
        blur = around[near]
        for _ in range(_STEPS):
            chance[near] = blur @ chance
        index[near] = torch.from_numpy(chance[near].argmax(1))
    return present[index]


def average_neighbours(count: int, edges: Edges) -> sparse.csr_matrix:
    """N×N, rows sum to 1: the mean of each of `count` texels and those around it."""
    pairs = torch.cat([edges.first, edges.second]).numpy(), torch.cat([edges.second, edges.first]).numpy()
    weights = np.tile(edges.conductance.numpy(), 2)
    beside = sparse.csr_matrix((weights, pairs), shape=(count, count), dtype=np.float32)
    total = beside + sparse.identity(count, np.float32, "csr")
    return sparse.csr_matrix(sparse.diags(1 / np.asarray(total.sum(1))[:, 0], dtype=np.float32) @ total)


def draw_labels(label: Tensor, surface: SurfaceTexels, size: int) -> Tensor:
    """size×size, uint8: (N,) labels of a coarse texture's texels at full size; 0 far from every chart."""
    fine, most = torch.zeros(size, size, dtype=torch.uint8), torch.zeros(size, size)
    present = label.unique()
    planes = fill_seams(surface.put((label[:, None] == present).float()), surface.covered, BEYOND + _SOFT)
    soft = torch.from_numpy(gaussian_filter(planes.numpy(), (0, _SOFT, _SOFT)))
    for number, plane in zip(present.tolist(), soft, strict=True):
        chance = enlarge(plane[None], size)[0]
        better = chance > most
        fine[better], most[better] = number, chance[better]
    return fine


def draw_within(colour: Tensor, label: Tensor, fine: Tensor, surface: SurfaceTexels) -> Tensor:
    """3×S×S: N×3 colours of a coarse texture at full size, each texel's from coarse texels of its label alone.

    Args:
        label: (N,) labels of the coarse texels.
        fine: S×S, uint8, labels at full size. Where no coarse texel near by has it, the colour means nothing.
    """
    coarse, drawn = surface.put(colour), torch.zeros(3, *fine.shape)
    for number in label.unique().tolist():
        alike = surface.put((label == number).float()[:, None])[0] > 0
        filled = fill_seams(coarse, alike, BEYOND + _SOFT)
        row, column = (fine == number).nonzero(as_tuple=True)
        grid = (torch.stack([column, row], 1) + 0.5) * 2 / fine.shape[-1] - 1
        samples = functional.grid_sample(filled[None], grid[None, None], padding_mode="border", align_corners=False)
        drawn[:, row, column] = samples[0, :, 0]
    return drawn
