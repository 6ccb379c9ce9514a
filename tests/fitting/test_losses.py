"""Terms of the fit: knees that look straight pay for bending, others do not."""

import math

import pytest
import torch

from bodydouble.body.anny import AnnyBody
from bodydouble.fitting.losses import BENT_IN_MOTION, JointLimits, lean, standing_upright, straight_legs
from bodydouble.person.landmarks import HIPS, SHOULDERS


def _legs(left_bend: float, right_bend: float) -> torch.Tensor:
    """33×3 landmarks, y up, of somebody whose shins are turned backwards by these radians."""
    points = torch.zeros(33, 3)
    for hip, bend in ((23, left_bend), (24, right_bend)):
        points[hip + 2] = torch.tensor([0.0, -0.45, 0.0])
        down = torch.tensor([0.0, -torch.cos(torch.tensor(bend)), -torch.sin(torch.tensor(bend))])
        points[hip + 4] = points[hip + 2] + 0.42 * down
    return points


def test_straight_legs_are_told_one_by_one() -> None:
    straight = straight_legs(_legs(0.1, 1.2))
    assert straight[0] == 1 and straight[1] == 0
    assert torch.equal(straight_legs(torch.zeros(33, 3)), torch.zeros(2)), "what was not seen is not straight"


def test_who_stands_with_knees_that_the_detector_bends_as_it_does_straight_ones_does_not_crouch() -> None:
    seen, bent = _legs(math.radians(33), math.radians(33)), _legs(math.radians(50), math.radians(50))
    assert straight_legs(seen).tolist() == [1.0, 1.0] and float(standing_upright(seen)) > 0.6
    assert straight_legs(bent).tolist() == [0.0, 0.0] and float(standing_upright(bent)) == 0
    assert straight_legs(seen, BENT_IN_MOTION).tolist() == [0.0, 0.0], "who walks bends a knee"


def test_only_straight_knees_pay_for_bending(anny: AnnyBody) -> None:
    limits = JointLimits(anny, anny.rest(anny.mean_shape()))
    bent = torch.zeros(len(anny.joint_names), 3)
    bent[anny.roles["right_knee"], 0] = 0.3
    free, left, right = (float(limits(bent, torch.tensor(legs))) for legs in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)))
    assert left == free
    assert right > free + 10


def test_who_stands_pays_for_leaning_and_who_does_not_stand_does_not():
    upright = torch.zeros(33, 3)
    upright[list(SHOULDERS), 1], upright[list(HIPS), 1] = 1.4, 0.9
    leaning = upright.clone()
    leaning[list(SHOULDERS), 2] = 0.17
    one = torch.tensor(1.0)
    assert float(lean(upright, one, 1.7)) == 0
    assert float(lean(leaning, one, 1.7)) == pytest.approx(0.01)
    assert float(lean(leaning, torch.tensor(0.0), 1.7)) == 0
