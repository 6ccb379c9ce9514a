"""Fingers that nobody saw are half closed, side by side; those of a hand that is seen bend as it does."""

import math

import pytest
import torch
from torch.nn.functional import cosine_similarity

from bodydouble.body.skinning import joint_transforms
from bodydouble.fitting.fingers import finger_pose
from bodydouble.values import LEFT_HAND_LANDMARKS, Person, Pose

FINGERS = ("index", "middle", "ring", "pinky")


def person_with_left_hand(metres: torch.Tensor | None, score: float = 1.0) -> Person:
    landmarks, world = torch.zeros(543, 3), torch.full((543, 3), torch.nan)
    if metres is not None:
        landmarks[LEFT_HAND_LANDMARKS, 2], world[LEFT_HAND_LANDMARKS] = score, metres
    return Person(mask=torch.ones(4, 4), landmarks=landmarks, landmarks_world=world)


def hand(bend: float) -> torch.Tensor:
    """21×3 points, metres, of a hand all of whose joints are bent by so many degrees."""
    points = [torch.zeros(3)]
    for finger in range(5):
        place, angle = torch.zeros(3), 0.0
        for length in (0.09, 0.04, 0.03, 0.02):
            radians = math.radians(angle)
            place = place + length * torch.tensor([0.1 * (finger - 2), math.cos(radians), math.sin(radians)])
            points.append(place)
            angle += bend
    return torch.stack(points)


def posed_joints(anny, person: Person) -> torch.Tensor:
    rest = anny.rest(anny.mean_shape())
    joints, zero = finger_pose(person, rest, anny), torch.zeros(3)
    pose = Pose(joints=joints, root_rotation=zero, root_translation=zero, expression=torch.zeros(0))
    return joint_transforms(rest, pose)[1]


def reach(anny, places: torch.Tensor, finger: str) -> float:
    """Metres from the wrist to a finger's last joint."""
    return float((places[anny.roles[f"left_{finger}_3"]] - places[anny.roles["left_wrist"]]).norm())


def test_fingers_that_nobody_saw_close_and_lie_side_by_side(anny):
    rest, places = anny.rest(anny.mean_shape()).joints, posed_joints(anny, person_with_left_hand(None))
    for finger in FINGERS:
        assert reach(anny, places, finger) < reach(anny, rest, finger), finger
    closed = [reach(anny, places, finger) / reach(anny, rest, finger) for finger in FINGERS]
    assert closed == sorted(closed, reverse=True), "the little finger most"

    def fanned(joints: torch.Tensor) -> float:
        index, pinky = (
            joints[anny.roles[f"left_{name}_2"]] - joints[anny.roles[f"left_{name}_1"]] for name in ("index", "pinky")
        )
        return float(cosine_similarity(index, pinky, dim=0).arccos().rad2deg())

    assert fanned(places) < 0.7 * fanned(rest)


def test_only_fingers_move(anny):
    joints = finger_pose(person_with_left_hand(None), anny.rest(anny.mean_shape()), anny)
    assert all(anny.joint_names[joint].startswith("finger") for joint in joints.norm(dim=1).nonzero()[:, 0].tolist())


@pytest.mark.parametrize("finger", FINGERS)
def test_seen_fingers_bend_as_they_are_seen(anny, finger):
    hanging, fist, flat = (
        reach(anny, posed_joints(anny, person_with_left_hand(metres)), finger)
        for metres in (None, hand(60.0), hand(0.0))
    )
    assert fist < hanging - 0.01 and flat > hanging
    doubtful = reach(anny, posed_joints(anny, person_with_left_hand(hand(60.0), score=0.6)), finger)
    assert doubtful == pytest.approx(hanging)
