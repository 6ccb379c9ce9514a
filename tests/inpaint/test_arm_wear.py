"""White sleeves that are taken for skin are cloth down to the wrist; pale arms are skin."""

import pytest
import torch

from bodydouble.inpaint.arm_wear import settle_arms
from bodydouble.inpaint.see_through import nothing_through
from bodydouble.parsing.labels import SKIN, UPPER
from bodydouble.surface.regions import Region

TAN = torch.tensor([0.75, 0.58, 0.48])
ELBOW_M = 0.2  # along the arm, where the sleeve's label ends


@pytest.fixture
def sleeves(graph):
    """(N,) labels of a shirt whose sleeves are skin from the elbow on, where something was seen, and the forearms."""
    surface = graph.surface
    arm = surface.arm & (surface.region == Region.BODY)
    shirt = (surface.trunk & (surface.region == Region.BODY)) | (arm & (surface.along < ELBOW_M))
    forearm = arm & (surface.along >= ELBOW_M)
    return torch.where(shirt, UPPER, SKIN), surface.normal[:, 2].clamp_min(0), forearm


def settle(labels, colour, confidence, forearm, graph):
    rgb = torch.where(forearm[:, None], colour, TAN)
    return settle_arms(labels, rgb, confidence, nothing_through(len(rgb)), graph.surface)[0]


def test_white_forearms_are_sleeves_and_hands_stay_bare(graph, sleeves):
    labels, confidence, forearm = sleeves
    settled = settle(labels, torch.full((3,), 0.9), confidence, forearm, graph)
    seen = confidence > 0
    assert float((settled[forearm & seen] == UPPER).float().mean()) > 0.95
    assert bool((settled[graph.surface.region == Region.HAND] == SKIN).all())


@pytest.mark.parametrize("colour", [TAN, 0.5 * TAN, torch.lerp(TAN, torch.full((3,), 0.9), 0.4)])
def test_bare_forearms_stay_bare_in_shade_and_where_they_are_pale(graph, sleeves, colour):
    labels, confidence, forearm = sleeves
    assert torch.equal(settle(labels, colour, confidence, forearm, graph), labels)
