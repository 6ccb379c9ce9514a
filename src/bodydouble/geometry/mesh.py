"""Surfaces: what several stages ask of a triangle mesh."""

from __future__ import annotations

import torch
from torch import Tensor


def vertex_normals(vertices: Tensor, faces: Tensor) -> Tensor:
    """Unit normals (V×3) pointing outside: the faces' normals around each vertex, weighted by area."""
    corners = vertices[faces]
    normals = torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = torch.zeros_like(vertices).index_add(0, faces.flatten(), normals.repeat_interleave(3, 0))
    return torch.nn.functional.normalize(total, dim=1)
