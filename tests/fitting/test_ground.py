"""Feet of who stands are on one ground, flat and nearly straight ahead; others are free."""

import math

import pytest
import torch

from bodydouble.body.skinning import skin
from bodydouble.fitting.ground import find_soles, stand_on_ground
from bodydouble.geometry.rotation import matrix_from_axis_angle
from bodydouble.values import BODY_LANDMARKS, Pose

ONE = torch.tensor(1.0)


@pytest.fixture(scope="module")
def rest(anny):
    return anny.rest(anny.mean_shape())


@pytest.fixture(scope="module")
def soles(anny, rest):
    return find_soles(rest, anny)


def cost(anny, rest, soles, turns: dict[str, tuple[float, float, float]], standing=ONE) -> float:
    """Of the body at rest with some joints turned (axis-angle, radians)."""
    joints = torch.zeros(len(anny.joint_names), 3)
    for role, turn in turns.items():
        joints[anny.roles[role]] = torch.tensor(turn)
    pose = Pose(
        joints=joints,
        root_rotation=torch.zeros(3),
        root_translation=torch.zeros(3),
        expression=torch.zeros(len(anny.expression_names)),
    )
    vertices = skin(rest, pose)
    points = anny.landmarks.points(vertices)[BODY_LANDMARKS]
    return float(stand_on_ground(points, vertices[soles], standing, 1.7))


def test_soles_are_below_the_feet_heel_first_and_left_before_right(rest, soles):
    heel, inner, outer = rest.vertices[soles].unbind(1)
    assert float(rest.vertices[soles][..., 1].abs().max()) < 0.02
    assert (heel[:, 2] < inner[:, 2] - 0.1).all()
    assert (outer[:, 0].abs() > inner[:, 0].abs() + 0.05).all()
    assert float(outer[0, 0]) > 0 > float(outer[1, 0])


def test_who_stands_flat_pays_next_to_nothing(anny, rest, soles):
    assert cost(anny, rest, soles, {}) < 3e-5


@pytest.mark.parametrize(
    ("role", "turn"),
    [
        ("left_ankle", (0.0, 0.0, 0.35)),  # rolls
        ("right_ankle", (-0.4, 0.0, 0.0)),  # lifts its toes
        ("left_ankle", (0.0, math.radians(60), 0.0)),  # points aside
        ("right_hip", (-0.3, 0.0, 0.0)),  # the whole leg before the other, and higher
    ],
)
def test_feet_that_do_not_stand_so_cost_who_stands_alone(anny, rest, soles, role, turn):
    assert cost(anny, rest, soles, {role: turn}) > 1e-4
    assert cost(anny, rest, soles, {role: turn}, standing=torch.tensor(0.0)) == 0


def test_a_foot_that_is_lifted_is_free_to_turn(anny, rest, soles):
    lifted = {"left_hip": (-1.2, 0.0, 0.0), "left_knee": (1.2, 0.0, 0.0)}
    turned = {**lifted, "left_ankle": (0.0, 0.0, 0.5)}
    assert cost(anny, rest, soles, turned) == pytest.approx(cost(anny, rest, soles, lifted), rel=0.05)


def test_of_two_feet_the_lower_one_is_to_come_up(anny, rest, soles):
    """What it costs falls where the lower foot rises."""
    places = rest.vertices[soles].clone()
    places[0, :, 1] -= 0.03
    places.requires_grad_()
    points = anny.landmarks.points(rest.vertices)[BODY_LANDMARKS]
    stand_on_ground(points, places, ONE, 1.7).backward()
    assert float(places.grad[0, :, 1].sum()) < 0 < float(places.grad[1, :, 1].sum())


def test_the_feet_turn_with_the_pelvis(anny, rest, soles):
    turn = matrix_from_axis_angle(torch.tensor([0.0, 1.3, 0.0]))
    vertices = rest.vertices @ turn.T
    points = anny.landmarks.points(vertices)[BODY_LANDMARKS]
    assert float(stand_on_ground(points, vertices[soles], ONE, 1.7)) < 3e-5
