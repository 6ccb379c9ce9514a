"""A top on straps leaves shoulders and arms bare behind; a sleeve, a vest and a top on one shoulder do not."""

import pytest
import torch

from bodydouble.inpaint.bare_shoulders import bare_behind
from bodydouble.inpaint.by_label import complete_labels
from bodydouble.inpaint.see_through import nothing_through
from bodydouble.parsing.labels import SKIN, UPPER
from bodydouble.surface.regions import Region

TOP_M = 1.4  # where the top ends


@pytest.fixture
def top(graph):
    """(N,) labels of a top on thin straps, seen from the front, with a flounce before one arm; and where seen."""
    surface = graph.surface
    height, aside = surface.position[:, 1], surface.position[:, 0]
    label = torch.where(surface.trunk & (height < TOP_M), UPPER, SKIN)
    label[surface.trunk & ((aside.abs() - 0.1).abs() < 0.008)] = UPPER
    label[surface.arm & (aside > 0) & (surface.along < surface.along[surface.arm].quantile(0.2))] = UPPER
    return label, surface.normal[:, 2] > 0.3


def behind(surface):
    return surface.trunk & (surface.region == Region.BODY) & (surface.normal[:, 2] < -0.3)


def test_a_back_is_bare_above_the_top_and_arms_are(graph, top):
    label, seen = top
    surface = graph.surface
    whole = complete_labels(label, seen, nothing_through(len(label)), graph)
    height = surface.position[:, 1]
    above, below = (behind(surface) & side for side in (height > TOP_M + 0.04, height < TOP_M - 0.04))
    assert int(above.sum()) > 100 and bool((whole[above] == SKIN).all())
    assert float((whole[below] == UPPER).float().mean()) > 0.95
    assert float((whole[surface.arm & (surface.region == Region.BODY)] == SKIN).float().mean()) > 0.98


def test_a_shoulder_that_hair_hides_is_as_the_other(graph, top):
    label, seen = top
    hidden = graph.surface.trunk & (graph.surface.position[:, 0] < -0.05)
    assert torch.equal(
        bare_behind(label, seen & ~hidden, graph.surface)[behind(graph.surface)],
        bare_behind(label, seen, graph.surface)[behind(graph.surface)],
    )


@pytest.mark.parametrize("worn", ["a vest", "on one shoulder"])
def test_a_dressed_shoulder_is_dressed_behind(graph, top, worn):
    label, seen = top
    surface = graph.surface
    aside = surface.position[:, 0]
    strap = (
        surface.trunk & (aside.abs() > 0.05) & (aside.abs() < 0.16) if worn == "a vest" else surface.trunk & (aside > 0)
    )
    label = torch.where(strap, UPPER, label)
    assert not bool(bare_behind(label, seen, surface).any())
