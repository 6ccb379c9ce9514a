"""What the detector adds to limbs' pitch is taken off, and nothing else of them."""

import math

import pytest
import torch

from bodydouble.fitting.depth_bias import correct_depths
from bodydouble.fitting.initial_pose import world_axes
from bodydouble.geometry.rotation import matrix_from_axis_angle
from bodydouble.person.landmarks import ANKLES, ELBOWS, HIPS, KNEES, SHOULDERS, WRISTS
from bodydouble.values import BODY_LANDMARKS, Person


def person(pitch: float, heading: float = 0.0, outward: float = 0.0) -> Person:
    """Somebody whose forearms point so far ahead of straight down, radians, and away from the body."""
    body = torch.zeros(33, 3)
    body[SHOULDERS] = torch.tensor([[0.18, 0.5, 0.0], [-0.18, 0.5, 0.0]])
    body[ELBOWS] = body[SHOULDERS] - torch.tensor([0.0, 0.28, 0.0])
    body[HIPS] = torch.tensor([[0.1, 0.0, 0.0], [-0.1, 0.0, 0.0]])
    for row, sign in zip(WRISTS, (1.0, -1.0), strict=True):
        down = math.cos(pitch) * torch.tensor([sign * math.sin(outward), -math.cos(outward), 0.0])
        body[row] = body[row - 2] + 0.25 * (down + torch.tensor([0.0, 0.0, math.sin(pitch)]))
    body[KNEES] = body[HIPS] - torch.tensor([0.0, 0.42, 0.0])
    body[ANKLES] = body[KNEES] - torch.tensor([0.0, 0.41, 0.0])
    for hand in (17, 18, 19, 20, 21, 22):
        body[hand] = body[WRISTS[(hand - 17) % 2]] - torch.tensor([0.0, 0.08, 0.0])
    for foot in (29, 30, 31, 32):
        body[foot] = body[ANKLES[(foot - 29) % 2]] + torch.tensor([0.0, -0.06, 0.1])
    world = torch.full((543, 3), torch.nan)
    world[BODY_LANDMARKS] = world_axes(body @ matrix_from_axis_angle(torch.tensor([0.0, heading, 0.0])).T)
    return Person(mask=torch.zeros(4, 4), landmarks=torch.zeros(543, 3), landmarks_world=world)


def forearms(shown: Person, heading: float) -> torch.Tensor:
    """2×3: unit directions, turned back to face +z."""
    body = world_axes(shown.landmarks_world)[BODY_LANDMARKS]
    turned = body @ matrix_from_axis_angle(torch.tensor([0.0, heading, 0.0]))
    return torch.nn.functional.normalize(turned[WRISTS] - turned[ELBOWS], dim=1)


@pytest.mark.parametrize("heading", [0.0, 0.8, 3.0], ids=["front", "aside", "behind"])
def test_hanging_forearms_reach_less_far_ahead(heading):
    shown = person(math.radians(20), heading)
    before, after = forearms(shown, heading), forearms(correct_depths(shown), heading)
    assert torch.allclose(torch.asin(before[:, 2]), torch.tensor(math.radians(20)), atol=1e-5)
    assert (torch.rad2deg(torch.asin(after[:, 2])) < 12).all()
    assert (torch.rad2deg(torch.asin(after[:, 2])) > 3).all()


def test_forearms_keep_their_side_and_length():
    shown = person(math.radians(20), outward=math.radians(40))
    corrected = correct_depths(shown)
    before, after = forearms(shown, 0.0), forearms(corrected, 0.0)
    assert torch.allclose(before[:, 0] / before[:, 1], after[:, 0] / after[:, 1], atol=1e-5)
    lengths = [(each.landmarks_world[WRISTS] - each.landmarks_world[ELBOWS]).norm(dim=1) for each in (shown, corrected)]
    assert torch.allclose(*lengths)


def test_legs_stay():
    shown = person(0.3)
    corrected = correct_depths(shown)
    assert torch.equal(corrected.landmarks_world[HIPS + KNEES + ANKLES], shown.landmarks_world[HIPS + KNEES + ANKLES])


def test_who_was_not_measured_in_metres_stays():
    shown = person(0.0)
    shown.landmarks_world[:] = torch.nan
    assert correct_depths(shown) is shown


def test_trunks_lean_less_and_carry_the_head():
    shown = person(0.0)
    shown.landmarks_world[:23, 2] -= 0.5 * math.tan(math.radians(12))  # towards the camera
    corrected = correct_depths(shown)
    lean = corrected.landmarks_world[HIPS, 2] - corrected.landmarks_world[SHOULDERS, 2]
    assert float(lean.max()) < 0.5 * math.tan(math.radians(6))
    carried = corrected.landmarks_world - shown.landmarks_world
    assert torch.allclose(carried[0], carried[SHOULDERS].mean(0), atol=1e-6)
