"""The aggregation's weights are the paper's: each term by itself, all of them beside a plain twin, and on a body."""

import math

import pytest
import torch

from bodydouble.digitize.views import (
    AZIMUTHS,
    SupportView,
    aggregate,
    aggregation_weights,
    border_distance,
    normal_angle,
    see_geometry,
    shared_border,
    visibility,
)
from bodydouble.geometry.camera import orbit_camera
from bodydouble.values import Mesh
from tests.digitize.test_solid import ball

BALL = ball((0.0, 0.0, 0.0), 0.5)


def seen_from(azimuth: float, mesh: Mesh = BALL):
    return see_geometry(mesh, orbit_camera(azimuth, 0.0, torch.zeros(3), 4.0, 300.0, (96, 96)))


def painted(azimuth: float, colour: float, mesh: Mesh = BALL) -> SupportView:
    geometry = seen_from(azimuth, mesh)
    return SupportView(geometry=geometry, rgb=torch.full((3, 96, 96), colour), valid=geometry.silhouette)


def plain_weights(visible, shared, angle, distance, alpha=3.0, beta=3.0, epsilon=1e-8):
    """The formula, pixel by pixel and view by view, in Python's own numbers."""
    count, height, width = visible.shape
    result = torch.zeros(count, height, width, dtype=torch.float64)
    for row in range(height):
        for column in range(width):
            terms = [
                float(visible[v, row, column])
                * float(shared[v, row, column])
                * math.exp(-alpha * float(angle[v, row, column]))
                * float(distance[v, row, column]) ** beta
                for v in range(count)
            ]
            for v in range(count):
                result[v, row, column] = terms[v] / (sum(terms) + epsilon)
    return result


def test_the_order_is_the_paper_s():
    assert AZIMUTHS == (45, -45, 90, -90, 135, -135, 180)


def test_weights_are_those_of_the_plain_formula():
    generator = torch.Generator().manual_seed(1)
    visible, shared = (torch.rand(3, 5, 7, generator=generator) > 0.3 for _ in range(2))
    angle = torch.rand(3, 5, 7, generator=generator) * 3
    distance = torch.rand(3, 5, 7, generator=generator) * 40
    weights = aggregation_weights(visible, shared, angle, distance)
    assert torch.allclose(weights.double(), plain_weights(visible, shared, angle, distance), atol=1e-5)


def test_visibility_ends_where_the_other_view_s_surface_turns_away():
    target = seen_from(60.0)
    visible = visibility(painted(0.0, 1.0), target)
    x, z = target.points[0], target.points[2]
    facing = z / (x**2 + z**2).sqrt().clamp_min(1e-6)
    assert bool((visible & target.silhouette)[facing > 0.5].float().mean() > 0.95)
    assert not bool(visible[target.silhouette & (facing < 0.0)].any())
    assert not bool(visible[~target.silhouette].any())


def test_visibility_ends_where_something_lies_before_it():
    front = ball((0.0, 0.0, 1.0), 0.2)
    both = Mesh(
        vertices=torch.cat([BALL.vertices, front.vertices]),
        faces=torch.cat([BALL.faces, front.faces + len(BALL.vertices)]),
    )
    target = seen_from(40.0, both)
    hidden = (target.points[:2].norm(dim=0) < 0.12) & (target.points[2] > 0.3) & (target.points[2] < 0.6)
    assert int(hidden.sum()) > 20
    assert not bool(visibility(painted(0.0, 1.0, both), target)[hidden].any())
    assert bool(visibility(painted(0.0, 1.0), seen_from(40.0))[hidden].any()), "and it is seen without that"


def test_a_border_pixel_that_only_one_view_sees_is_dropped():
    visible = torch.ones(2, 1, 8, dtype=torch.bool)
    visible[1, 0, 4:] = False
    distance = torch.arange(8.0).expand(2, 1, 8)
    kept = shared_border(visible, distance, border_px=5.0)
    assert kept[0, 0].tolist() == [True] * 4 + [False] * 2 + [True] * 2


def test_the_angle_is_that_between_normals_as_each_view_sees_them():
    normals = torch.tensor([[0.0, 0, -1], [1, 0, 0]]).T[:, None]
    turned = torch.tensor([[0.0, -1, 0], [1, 0, 0]]).T[:, None]
    assert normal_angle(normals, turned)[0].tolist() == pytest.approx([math.pi / 2, 0.0])


def test_the_distance_is_that_to_what_is_missing_within_the_silhouette():
    silhouette = torch.ones(1, 9, dtype=torch.bool)
    silhouette[0, :2] = False
    visible = silhouette.clone()
    visible[0, 7:] = False
    assert border_distance(visible, silhouette)[0].tolist() == [0, 0, 5, 4, 3, 2, 1, 0, 0]
    assert float(border_distance(silhouette, silhouette)[0, 4]) == pytest.approx(82**0.5)


def test_two_views_meet_without_a_step_and_nothing_is_made_up():
    target = seen_from(0.0)
    image, covered = aggregate([painted(50.0, 0.0), painted(-50.0, 1.0)], target)
    row = image[0, 48][covered[48]]
    assert row[0] > 0.95 and row[-1] < 0.05, "each side is its own view's"
    assert bool((row.diff().abs() < 0.2).all()), "and the middle is a ramp"
    assert 0.9 < float(covered.sum() / target.silhouette.sum()) <= 1
    assert not bool(covered[~target.silhouette].any())
