"""Feet that stand before a camera are found by their pictures, and tell where the body is."""

import pytest
import torch

from bodydouble.fitting.standing_feet import FEET, find_standing, plant_root

FRAMES, RATE, SCALE = 90, 30.0, 200.0  # pixels a metre
STEP = 0.5  # metres a foot goes ahead, in the middle third


@pytest.fixture
def stepping():
    """The left foot stands, the right one goes ahead in the middle third: points in metres before the camera."""
    points = torch.zeros(FRAMES, 33, 3)
    points[..., 2] = -3.0
    way = ((torch.arange(FRAMES) - FRAMES / 3) / (FRAMES / 3)).clamp(0, 1) * STEP
    for part in FEET["right"]:
        points[:, part, 0] = way
    return points


def test_what_stands_in_the_picture_stands(stepping):
    standing = find_standing(SCALE * stepping, torch.full((FRAMES,), SCALE), RATE)
    assert standing["left"].all()
    moves = torch.zeros(FRAMES, dtype=torch.bool)
    moves[FRAMES // 3 + 2 : 2 * FRAMES // 3 - 2] = True
    assert not standing["right"][moves].any() and standing["right"][: FRAMES // 3 - 2].all()


def test_what_stands_does_not_drift(stepping):
    """A body whose depth swims by 10 cm, and whose place does by 2 cm, is put back by the foot that stands."""
    seconds = torch.arange(FRAMES) / RATE
    drift = torch.stack([0.02 * torch.sin(5 * seconds), torch.zeros(FRAMES), 0.1 * torch.sin(2 * seconds)], 1)
    standing = find_standing(SCALE * stepping, torch.full((FRAMES,), SCALE), RATE)
    shift = plant_root(stepping + drift[:, None], standing)
    left = drift + shift
    assert left.diff(dim=0).norm(dim=1).mean() < 0.3 * drift.diff(dim=0).norm(dim=1).mean()
    assert left.norm(dim=1).max() < 0.15  # it stays about where the pictures have it


def test_who_stands_nowhere_is_left_alone(stepping):
    flying = {side: torch.zeros(FRAMES, 2, dtype=torch.bool) for side in FEET}
    assert not plant_root(stepping + torch.rand(FRAMES, 1, 3), flying).any()
