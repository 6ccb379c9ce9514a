"""Where sleeves end, and that a strap is none."""

import pytest
import torch

from bodydouble.inpaint.limb_ends import end_at_hems
from bodydouble.parsing.labels import OUTER, SKIN
from bodydouble.surface.regions import Region


@pytest.fixture
def arms(graph):
    """(N,) bool: both arms, what was seen of them, and the left one."""
    surface = graph.surface
    arms = surface.arm & (surface.region == Region.BODY)
    return arms, surface.normal[:, 2] > 0.3, surface.position[:, 0] > 0


def test_a_strap_down_one_arm_is_no_sleeve_and_a_sleeve_is_one(graph, arms):
    surface = graph.surface
    arms, seen, left = arms
    strap = arms & left & (surface.along < 0.3) & ((surface.position[:, 2] * 50).long() % 3 == 0)
    labels = torch.where(strap, OUTER, SKIN)
    allowed = end_at_hems(labels, seen, surface)
    upper_arm = arms & left & (surface.along > 0.06)
    assert bool(allowed[upper_arm, 0].all()) and not bool(allowed[upper_arm, 1].any())
    assert bool(allowed[arms & ~left].all())

    both = torch.where(strap | strap[surface.twin], OUTER, SKIN)
    assert bool(end_at_hems(both, seen, surface)[upper_arm, 1].any())


def test_a_sleeve_ends_at_one_place_all_around(graph, arms):
    surface = graph.surface
    arms, seen, left = arms
    labels = torch.where(arms & (surface.along < 0.2), OUTER, SKIN)
    allowed = end_at_hems(labels, seen, surface)
    assert not bool(allowed[arms & (surface.along < 0.17), 0].any())
    assert not bool(allowed[arms & (surface.along > 0.23), 1].any())
