"""What must hold for each motion this project writes itself."""

from itertools import pairwise

import pytest
import torch

from bodydouble.body.anny import AnnyBody
from bodydouble.motion.builtin import BUILTIN_MOTIONS
from bodydouble.motion.ground import lowest_points
from bodydouble.motion.load import load_motion
from bodydouble.values import Motion, RestBody
from tests.motion.posed import transforms


@pytest.fixture(scope="module")
def motions(anny: AnnyBody, rest: RestBody) -> dict[str, Motion]:
    return {name: load_motion(name, anny, rest) for name in BUILTIN_MOTIONS}


def test_the_five_are_there() -> None:
    assert set(BUILTIN_MOTIONS) == {"idle", "walk", "wave", "turn", "dance"}


@pytest.mark.parametrize("name", list(BUILTIN_MOTIONS))
def test_it_loops_and_nothing_jumps(name: str, motions: dict[str, Motion], anny: AnnyBody, rest: RestBody) -> None:
    motion = motions[name]
    assert motion.frames_per_second == 30
    assert 2 <= len(motion) / 30 <= 10
    joints = transforms(motion, rest)[1]
    steps = torch.stack([(after - before).norm(dim=-1).max() for before, after in pairwise(joints)])
    assert (joints[0] - joints[-1]).norm(dim=-1).max() <= 1.5 * steps.max() + 1e-4
    assert steps.max() < 0.2  # metres in a thirtieth of a second: 6 m/s, a fast hand
    assert steps.max() > 0.0005


@pytest.mark.parametrize("name", list(BUILTIN_MOTIONS))
def test_feet_stand_on_the_ground_and_not_in_it(
    name: str, motions: dict[str, Motion], anny: AnnyBody, rest: RestBody
) -> None:
    motion = motions[name]
    frames = slice(0, len(motion), 7)
    thinned = Motion(
        joints=motion.joints[frames],
        root_rotation=motion.root_rotation[frames],
        root_translation=motion.root_translation[frames],
        frames_per_second=30 / 7,
    )
    lowest = lowest_points(thinned, rest)
    assert lowest.min() > -0.01
    assert lowest.max() < 0.03


@pytest.mark.parametrize("name", list(BUILTIN_MOTIONS))
def test_it_starts_facing_the_camera_and_stays_near(
    name: str, motions: dict[str, Motion], anny: AnnyBody, rest: RestBody
) -> None:
    rotations, joints = transforms(motions[name], rest)
    forward = rotations[0, 0, :, 2]
    assert abs(float(forward[0])) < 1e-3 and forward[2] > 0.9
    assert joints[:, 0, [0, 2]].abs().max() < 0.4


@pytest.mark.parametrize("name", list(BUILTIN_MOTIONS))
def test_knees_and_elbows_bend_the_human_way(
    name: str, motions: dict[str, Motion], anny: AnnyBody, rest: RestBody
) -> None:
    rotations, joints = transforms(motions[name], rest)
    for side in ("left", "right"):
        hip, knee, ankle = (joints[:, anny.roles[f"{side}_{part}"]] for part in ("hip", "knee", "ankle"))
        # Seen in the thigh's own axes the shin never swings forward of the thigh by more than a few degrees.
        thigh = rotations[:, anny.roles[f"{side}_hip"]]
        upper = (thigh.mT @ (knee - hip)[..., None])[..., 0]
        lower = (thigh.mT @ (ankle - knee)[..., None])[..., 0]
        forward = torch.atan2(lower[:, 2], -lower[:, 1]) - torch.atan2(upper[:, 2], -upper[:, 1])
        assert torch.rad2deg(forward).max() < 4
        turn = motions[name].joints[:, anny.roles[f"{side}_elbow"]].norm(dim=-1)
        assert torch.rad2deg(turn).max() < 150


def test_arms_swing_against_the_legs(motions: dict[str, Motion], anny: AnnyBody, rest: RestBody) -> None:
    joints = transforms(motions["walk"], rest)[1]
    legs = joints[:, anny.roles["left_ankle"], 2] - joints[:, anny.roles["right_ankle"], 2]
    arms = joints[:, anny.roles["left_wrist"], 2] - joints[:, anny.roles["right_wrist"], 2]
    correlation = torch.corrcoef(torch.stack([legs, arms]))[0, 1]
    assert correlation < -0.9
    assert legs.max() > 0.4 and arms.max() > 0.25  # metres


def test_a_standing_foot_does_not_slide(motions: dict[str, Motion], anny: AnnyBody, rest: RestBody) -> None:
    for name in ("idle", "wave"):
        ankles = transforms(motions[name], rest)[1][:, anny.roles["left_ankle"]]
        assert (ankles - ankles.mean(0)).norm(dim=-1).max() < 0.01
    # On the treadmill the foot that carries goes back at an even speed.
    walk = motions["walk"]
    foot = transforms(walk, rest)[1][:33, anny.roles["left_ankle"], 2]
    speed = -(foot[5:15] - foot[4:14]) * 30
    assert speed.min() > 0.6 and speed.max() < 1.3 * speed.mean()


def test_the_turn_goes_once_around(motions: dict[str, Motion], anny: AnnyBody, rest: RestBody) -> None:
    forward = transforms(motions["turn"], rest)[0][:, 0, :, 2]
    angle = torch.atan2(forward[:, 0], forward[:, 2])
    steps = torch.remainder(angle[1:] - angle[:-1] + torch.pi, 2 * torch.pi) - torch.pi
    assert (steps > 0).all()
    assert torch.rad2deg(steps.sum()) == pytest.approx(358, abs=1)


def test_another_rate_has_as_many_frames_more(anny: AnnyBody, rest: RestBody) -> None:
    assert len(load_motion("walk", anny, rest, frames_per_second=60)) == 2 * len(load_motion("walk", anny, rest))
