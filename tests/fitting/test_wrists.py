"""Wrists have ends, those of unseen hands stay straight, and the forearm bears half of a hand's turn."""

import pytest
import torch
from torch.nn.functional import normalize

from bodydouble.body.skinning import joint_transforms
from bodydouble.fitting.wrists import WristLimits, spread_wrist_turns
from bodydouble.values import LEFT_HAND_LANDMARKS, RIGHT_HAND_LANDMARKS, Person, Pose


@pytest.fixture(scope="module")
def rest(anny):
    return anny.rest(anny.mean_shape())


def person_with_hands(*rows: slice) -> Person:
    landmarks = torch.zeros(543, 3)
    for hand in rows:
        landmarks[hand, 2] = 1.0
    return Person(mask=torch.ones(4, 4), landmarks=landmarks, landmarks_world=torch.full((543, 3), torch.nan))


def bent_wrist(anny, limits: WristLimits, axis: int, degrees: float) -> torch.Tensor:
    joints = torch.zeros(len(anny.joint_names), 3)
    joints[anny.roles["left_wrist"]] = torch.deg2rad(torch.tensor(degrees)) * limits.axes[0, axis]
    return joints


def test_seen_wrists_are_free_up_to_their_ends(anny, rest):
    limits = WristLimits(person_with_hands(LEFT_HAND_LANDMARKS, RIGHT_HAND_LANDMARKS), torch.zeros(2), anny, rest)
    for axis, (inside, outside) in enumerate(((70, 95), (60, 90), (20, 45))):
        assert float(limits(bent_wrist(anny, limits, axis, inside))) == 0
        assert float(limits(bent_wrist(anny, limits, axis, -outside))) > 1


def test_wrists_of_unseen_hands_stay_straight(anny, rest):
    limits = WristLimits(person_with_hands(RIGHT_HAND_LANDMARKS), torch.zeros(2), anny, rest)
    assert float(limits(bent_wrist(anny, limits, 1, 20.0))) > 1
    assert float(limits(torch.zeros(len(anny.joint_names), 3))) == 0
    pocketed = WristLimits(person_with_hands(RIGHT_HAND_LANDMARKS), torch.tensor([1.0, 0.0]), anny, rest)
    assert float(pocketed(bent_wrist(anny, limits, 1, 20.0))) < 1


def test_half_of_a_turn_moves_to_the_forearm_and_the_hand_stays(anny, rest):
    wrist, zero = anny.roles["left_wrist"], torch.zeros(3)
    before = anny.parents[wrist]
    axis = normalize(rest.joints[wrist] - rest.joints[before], dim=0)
    joints = torch.zeros(len(anny.joint_names), 3)
    joints[wrist] = 1.2 * axis
    pose = Pose(joints=joints, root_rotation=zero, root_translation=zero, expression=torch.zeros(0))
    spread = spread_wrist_turns(pose, anny, rest)
    assert torch.allclose(spread.joints[[before, wrist]], 0.6 * axis.expand(2, 3), atol=1e-5)
    for turned, same in zip(joint_transforms(rest, spread), joint_transforms(rest, pose), strict=True):
        hand = [joint for joint in range(len(anny.joint_names)) if joint != before]
        assert torch.allclose(turned[hand], same[hand], atol=1e-5)
