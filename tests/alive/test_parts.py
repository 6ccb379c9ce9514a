"""The shadow lies under the feet, edges are mixed without a rim, and what the photo shows beyond goes with the body."""

import numpy as np
import pytest
import torch

from bodydouble.alive.compose import compose
from bodydouble.alive.contact_shadow import contact_shadow
from bodydouble.alive.photo_detail import PhotoDetail
from bodydouble.geometry.camera import orbit_camera, project
from bodydouble.values import Mesh, PosedSurface, UvLayout


@pytest.fixture(scope="module")
def camera():
    return orbit_camera(0.0, 12.0, torch.tensor([0.0, 0.8, 0.0]), 4.0, 300.0, (200, 160))


@pytest.fixture(scope="module")
def sole():
    """Points of a foot's sole, 3 cm apart."""
    x, z = torch.meshgrid(torch.arange(-0.05, 0.06, 0.03), torch.arange(-0.12, 0.13, 0.03), indexing="ij")
    return torch.stack([x.flatten(), torch.zeros(x.numel()), z.flatten()], 1)


def test_shadow_is_darkest_where_the_foot_touches(camera, sole):
    lit = contact_shadow(sole, 0.0, camera)
    x, y, _ = project(torch.zeros(1, 3), camera)[0].int().tolist()
    assert lit[y, x] < 0.65 and lit[y, x] <= lit.min() + 0.1
    assert lit[:100].min() == 1 and lit[:, :30].min() == 1
    assert contact_shadow(sole + torch.tensor([0.0, 0.3, 0.0]), 0.0, camera).min() == 1
    raised = contact_shadow(sole + torch.tensor([0.0, 0.05, 0.0]), 0.0, camera)
    assert 0 < (1 - raised).max() < 0.6 * (1 - lit).max()


def test_no_shadow_on_ground_behind_the_camera(sole):
    near = orbit_camera(0.0, 0.0, torch.tensor([0.0, 0.0, 0.0]), 0.1, 300.0, (200, 160))
    assert contact_shadow(sole, 0.0, near).min() == 1


def test_edges_take_no_colour_from_where_nothing_is():
    drawn = np.zeros((4, 20, 20), np.float32)
    drawn[:, :, :10] = 1
    frame = compose(drawn, np.full((20, 20, 3), 255, np.float32), np.ones((20, 20), np.float32))
    assert frame.min() > 254.9  # white on white, though the drawing is black where it is empty
    frame = compose(drawn, np.zeros((20, 20, 3), np.float32), np.ones((20, 20), np.float32))
    assert frame[:, 12:].max() < 3 and 60 < frame[10, 10, 0] < 195 and frame[:, :7].min() > 254


def square(x: float, z: float = 0.0) -> PosedSurface:
    corners = torch.tensor([[-0.3, 0.5, 0.0], [0.3, 0.5, 0.0], [0.3, 1.1, 0.0], [-0.3, 1.1, 0.0]])
    faces = torch.tensor([[0, 1, 2], [0, 2, 3]])
    layout = UvLayout(uv=torch.zeros(4, 2), faces=faces, mirrored=False)
    mesh = Mesh(vertices=corners + torch.tensor([x, 0.0, z]), faces=faces)
    return PosedSurface(mesh=mesh, layout=layout, texture=None)  # type: ignore[arg-type]


def test_detail_moves_with_the_surface_and_is_hidden_behind_others():
    camera = orbit_camera(0.0, 0.0, torch.tensor([0.0, 0.8, 0.0]), 4.0, 400.0, (160, 160))
    difference = np.zeros((160, 160, 3), np.float32)
    difference[76:84, 76:84] = 50
    detail = PhotoDetail(difference, [square(0.0)], camera)
    assert np.abs(detail.moved_to([square(0.0)]) - difference).max() < 1e-3
    moved = detail.moved_to([square(0.1)])  # 10 pixels to the right
    assert moved[80, 90].min() > 45 and abs(moved[80, 76]).max() < 5
    hidden = PhotoDetail(difference, [square(0.0), square(0.0, 0.5)], camera)
    assert np.abs(hidden.moved_to([square(0.0), square(2.0, 0.5)])[78:82, 78:82]).max() == 0
