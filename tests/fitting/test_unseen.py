"""Limbs beyond the photo's edge hang and stand; what is seen stays as the detector saw it."""

import math
from dataclasses import replace

import pytest
import torch

from bodydouble.fitting.initial_pose import world_axes
from bodydouble.fitting.unseen import hang_unseen_limbs, unseen_points
from bodydouble.person.landmarks import ANKLES, ELBOWS, FEET_ROWS, HIPS, KNEES, SHOULDERS, WRISTS, BodyPoint
from bodydouble.values import LEFT_HAND_LANDMARKS, Person

SIZE = (400, 300)
PX_PER_M = 200.0


def person(bottom: float) -> Person:
    """Somebody with bent knees, cut off at that row of the photo; beyond it the detector guesses."""
    metres = torch.zeros(33, 3)
    metres[SHOULDERS] = torch.tensor([[0.18, 0.5, 0.0], [-0.18, 0.5, 0.0]])
    metres[ELBOWS] = torch.tensor([[0.3, 0.25, 0.1], [-0.3, 0.25, 0.1]])
    metres[[BodyPoint.LEFT_WRIST, BodyPoint.RIGHT_WRIST]] = torch.tensor([[0.3, 0.3, 0.35], [-0.3, 0.3, 0.35]])
    metres[HIPS] = torch.tensor([[0.1, 0.0, 0.0], [-0.1, 0.0, 0.0]])
    metres[KNEES] = torch.tensor([[0.15, -0.3, 0.25], [-0.15, -0.3, 0.25]])
    metres[ANKLES] = torch.tensor([[0.15, -0.6, -0.05], [-0.15, -0.6, -0.05]])
    metres[FEET_ROWS.start + 2 :] = metres[ANKLES].repeat(2, 1) + torch.tensor([0.0, -0.06, 0.05])
    pixels = torch.stack([150 + PX_PER_M * metres[:, 0], 150 - PX_PER_M * metres[:, 1]], 1)
    landmarks, world = torch.zeros(543, 3), torch.full((543, 3), torch.nan)
    landmarks[:33] = torch.cat([pixels, torch.where(pixels[:, 1:] < bottom, 0.99, 0.2)], 1)
    world[:33] = world_axes(metres)
    mask = torch.zeros(SIZE)
    mask[20 : int(bottom), 60:240] = 1
    size = (int(bottom), SIZE[1]) if bottom < SIZE[0] else SIZE
    return Person(mask=mask[: size[0]], landmarks=landmarks, landmarks_world=world)


def bones(stand_in: Person, first: list[int], second: list[int]) -> torch.Tensor:
    points = world_axes(stand_in.landmarks_world)[:33]
    return torch.nn.functional.normalize(points[second] - points[first], dim=1)


def test_who_is_shown_stays_as_seen():
    shown = person(399)
    stand_in = hang_unseen_limbs(shown)
    assert stand_in.person is shown and not bool(stand_in.imagined.any())


@pytest.mark.parametrize("bottom", [160, 205])
def test_unseen_legs_stand_straight_below_the_hips(bottom):
    stand_in = hang_unseen_limbs(person(bottom))
    assert bool(stand_in.imagined[KNEES + ANKLES].all()) and not bool(stand_in.imagined[ELBOWS].any())
    down = torch.tensor([0.0, -1.0, 0.0])
    assert float((bones(stand_in.person, HIPS, KNEES) @ down).min()) > 0.999
    assert float((bones(stand_in.person, KNEES, ANKLES) @ down).min()) > 0.999
    toes = bones(stand_in.person, ANKLES, [BodyPoint.LEFT_FOOT_INDEX, BodyPoint.RIGHT_FOOT_INDEX])
    assert float(toes[:, 2].min()) > 0.5  # ahead, where the person looks
    assert float(stand_in.person.landmarks[KNEES, 2].max()) == 0  # in pixels nothing is known of them


def test_a_knee_that_is_guessed_above_the_edge_is_an_unseen_one():
    shown = person(240)
    landmarks = shown.landmarks.clone()
    landmarks[KNEES[0], 2] = 0.1
    assert unseen_points(replace(shown, landmarks=landmarks))[KNEES].tolist() == [True, False]


