"""White sleeves taken for skin are cloth down to the wrist; pale arms are skin, and so is what is taken for sleeves."""

import pytest
import torch

from bodydouble.inpaint.arm_wear import bare_arms, settle_arms
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


def test_a_tattooed_forearm_far_darker_than_the_sleeve_stays_bare(graph, sleeves):
    labels, confidence, forearm = sleeves
    assert torch.equal(settle(labels, torch.tensor([0.28, 0.31, 0.34]), confidence, forearm, graph), labels)


RED = torch.tensor([0.8, 0.15, 0.1])


@pytest.fixture
def vest(graph):
    """(N,) labels of a vest that are right but on one upper arm, which is labelled as it is, and that arm's texels."""
    surface = graph.surface
    body = surface.region == Region.BODY
    wrong = body & surface.arm & (surface.along < ELBOW_M) & (surface.position[:, 0] > 0)
    return torch.where(body & surface.trunk | wrong, UPPER, SKIN), wrong


@pytest.mark.parametrize("light", [1.0, 0.85])
def test_an_arm_that_is_labelled_as_the_vest_beside_it_is_bare(graph, vest, light):
    labels, wrong = vest
    confidence = graph.surface.normal[:, 2].clamp_min(0)
    rgb = torch.where((labels == UPPER)[:, None], RED, TAN)
    rgb[wrong] = light * TAN
    settled = bare_arms(labels, rgb, confidence, graph.surface)
    assert bool((settled[wrong & (confidence > 0)] == SKIN).all())
    assert torch.equal(settled[~wrong], labels[~wrong])


def test_a_sleeve_stays_one_in_the_trunk_s_colour_and_a_nude_one_without_bare_skin_beside(graph, vest):
    labels, wrong = vest
    surface, confidence = graph.surface, graph.surface.normal[:, 2].clamp_min(0)
    nude = torch.where((labels == UPPER)[:, None] & surface.trunk[:, None], TAN + 0.02, TAN)
    assert torch.equal(bare_arms(labels, nude, confidence, surface), labels), "a nude shirt"
    sleeved = torch.where(surface.arm & (surface.region == Region.BODY), UPPER, labels)
    red = torch.where((labels == UPPER)[:, None] & surface.trunk[:, None], RED, TAN)
    assert torch.equal(bare_arms(sleeved, red, confidence, surface), sleeved), "nude sleeves below a red vest"
