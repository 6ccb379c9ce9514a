"""Clavicles rise with arms, and a hand over the head rests on it."""

import pytest
import torch

from bodydouble.fitting.clavicles import raised_clavicles
from bodydouble.fitting.head_contact import hands_at_head, head_contact
from bodydouble.values import Person

SHOULDERS, ELBOWS, HIPS, EARS, PALMS = [11, 12], [13, 14], [23, 24], [7, 8], [17, 18, 19, 20]


def arms_at(degrees: float) -> torch.Tensor:
    """33×3, metres, y up: both arms held out so far from hanging."""
    points, angle = torch.zeros(33, 3), torch.deg2rad(torch.tensor(degrees))
    sides = torch.tensor([1.0, -1.0])
    points[SHOULDERS] = torch.stack([0.2 * sides, torch.full((2,), 1.4), torch.zeros(2)], 1)
    points[HIPS] = torch.stack([0.2 * sides, torch.full((2,), 0.9), torch.zeros(2)], 1)
    points[ELBOWS] = points[SHOULDERS] + 0.3 * torch.stack([sides * angle.sin(), -angle.cos().expand(2), sides * 0], 1)
    return points


def test_clavicles_rise_with_the_arms(anny):
    left, right = (anny.roles[f"{side}_clavicle"] for side in ("left", "right"))
    rises = [raised_clavicles(arms_at(degrees), anny)[[left, right], 2] for degrees in (0.0, 40.0, 90.0, 170.0)]
    assert not rises[0].any() and not rises[1].any(), "arms that hang leave them where they are"
    assert 0 < float(rises[2][0]) < float(rises[3][0]) < 0.6
    assert all(float(rise.sum()) == pytest.approx(0, abs=1e-5) for rise in rises), "mirrored"
    unknown = torch.full((33, 3), torch.nan)
    assert not raised_clavicles(unknown, anny).any()


def test_a_hand_is_at_the_head_where_the_photo_shows_it_there():
    """A metre is a hundred pixels wide."""
    landmarks, metres = torch.zeros(543, 3), torch.full((543, 3), torch.nan)
    landmarks[:33] = torch.tensor([50.0, 20.0, 0.9])
    landmarks[SHOULDERS, 1], landmarks[HIPS, 1] = 40.0, 90.0
    landmarks[[18, 20], 0] = 90.0
    metres[:33] = landmarks[:33] / 100
    person = Person(mask=torch.ones(100, 100), landmarks=landmarks, landmarks_world=metres)
    assert hands_at_head(person).tolist() == [1.0, 0.0]
    landmarks[PALMS, 2] = 0.2
    assert not hands_at_head(person).any()


def test_a_hand_near_the_head_is_drawn_to_it_and_out_of_it():
    raised, pulls, costs = torch.tensor([1.0, 0.0]), {}, {}
    for distance in (-0.6, -0.2, 0.05, 0.13, 0.2, 0.6):
        points = torch.zeros(543, 3)
        points[PALMS, 2] = distance
        points.requires_grad_()
        cost = head_contact(points, raised)
        (slope,) = torch.autograd.grad(cost, points)
        assert not slope[[18, 20]].any(), "the other hand is free"
        pulls[distance], costs[distance] = float(slope[17, 2]), float(cost.detach())
    assert costs[0.13] == 0
    assert pulls[0.05] < 0 < pulls[0.2]
    assert pulls[0.6] < 0.2 * pulls[0.2], "a hand that reaches out is let go"
    assert pulls[-0.6] == pytest.approx(pulls[-0.2]) and pulls[-0.2] < 0, "not so behind the head"
