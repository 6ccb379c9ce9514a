"""Behind, the trunk wears what the photo shows at its flanks: a jacket, or a vest over a shirt."""

from dataclasses import replace

import pytest
import torch

from bodydouble.inpaint.by_label import complete_labels
from bodydouble.inpaint.jackets import find_behind, settle_jacket
from bodydouble.inpaint.see_through import nothing_through
from bodydouble.parsing.labels import LABELS, LOWER, OUTER, SKIN, UPPER
from bodydouble.surface.regions import Region

WAIST_M = 1.0


@pytest.fixture(scope="module")
def front(graph):
    """(N,) labels of a shirt over trousers, and bool, where they were seen: all that faces forward."""
    surface = graph.surface
    label = torch.where(surface.position[:, 1] > WAIST_M, UPPER, LOWER)
    label[surface.region != Region.BODY] = SKIN
    return label, surface.normal[:, 2] > 0.4


def find_back(graph):
    surface = graph.surface
    back = surface.trunk & (surface.region == Region.BODY) & (surface.normal[:, 2] < -0.4)
    return back & (surface.position[:, 1] > WAIST_M + 0.05) & (surface.position[:, 1] < 1.38)


def test_a_vest_is_whole_behind_whatever_its_shirts_sleeves_are_taken_for(graph, front):
    """Sleeves that were taken for a jacket's reach the trunk at the armholes, and the far side is told to be theirs."""
    surface, (label, seen) = graph.surface, front
    x, y, _ = surface.position.T
    worn = (surface.region == Region.BODY) & (y > WAIST_M)
    label = torch.where(worn & (surface.arm | ((x.abs() > 0.15) & (y > 1.33))), OUTER, label)
    chances = torch.zeros(len(label), len(LABELS))
    chances[:, OUTER], chances[:, UPPER] = 0.6, 0.4
    through = replace(nothing_through(len(label)), labels=chances, away=(worn & (surface.normal[:, 2] < -0.3)).float())
    whole = complete_labels(label, seen, through, graph)
    assert float((whole[find_back(graph)] == UPPER).float().mean()) > 0.99
    sleeves = surface.arm & (surface.region == Region.BODY) & (surface.normal[:, 2] < -0.4)
    assert float((whole[sleeves] == OUTER).float().mean()) > 0.95


@pytest.mark.parametrize("sleeve", [True, False])
def test_a_jacket_with_both_sleeves_is_closed_behind_though_one_front_is_hidden(graph, front, sleeve):
    """Hair hides its left front; without a left sleeve, what is on the right alone is a shirt in the shade."""
    surface, (label, seen) = graph.surface, front
    x, y, _ = surface.position.T
    right = (x < -0.07) | (surface.arm & sleeve)
    label = torch.where((surface.region == Region.BODY) & (y > WAIST_M) & right, OUTER, label)
    seen = seen & ~((x > 0.07) & surface.trunk)
    seen &= ~(surface.arm & (x > 0) & (surface.along > 0.12))  # a short piece of that sleeve alone
    settled = settle_jacket(label, seen, surface)
    assert bool((settled[seen] == OUTER).any()) == sleeve
    whole = complete_labels(label, seen, nothing_through(len(label)), graph)
    assert float((whole[find_back(graph)] == (OUTER if sleeve else UPPER)).float().mean()) > 0.9


def test_what_was_not_seen_tells_of_no_jacket(graph, front):
    label, seen = front
    for masks in (find_behind(label, seen, graph.surface), find_behind(label, seen & False, graph.surface)):
        assert not any(bool(mask.any()) for mask in masks)


@pytest.mark.parametrize("tail", [False, True], ids=["hidden", "hangs out"])
def test_a_shirt_shows_below_a_jacket_behind_only_where_it_did_in_front(graph, front, tail):
    """The parser sees one through the person; a bag hides all from the waist to the hips, but beside it a tail."""
    surface, (label, seen) = graph.surface, front
    x, y, _ = surface.position.T
    worn = (surface.region == Region.BODY) & (y > WAIST_M)
    label = torch.where(worn & (surface.arm | (x.abs() > 0.07)), OUTER, label)
    body = (surface.region == Region.BODY) & ~surface.arm
    label = torch.where(body & (y > WAIST_M - 0.2) & (y <= WAIST_M), UPPER, label)
    below = body & (y > WAIST_M - 0.2) & (y <= WAIST_M + 0.04)
    between = (x.abs() < 0.07) & (y > WAIST_M + 0.025)  # the fronts, where the bag leaves a little more to be seen
    seen = seen & (~below | between | (tail & (y <= WAIST_M)))
    chances = torch.zeros(len(label), len(LABELS))
    chances[:, OUTER], chances[:, UPPER] = 0.4, 0.6
    back = body & (surface.normal[:, 2] < -0.4) & (y < 1.4)
    away = (back & (y > WAIST_M - 0.2) & (y <= WAIST_M + 0.04)).float()
    whole = complete_labels(label, seen, replace(nothing_through(len(label)), labels=chances, away=away), graph)
    assert bool((whole[back] == UPPER).any()) == tail
