"""Laws of surfaces."""

import torch

from bodydouble.geometry.mesh import vertex_normals


def octahedron():
    vertices = torch.tensor([[1.0, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]])
    faces = torch.tensor([[0, 2, 4], [2, 1, 4], [1, 3, 4], [3, 0, 4], [2, 0, 5], [1, 2, 5], [3, 1, 5], [0, 3, 5]])
    return vertices, faces


def test_normals_point_outside_and_have_length_one():
    vertices, faces = octahedron()
    assert torch.allclose(vertex_normals(vertices, faces), vertices, atol=1e-6)


def test_normals_turn_with_the_surface_and_not_with_its_size_or_place():
    vertices, faces = octahedron()
    turn = torch.linalg.qr(torch.randn(3, 3, generator=torch.Generator().manual_seed(1)))[0]
    turn = turn * torch.linalg.det(turn)
    moved = 3 * vertices @ turn.T + torch.tensor([1.0, 2, 3])
    assert torch.allclose(vertex_normals(moved, faces), vertex_normals(vertices, faces) @ turn.T, atol=1e-5)


def test_a_lone_vertex_has_no_normal_and_no_nan():
    vertices, faces = octahedron()
    normals = vertex_normals(torch.cat([vertices, torch.zeros(1, 3)]), faces)
    assert normals[-1].tolist() == [0, 0, 0]
