"""The body's far side, drawn: the farthest surface of each pixel, and where it faces."""

import pytest
import torch

from bodydouble.geometry.camera import photo_camera
from bodydouble.geometry.window import Window
from bodydouble.parsing.far_body import draw_far_body
from bodydouble.values import Mesh

SIZE = (200, 300)


def box(near: float, far: float) -> Mesh:
    """A box of half a metre, its front and back at these distances before a camera at the origin."""
    corners = torch.tensor([[x, y, z] for z in (-near, -far) for y in (-0.25, 0.25) for x in (-0.25, 0.25)])
    quads = [(0, 1, 3, 2), (5, 4, 6, 7), (4, 0, 2, 6), (1, 5, 7, 3), (2, 3, 7, 6), (4, 5, 1, 0)]
    faces = [face for a, b, c, d in quads for face in ((a, b, c), (a, c, d))]
    return Mesh(vertices=corners.float(), faces=torch.tensor(faces))


def test_the_back_of_a_box_faces_away():
    planes = draw_far_body(box(2.0, 2.4), photo_camera(400.0, SIZE), Window(50, 0, 200), 100)
    coverage, normals, depth = planes[0], planes[1:4], planes[4]
    assert coverage[50, 50] == 1 and coverage[0, 0] == 0
    assert normals[2, 50, 50] > 0.4  # corners' normals are between three sides; at the front it would be below 0
    assert torch.allclose(normals.norm(dim=0), coverage, atol=1e-4)
    assert depth[50, 50].abs() < 0.2 and bool((planes[:, coverage == 0] == 0).all())


def test_the_window_is_a_part_of_the_photo():
    """A box before the middle of the photo lies at the left edge of a window that begins there."""
    planes = draw_far_body(box(2.0, 2.4), photo_camera(400.0, SIZE), Window(150, 0, 200), 100)
    columns = planes[0].any(0).nonzero()[:, 0]
    assert columns[0] == 0 and float(columns[-1]) == pytest.approx(25, abs=1)


def test_a_body_outside_the_window_is_nothing():
    planes = draw_far_body(box(2.0, 2.4), photo_camera(400.0, SIZE), Window(2000, 0, 100), 50)
    assert not planes.any()
