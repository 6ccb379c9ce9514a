"""Surfaces: what several stages ask of a triangle mesh."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.geometry.camera import camera_position
from bodydouble.values import Camera, Mesh


def unique_edges(faces: Tensor) -> Tensor:
    """E×2, int64: every edge once, its smaller vertex first."""
    edges = torch.cat([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).sort(1).values
    count = int(faces.max()) + 1 if len(faces) else 1
    keys = torch.unique(edges[:, 0] * count + edges[:, 1])  # ten times as fast as unique rows
    return torch.stack([keys // count, keys % count], 1)


def number_edges(faces: Tensor) -> tuple[Tensor, Tensor]:
    """E×2, int64, as `unique_edges` has them, and F×3 rows of these: of the edge that leaves each corner."""
    pairs = torch.stack([faces, faces.roll(-1, 1)], -1).sort(-1).values
    count = int(faces.max()) + 1 if len(faces) else 1
    keys, rows = (pairs[..., 0] * count + pairs[..., 1]).unique(return_inverse=True)
    return torch.stack([keys // count, keys % count], 1), rows


def quarter_faces(faces: Tensor, middles: Tensor) -> Tensor:
    """4F×3: each face as four. `middles`, F×3, are the new vertices on the edges that leave each corner."""
    first, second, third = faces.unbind(1)
    one, two, three = middles.unbind(1)
    parts = [(first, one, three), (one, second, two), (three, two, third), (one, two, three)]
    return torch.cat([torch.stack(part, 1) for part in parts])


def join_meshes(meshes: Sequence[Mesh]) -> Mesh:
    """All meshes as one: vertices and faces one after the other."""
    starts = torch.tensor([0, *(len(mesh.vertices) for mesh in meshes)]).cumsum(0).tolist()
    faces = [mesh.faces + start for mesh, start in zip(meshes, starts, strict=False)]
    return Mesh(vertices=torch.cat([mesh.vertices for mesh in meshes]), faces=torch.cat(faces))


def vertex_normals(vertices: Tensor, faces: Tensor) -> Tensor:
    """Unit normals (V×3) pointing outside: the faces' normals around each vertex, weighted by area."""
    corners = vertices[faces]
    normals = torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = torch.zeros_like(vertices).index_add(0, faces.flatten(), normals.repeat_interleave(3, 0))
    return functional.normalize(total, dim=1)


def view_cosine(vertices: Tensor, faces: Tensor, camera: Camera) -> Tensor:
    """V×1: the cosine λ between each vertex's normal and the direction to the camera; below 0 it faces away."""
    to_camera = functional.normalize(camera_position(camera) - vertices, dim=1)
    return (vertex_normals(vertices, faces) * to_camera).sum(1, keepdim=True)
