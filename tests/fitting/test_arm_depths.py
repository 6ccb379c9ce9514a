"""Of the arms that look as seen, the one whose elbow goes back and whose hand stays near the trunk is taken."""

import math
from dataclasses import replace

import pytest
import torch

from bodydouble.fitting.arm_depths import choose_arm_depths, moved_joints
from bodydouble.fitting.initial_pose import world_axes
from bodydouble.geometry.rotation import matrix_from_axis_angle
from bodydouble.person.landmarks import ANKLES, ELBOWS, HIPS, KNEES, SHOULDERS, WRISTS
from bodydouble.values import BODY_LANDMARKS, Person

SCALE = 500.0  # pixels a metre
UPPER, FORE = 0.262, 0.232
LEFT_HAND = [17, 19, 21]


def arm(upper: float, fore: float) -> torch.Tensor:
    """2×3: a left upper arm and forearm that point so far ahead of straight down, radians."""
    pitches = torch.tensor([upper, fore])
    lengths = torch.tensor([UPPER, FORE])
    return torch.stack([torch.zeros(2), -lengths * pitches.cos(), lengths * pitches.sin()], 1)


def person(true: torch.Tensor, told: torch.Tensor, heading: float = 0.0, sits: bool = False) -> Person:
    """Somebody whose left arm is, and looks, like one and is another in the detector's metres; the right one hangs."""
    body = torch.zeros(33, 3)
    body[SHOULDERS] = torch.tensor([[0.16, 0.48, 0.0], [-0.16, 0.48, 0.0]])
    body[HIPS] = torch.tensor([[0.1, 0.0, 0.0], [-0.1, 0.0, 0.0]])
    thigh = torch.tensor([0.0, 0.0, 0.42]) if sits else torch.tensor([0.0, -0.42, 0.0])
    body[KNEES] = body[HIPS] + thigh
    body[ANKLES] = body[KNEES] - torch.tensor([0.0, 0.41, 0.0])
    turn = matrix_from_axis_angle(torch.tensor([0.0, heading, 0.0]))
    shapes = []
    for left in (true, told):
        shape = body.clone()
        for side, bones in enumerate((left, arm(-0.1, 0.1))):
            shape[[ELBOWS[side], WRISTS[side]]] = shape[SHOULDERS[side]] + bones.cumsum(0)
            for row in LEFT_HAND:
                shape[row + side] = shape[WRISTS[side]] - torch.tensor([0.0, 0.08, 0.0])
        shapes.append(shape @ turn.T)
    landmarks, world = torch.zeros(543, 3), torch.full((543, 3), torch.nan)
    landmarks[BODY_LANDMARKS, :2] = shapes[0][:, :2] * torch.tensor([SCALE, -SCALE]) + 400
    landmarks[BODY_LANDMARKS, 2] = 1
    world[BODY_LANDMARKS] = world_axes(shapes[1])
    return Person(mask=torch.zeros(4, 4), landmarks=landmarks, landmarks_world=world)


def depths(shown: Person, heading: float = 0.0) -> torch.Tensor:
    """(2,), metres: how far the left elbow is ahead of the shoulder, and the wrist ahead of the elbow."""
    body = world_axes(shown.landmarks_world)[BODY_LANDMARKS]
    turned = body @ matrix_from_axis_angle(torch.tensor([0.0, heading, 0.0]))
    return turned[[SHOULDERS[0], ELBOWS[0], WRISTS[0]], 2].diff()


BELT, REACHING = arm(-0.4, 1.3), arm(0.2, 0.8)


@pytest.mark.parametrize("heading", [0.0, math.pi], ids=["front", "back"])
def test_the_elbow_of_a_hand_at_the_belt_goes_back(heading):
    shown = person(BELT, REACHING, heading)
    upper, fore = depths(choose_arm_depths(shown), heading).tolist()
    assert depths(shown, heading)[0] > 0, "the detector has it ahead"
    assert upper < 0, "in truth 10 cm behind"
    assert fore == pytest.approx(FORE * math.sin(1.3), abs=0.03)


def test_an_arm_that_hangs_stays():
    shown = person(arm(-0.1, 0.1), arm(-0.1, 0.1))
    assert torch.allclose(depths(choose_arm_depths(shown)), depths(shown), atol=0.04)


def test_an_arm_that_reaches_out_does_so_still():
    out = arm(1.0, 1.4)
    assert (depths(choose_arm_depths(person(out, out))) > 0.15).all()


def test_who_sits_keeps_hands_on_the_thighs():
    shown = person(BELT, REACHING, sits=True)
    assert torch.equal(depths(choose_arm_depths(shown)), depths(shown))


def test_an_arm_whose_joints_are_seen_in_one_place_points_at_the_camera_or_away():
    shown = person(BELT, REACHING)
    shown.landmarks[[ELBOWS[0], WRISTS[0]], :2] = shown.landmarks[SHOULDERS[0], :2]
    assert bool(choose_arm_depths(shown).landmarks_world[BODY_LANDMARKS].isfinite().all())
    assert float(depths(choose_arm_depths(shown)).abs().min()) > 0.2


def test_arms_that_nobody_saw_stay():
    shown = person(BELT, REACHING)
    shown.landmarks[WRISTS[0], 2] = 0.1
    assert torch.equal(depths(choose_arm_depths(shown)), depths(shown))


def test_where_an_arm_is_guessed_tells_no_length_of_the_other():
    shown = person(BELT, arm(0.3, 1.3))
    landmarks = shown.landmarks.clone()
    landmarks[[ELBOWS[1], WRISTS[1]]] = torch.tensor([-1.0, -1.0, 0.0])
    guessed = replace(shown, landmarks=landmarks)
    assert torch.allclose(depths(choose_arm_depths(guessed)), depths(choose_arm_depths(shown)), atol=0.02)


def test_pixels_legs_and_the_hand_below_its_wrist_stay():
    shown = person(BELT, REACHING)
    chosen = choose_arm_depths(shown)
    before, after = shown.landmarks_world, chosen.landmarks_world
    assert torch.equal(chosen.landmarks, shown.landmarks)
    assert torch.equal(before[KNEES + ANKLES], after[KNEES + ANKLES])
    for row in LEFT_HAND:
        assert torch.allclose(after[row] - after[WRISTS[0]], before[row] - before[WRISTS[0]], atol=1e-6)


def test_only_the_joints_of_an_arm_that_moved_may_move(anny):
    shown = person(BELT, REACHING)
    moved = moved_joints(shown, choose_arm_depths(shown), anny).nonzero()[:, 0].tolist()
    assert moved == sorted(anny.roles[f"left_{part}"] for part in ("shoulder", "elbow", "wrist"))
    still = person(arm(-0.1, 0.1), arm(-0.1, 0.1))
    assert not bool(moved_joints(still, choose_arm_depths(still), anny).any())
    untold = replace(shown, landmarks_world=torch.full_like(shown.landmarks_world, torch.nan))
    assert not bool(moved_joints(untold, choose_arm_depths(untold), anny).any())