def test_a_shin_hangs_from_a_knee_that_is_seen():
    shown = person(240)
    stand_in = hang_unseen_limbs(shown)
    assert torch.equal(stand_in.imagined[KNEES], torch.tensor([False, False]))
    assert torch.allclose(stand_in.person.landmarks_world[KNEES], shown.landmarks_world[KNEES])
    assert float(bones(stand_in.person, KNEES, ANKLES)[:, 1].max()) < -0.999


@pytest.mark.parametrize(("bottom", "leaves"), [(160, 8), (240, 30)], ids=["no knees", "knees"])
def test_trunks_lean_less_where_no_knee_is_seen(bottom, leaves):
    shown = person(bottom)
    metres = world_axes(shown.landmarks_world)
    metres[HIPS, 2] -= 0.5 * math.tan(math.radians(30))
    leaning = replace(shown, landmarks_world=world_axes(metres))
    points = world_axes(hang_unseen_limbs(leaning).person.landmarks_world)
    trunk = points[SHOULDERS].mean(0) - points[HIPS].mean(0)
    assert math.degrees(math.atan2(float(trunk[2]), float(trunk[1]))) == pytest.approx(leaves, abs=0.1)


def test_of_a_bust_the_trunk_is_upright_and_the_arms_hang():
    stand_in = hang_unseen_limbs(person(80))
    assert bool(stand_in.imagined[HIPS + ELBOWS].all())
    points = world_axes(stand_in.person.landmarks_world)
    assert torch.allclose(points[SHOULDERS].mean(0)[[0, 2]], points[HIPS].mean(0)[[0, 2]], atol=1e-6)
    assert float(bones(stand_in.person, SHOULDERS, ELBOWS)[:, 1].max()) < -0.9


def test_a_leg_behind_another_is_no_unseen_one():
    shown = person(399)
    landmarks = shown.landmarks.clone()
    landmarks[ANKLES[0], 2] = 0.1
    assert not bool(unseen_points(replace(shown, landmarks=landmarks)).any())
    far = landmarks.clone()
    far[ANKLES[0], :2] = torch.tensor([295.0, 300.0])
    assert bool(unseen_points(replace(shown, landmarks=far))[ANKLES[0]])


def test_a_hand_guessed_beside_the_mask_is_unseen_though_a_foot_there_is_not():
    shown = person(399)
    landmarks = shown.landmarks.clone()
    near = torch.tensor([245.0, 150.0])
    for row in (BodyPoint.LEFT_ELBOW, BodyPoint.LEFT_WRIST, BodyPoint.LEFT_ANKLE):
        landmarks[row] = torch.tensor([*near, 0.4])
    unseen = unseen_points(replace(shown, landmarks=landmarks))
    assert unseen.nonzero()[:, 0].tolist() == [BodyPoint.LEFT_ELBOW, BodyPoint.LEFT_WRIST]


def test_an_arm_of_which_a_hand_is_guessed_in_the_air_hangs():
    """Behind a trunk that is turned; the hand that was found there is a passer-by's."""
    shown, (elbow, wrist) = person(399), (ELBOWS[0], WRISTS[0])
    landmarks = shown.landmarks.clone()
    landmarks[elbow, 2], landmarks[wrist] = 0.2, torch.tensor([260.0, 95.0, 0.7])
    landmarks[LEFT_HAND_LANDMARKS, 2] = 0.8
    stand_in = hang_unseen_limbs(replace(shown, landmarks=landmarks))
    assert stand_in.imagined[ELBOWS].tolist() == stand_in.imagined[WRISTS].tolist() == [True, False]
    assert float(bones(stand_in.person, ELBOWS, WRISTS)[0, 1]) < -0.9
    assert float(stand_in.person.landmarks[LEFT_HAND_LANDMARKS, 2].max()) == 0
    landmarks[elbow, 2] = 0.6  # an elbow that is seen: the mask has lost the hand
    assert not bool(unseen_points(replace(shown, landmarks=landmarks))[ELBOWS].any())
