"""A motion begins in the photo's pose to the last bit, without a jerk, and its feet stay on the ground."""

from dataclasses import replace

import pytest
import torch

from bodydouble.body.skinning import dress_rest, joint_paths
from bodydouble.motion.ease import ease_from_pose, ease_weights, keep_in_place, slow_start, stands
from bodydouble.motion.ground import lowest_points
from bodydouble.motion.load import load_motion
from bodydouble.values import Motion


@pytest.fixture(scope="module")
def rest(fit, anny):
    return dress_rest(fit, anny)


@pytest.fixture(scope="module")
def pose(fit, anny, rest):
    """The photo's pose, on the ground, facing +z."""
    standing = replace(fit.pose, root_rotation=torch.tensor([0.05, 0.0, 0.02]), root_translation=torch.zeros(3))
    still = Motion(
        joints=standing.joints[None],
        root_rotation=standing.root_rotation[None],
        root_translation=torch.zeros(1, 3),
        frames_per_second=30.0,
    )
    return replace(standing, root_translation=torch.tensor([0.0, -float(lowest_points(still, rest)[0]), 0.0]))


def test_weights_start_and_stop_without_a_jerk():
    weights = ease_weights(91, 30.0, 1.0, loop=True)
    assert weights[0] == weights[-1] == 0 and (weights[30:61] == 1).all()
    assert weights[1] < 5e-4 and torch.equal(weights, weights.flip(0))
    assert (ease_weights(91, 30.0, 1.0, loop=False)[30:] == 1).all()
    assert ease_weights(5, 30.0, 1.0, loop=True).tolist()[2] == 1  # short clips ease faster


@pytest.mark.parametrize("name", ["wave", "walk"])
@pytest.mark.parametrize("loop", [True, False])
def test_first_frame_is_the_pose(anny, rest, pose, name, loop):
    motion = slow_start(load_motion(name, anny, rest), 1.0, loop)
    eased = ease_from_pose(pose, motion, ease_weights(len(motion), 30.0, 1.0, loop), anny, rest)
    ends = (0, -1) if loop else (0,)
    for frame in ends:
        assert torch.allclose(eased.joints[frame, 1:], pose.joints[1:], atol=1e-5)
        assert torch.allclose(eased.root_rotation[frame], pose.root_rotation, atol=1e-6)
        assert torch.allclose(eased.root_translation[frame], pose.root_translation, atol=1e-4)
    if not loop and name == "walk":
        assert torch.allclose(eased.joints[60:], motion.joints[60:], atol=1e-4)


def test_feet_of_a_motion_that_stands_stay_where_the_photo_has_them(anny, rest, pose):
    motion = load_motion("wave", anny, rest)
    assert stands(motion, anny, rest) and not stands(load_motion("walk", anny, rest), anny, rest)
    eased = ease_from_pose(pose, motion, ease_weights(len(motion), 30.0, 1.0, loop=False), anny, rest)
    positions = joint_paths(rest, eased)[1]
    for side in ("left", "right"):
        ankle = positions[:, anny.roles[f"{side}_ankle"]]
        assert (ankle - ankle[0]).norm(dim=-1).max() < 0.002
    hand = positions[:, anny.roles["right_wrist"]]
    assert (hand - hand[0]).norm(dim=-1).max() > 0.3  # and it does wave


def test_who_walks_from_a_pose_stays_on_the_ground(anny, rest, pose):
    motion = load_motion("walk", anny, rest)
    eased = ease_from_pose(pose, motion, ease_weights(len(motion), 30.0, 1.0, loop=False), anny, rest)
    assert lowest_points(eased, rest).abs().max() < 0.015


def test_a_motion_that_walks_away_stays_in_place(anny, rest):
    motion = load_motion("walk", anny, rest)
    way = torch.linspace(0, 4, len(motion))
    away = replace(motion, root_translation=motion.root_translation + torch.stack([0 * way, 0 * way, way], 1))
    ground = keep_in_place(away).root_translation[:, ::2]
    assert (ground.amax(0) - ground.amin(0)).norm() < 0.5
    assert keep_in_place(motion) is motion


def test_time_runs_up_from_standing_still(anny, rest):
    motion = load_motion("walk", anny, rest)
    slow = slow_start(motion, 1.0, loop=True)
    steps = slow.joints.diff(dim=0).norm(dim=-1).amax(1)
    assert steps[0] < 0.1 * steps.max() and steps[-1] < 0.1 * steps.max()
    assert len(slow) == len(motion) + 30
    assert torch.allclose(slow.joints[-1], motion.joints[-1], atol=1e-4)
