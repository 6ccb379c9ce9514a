"""Pitch errors are the turn that was put in, in degrees, whichever way the person faces."""

import math

import pytest
import torch

from bodydouble.geometry.rotation import matrix_from_axis_angle
from workshop.landmarks.depths import pitch_errors


def figure(forearm: float) -> torch.Tensor:
    """33×3: upright, facing +z, with forearms that point so many degrees ahead of straight down."""
    points = torch.zeros(33, 3)
    points[[11, 12]] = torch.tensor([[0.18, 0.5, 0.0], [-0.18, 0.5, 0.0]])
    points[[13, 14]] = points[[11, 12]] - torch.tensor([0.0, 0.28, 0.0])
    angle = math.radians(forearm)
    points[[15, 16]] = points[[13, 14]] + 0.25 * torch.tensor([0.0, -math.cos(angle), math.sin(angle)])
    for row in range(17, 23):
        points[row] = points[15 + (row - 17) % 2] - torch.tensor([0.0, 0.08, 0.0])
    points[[23, 24]] = torch.tensor([[0.1, 0.0, 0.0], [-0.1, 0.0, 0.0]])
    return points


@pytest.mark.parametrize("heading", [0.0, 1.0, 3.0])
def test_forearms_that_reach_too_far_ahead_are_measured(heading: float) -> None:
    turn = matrix_from_axis_angle(torch.tensor([0.0, heading, 0.0])).T
    errors = pitch_errors(figure(5) @ turn, figure(20) @ turn)
    assert errors["wrist"] == pytest.approx([15.0, 15.0], abs=0.01)
    assert errors["shoulder"] == errors["elbow"] == pytest.approx([0.0, 0.0], abs=0.01)


def test_raised_forearms_are_left_out() -> None:
    assert "wrist" not in pitch_errors(figure(80), figure(90))
