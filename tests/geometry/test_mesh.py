"""Laws of surfaces."""

import math

import pytest
import torch

from bodydouble.geometry.camera import photo_camera
from bodydouble.geometry.mesh import number_edges, quarter_faces, unique_edges, vertex_normals, view_cosine


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


def test_the_cosine_to_the_camera_is_that_of_the_angle():
    """The camera stands at the origin and looks down -z, the octahedron 5 m before it and 2 m to the right."""
    vertices, faces = octahedron()
    centre = torch.tensor([2.0, 0.0, -5.0])
    right, left, top, bottom, near, far = view_cosine(vertices + centre, faces, photo_camera(100.0, (64, 64))).tolist()
    # Its corners' normals point away from its middle.
    assert near == pytest.approx([math.cos(math.atan2(2, 4))], abs=1e-5)
    assert far == pytest.approx([-math.cos(math.atan2(2, 6))], abs=1e-5)
    assert right == pytest.approx([-3 / math.hypot(3, 5)], abs=1e-5)
    assert left == pytest.approx([1 / math.hypot(1, 5)], abs=1e-5)
    assert top == bottom == pytest.approx([-1 / math.sqrt(1 + 2**2 + 5**2)], abs=1e-5)


def test_quartered_faces_keep_area_and_orientation_and_share_the_middles_of_their_edges():
    vertices, faces = octahedron()
    edges, rows = number_edges(faces)
    assert torch.equal(edges, unique_edges(faces))
    assert torch.equal(edges[rows[:, 0]], faces[:, :2].sort(1).values)
    finer = quarter_faces(faces, rows + len(vertices))
    points = torch.cat([vertices, vertices[edges].mean(1)])
    areas = [
        torch.linalg.cross(at[one[:, 1]] - at[one[:, 0]], at[one[:, 2]] - at[one[:, 0]])
        for at, one in ((vertices, faces), (points, finer))
    ]
    assert torch.allclose(areas[1].view(4, -1, 3), areas[0].expand(4, -1, -1) / 4, atol=1e-6)
    assert len(unique_edges(finer)) == 2 * len(edges) + 3 * len(faces)
