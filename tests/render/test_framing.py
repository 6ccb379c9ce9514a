"""Everything is in the picture, and the picture is filled."""

import pytest
import torch

from bodydouble.geometry.camera import project
from bodydouble.render.framing import framing_camera, surrounding_rings

SIZES = [(480, 360), (200, 700), (64, 64)]


def body() -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.rand(500, 3, generator=generator) * torch.tensor([0.6, 1.8, 0.3]) + torch.tensor([3.0, 0.0, -2.0])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("azimuth", [0, 70, 180])
@pytest.mark.parametrize("elevation", [0, 40, -60])
def test_all_points_are_inside_and_one_touches_the_margin(size, azimuth, elevation):
    seen = project(body(), framing_camera(body(), size, azimuth, elevation, margin=0.1))
    half = torch.tensor([size[1] / 2, size[0] / 2])
    reach = (seen[:, :2] / half - 1).abs()
    assert (seen[:, 2] > 0).all()
    assert reach.max().item() == pytest.approx(0.9, abs=1e-3)


@pytest.mark.parametrize("azimuth", [0, 30, 100, 250])
def test_rings_hold_the_body_from_every_side_at_one_distance(azimuth):
    rings = surrounding_rings(body())
    camera, front = framing_camera(rings, (480, 360), azimuth), framing_camera(rings, (480, 360), 0)
    middle = (body().amin(0) + body().amax(0)) / 2
    assert project(middle, camera)[2].item() == pytest.approx(project(middle, front)[2].item(), rel=1e-2)
    seen = project(body(), camera)
    assert ((seen[:, 0] > 0) & (seen[:, 0] < 360) & (seen[:, 1] > 0) & (seen[:, 1] < 480)).all()


def test_a_single_point_keeps_its_distance():
    camera = framing_camera(torch.zeros(1, 3), (64, 64))
    assert project(torch.zeros(3), camera)[2] >= 0.1
