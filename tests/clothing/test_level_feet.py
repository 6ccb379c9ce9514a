"""Soles of feet that stand lie level, lifted feet stay as they are."""

from dataclasses import replace

import pytest
import torch

from bodydouble.body.skinning import joint_transforms
from bodydouble.clothing.footwear import foot_frame, tilt
from bodydouble.clothing.level_feet import level_feet
from bodydouble.geometry.rotation import axis_angle_from_matrix, matrix_from_axis_angle
from bodydouble.person.landmarks import SIDES
from bodydouble.values import BodyFit


def turned(fit: BodyFit, anny, joint: str, angles: tuple[float, float, float]) -> BodyFit:
    joints = fit.pose.joints.clone()
    joints[anny.roles[joint]] = torch.tensor(angles)
    return replace(fit, pose=replace(fit.pose, joints=joints))


def sole_tilt(fit: BodyFit, anny, side: str) -> float:
    """Degrees."""
    rotation = joint_transforms(anny.rest(fit.shape), fit.pose)[0][anny.roles[f"{side}_ankle"]]
    return float(torch.rad2deg(rotation[1, 1].clamp(-1, 1).acos()))


@pytest.mark.parametrize("angles", [(0.25, 0.0, 0.1), (-0.2, 0.3, 0.0), (0.0, 0.1, -0.3)])
def test_a_standing_foot_is_levelled_and_points_where_it_did(anny, standing, angles):
    fit = turned(standing, anny, "left_ankle", angles)
    level = level_feet(fit, anny)
    for side in SIDES:
        assert sole_tilt(level, anny, side) < 0.5
    frame = foot_frame(anny.rest(fit.shape), anny, "left")
    forward = torch.tensor([float(frame.forward[0]), 0.0, float(frame.forward[1])])
    before, after = (
        joint_transforms(anny.rest(each.shape), each.pose)[0][anny.roles["left_ankle"]] @ forward
        for each in (fit, level)
    )
    flat = torch.nn.functional.normalize(before * torch.tensor([1.0, 0.0, 1.0]), dim=0)
    assert float(flat @ after) > 0.99


def test_other_joints_stay(anny, standing):
    fit = turned(standing, anny, "left_ankle", (0.2, 0.0, 0.1))
    changed = (level_feet(fit, anny).pose.joints - fit.pose.joints).norm(dim=1) > 1e-5
    assert changed.nonzero()[:, 0].tolist() == [anny.roles["left_ankle"]]


def test_toes_of_a_standing_foot_are_straight(anny, standing):
    rest = anny.rest(standing.shape)
    toes = [joint for joint, parent in enumerate(rest.parents) if parent == anny.roles["left_ankle"]]
    joints = standing.pose.joints.clone()
    joints[toes[0], 0] = -0.5
    curled = replace(standing, pose=replace(standing.pose, joints=joints))
    assert float(level_feet(curled, anny).pose.joints[toes].abs().max()) < 1e-6


def test_a_lifted_foot_and_one_on_its_toes_are_left_alone(anny, standing):
    knee_up = turned(turned(standing, anny, "left_hip", (-1.0, 0.0, 0.0)), anny, "left_knee", (1.2, 0.0, 0.0))
    ankle = anny.roles["left_ankle"]
    assert torch.allclose(level_feet(knee_up, anny).pose.joints[ankle], knee_up.pose.joints[ankle], atol=1e-5)
    down = axis_angle_from_matrix(tilt(foot_frame(anny.rest(standing.shape), anny, "left"), 0.8))
    tip_toe = turned(standing, anny, "left_ankle", tuple(down.tolist()))
    assert torch.allclose(level_feet(tip_toe, anny).pose.joints[ankle], tip_toe.pose.joints[ankle], atol=1e-3)


@pytest.mark.parametrize("angles", [(0.0, 0.0, 0.65), (-0.65, 0.0, 0.0), (0.3, 0.2, -0.6)])
def test_a_foot_on_the_ground_that_rolls_or_lifts_its_toes_is_no_lifted_one(anny, standing, angles):
    assert sole_tilt(level_feet(turned(standing, anny, "left_ankle", angles), anny), anny, "left") < 0.5


def test_on_its_toes_a_foot_does_not_roll(anny, standing):
    fit = level_feet(turned(standing, anny, "left_ankle", (0.8, 0.0, 0.3)), anny)
    rotation = joint_transforms(anny.rest(fit.shape), fit.pose)[0][anny.roles["left_ankle"]]
    forward = foot_frame(anny.rest(fit.shape), anny, "left").forward
    left = torch.stack([forward[1], torch.zeros(()), -forward[0]])
    assert abs(float((rotation @ left)[1])) < 0.01
    assert sole_tilt(fit, anny, "left") > 35


def test_who_sits_on_the_ground_keeps_feet_on_their_sides(anny, standing):
    fit = turned(standing, anny, "left_ankle", (0.0, 0.0, 1.2))
    assert sole_tilt(level_feet(fit, anny), anny, "left") > 60


def test_who_lies_is_left_alone(anny, standing):
    lying = turned(standing, anny, "left_ankle", (0.2, 0.0, 0.0))
    lying = replace(lying, pose=replace(lying.pose, root_rotation=torch.tensor([-1.5, 0.0, 0.0])))
    assert level_feet(lying, anny) is lying


def test_on_heels_the_shoes_are_level(anny, standing):
    """The fit's ankle turned back by the heel's pitch is what untilting leaves: its sole is level already."""
    rest = anny.rest(standing.shape)
    back = tilt(foot_frame(rest, anny, "left"), 0.3)
    fit = turned(standing, anny, "left_ankle", tuple(axis_angle_from_matrix(back.T).tolist()))
    level = matrix_from_axis_angle(level_feet(fit, anny).pose.joints[anny.roles["left_ankle"]])
    assert torch.allclose(level, torch.eye(3), atol=1e-3)
