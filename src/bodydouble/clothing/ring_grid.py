"""Sheets that go around the body in rings: their faces, and their texture unrolled.

A sheet has R rings of C vertices each, ring by ring from the top. A ring's first vertex lies in the middle of the far
side; from there it goes over the view's left border, the near side and the right border.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from bodydouble.values import UvLayout


def ring_angles(columns: int) -> Tensor:
    """(C,) radians in [-π, π): 0 is the middle of the near side, positive the view's right."""
    return (torch.arange(columns) / columns - 0.5) * 2 * math.pi


def ring_faces(rings: int, columns: int) -> Tensor:
    """F×3, int64, vertices of the sheet; counter-clockwise seen from outside. Two of each cell, cell by cell."""
    grid = torch.arange(rings * columns).view(rings, columns)
    return _quads(torch.cat([grid, grid[:, :1]], 1))


def ring_layout(rings: int, columns: int) -> UvLayout:
    """The sheet unrolled: u around, with the seam in the middle of the far side; v down. Faces as in `ring_faces`."""
    u, v = torch.meshgrid(torch.linspace(0, 1, columns + 1), torch.linspace(0, 1, rings), indexing="xy")
    grid = torch.arange(rings * (columns + 1)).view(rings, columns + 1)
    return UvLayout(uv=torch.stack([u, v], -1).view(-1, 2), faces=_quads(grid), mirrored=False)


def unroll(values: Tensor, size: int) -> Tensor:
    """K×S×S: values at the sheet's vertices, R×C×K, at the texels of its layout."""
    closed = torch.cat([values, values[:, :1]], 1).permute(2, 0, 1)[None]
    # Vertices lie at the very ends of u and v, texels at half-integers.
    u = ((torch.arange(size) + 0.5) / size * 2 - 1).expand(size, size)
    return torch.nn.functional.grid_sample(closed, torch.stack([u, u.T], -1)[None], align_corners=True)[0]


def _quads(grid: Tensor) -> Tensor:
    """F×3: two faces for each cell of a grid of vertex numbers."""
    a, b, c, d = grid[:-1, :-1], grid[:-1, 1:], grid[1:, :-1], grid[1:, 1:]
    return torch.cat([torch.stack([a, c, d], -1), torch.stack([a, d, b], -1)], -1).view(-1, 3)
