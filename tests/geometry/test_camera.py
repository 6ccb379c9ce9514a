"""Cameras keep the conventions of docs/conventions.md."""

import math

import pytest
import torch

from bodydouble.geometry.camera import (
    camera_position,
    clip_from_world,
    cropped,
    orbit_camera,
    photo_camera,
    project,
    resized,
)

SIZE = (480, 640)
TARGET = torch.tensor([0.1, 0.9, -0.2])


def points(count: int = 30) -> torch.Tensor:
    return torch.randn(count, 3, generator=torch.Generator().manual_seed(3)) * 0.3 + TARGET


@pytest.mark.parametrize("azimuth", [0, 35, 90, 180, -120])
@pytest.mark.parametrize("elevation", [0, 30, -45])
def test_orbit_cameras_are_rigid_and_look_at_the_target(azimuth, elevation):
    camera = orbit_camera(azimuth, elevation, TARGET, 3.0, 800.0, SIZE)
    rotation = camera.camera_from_world[:3, :3]
    assert torch.allclose(rotation @ rotation.T, torch.eye(3), atol=1e-6)
    assert torch.linalg.det(rotation) == pytest.approx(1, abs=1e-5)
    assert project(TARGET, camera).tolist() == pytest.approx([320, 240, 3.0], abs=1e-3)


def test_azimuth_0_stands_in_front_and_90_at_the_persons_left():
    assert torch.allclose(
        camera_position(orbit_camera(0, 0, TARGET, 2.0, 800.0, SIZE)), TARGET + torch.tensor([0, 0, 2.0])
    )
    left = camera_position(orbit_camera(90, 0, TARGET, 2.0, 800.0, SIZE))
    assert torch.allclose(left, TARGET + torch.tensor([2.0, 0, 0]), atol=1e-6)


def test_positive_elevation_stands_above():
    assert camera_position(orbit_camera(0, 40, TARGET, 2.0, 800.0, SIZE))[1] > TARGET[1] + 1


def test_up_is_up_and_the_persons_left_is_on_the_right_of_the_picture():
    camera = orbit_camera(0, 0, TARGET, 3.0, 800.0, SIZE)
    assert project(TARGET + torch.tensor([0, 0.1, 0]), camera)[1] < 240
    assert project(TARGET + torch.tensor([0.1, 0, 0]), camera)[0] > 320


def test_photo_camera_sees_what_stands_at_negative_z():
    camera = photo_camera(500.0, SIZE)
    assert project(torch.tensor([0.0, 0.0, -2.0]), camera).tolist() == [320, 240, 2.0]
    assert torch.equal(camera_position(camera), torch.zeros(3))


def test_clip_coordinates_agree_with_projection():
    camera = orbit_camera(20, 10, TARGET, 3.0, 800.0, SIZE)
    clip, seen = clip_from_world(points(), camera), project(points(), camera)
    assert torch.allclose((clip[:, 0] / clip[:, 3] + 1) * 320, seen[:, 0], atol=1e-3)
    assert torch.allclose((clip[:, 1] / clip[:, 3] + 1) * 240, seen[:, 1], atol=1e-3)
    assert torch.allclose(clip[:, 3], seen[:, 2])


def test_resizing_scales_pixels_along_each_side():
    camera = orbit_camera(20, 10, TARGET, 3.0, 800.0, SIZE)
    seen, smaller = project(points(), camera), project(points(), resized(camera, (240, 160)))
    assert torch.allclose(smaller, seen * torch.tensor([0.25, 0.5, 1.0]), atol=1e-3)


def test_cropping_shifts_pixels():
    camera = orbit_camera(20, 10, TARGET, 3.0, 800.0, SIZE)
    part = cropped(camera, left=30.5, top=-12.0, size=(100, 50))
    assert part.size == (100, 50)
    assert torch.allclose(
        project(points(), part), project(points(), camera) - torch.tensor([30.5, -12.0, 0.0]), atol=1e-3
    )


def test_a_metre_at_the_focal_length_in_metres_is_focal_px_wide():
    camera = orbit_camera(0, 0, torch.zeros(3), 1.0, 700.0, SIZE)
    ends = project(torch.tensor([[-0.5, 0, 0], [0.5, 0, 0]]), camera)
    assert ends[1, 0] - ends[0, 0] == pytest.approx(700, rel=1e-5)
    assert math.hypot(*(ends[1, :2] - ends[0, :2]).tolist()) == pytest.approx(700, rel=1e-5)
