"""Feet in sandals are bare where no strap was seen, and ankle straps go around."""

from dataclasses import replace

import pytest
import torch

from bodydouble.clothing.footwear import wears_sandals
from bodydouble.inpaint.by_label import complete_labels
from bodydouble.inpaint.see_through import nothing_through
from bodydouble.inpaint.straps import bare_in_sandals
from bodydouble.parsing.labels import LABELS, SHOES, SKIN
from bodydouble.surface.graph import SurfaceTexels
from bodydouble.surface.regions import Region
from bodydouble.values import StyleEstimate

UPPER, LOWER = LABELS.index("upper"), LABELS.index("lower")


def in_shoes(surface: SurfaceTexels, top: float, strap: tuple[float, float] | None = None):
    """(N,) labels of bare legs whose feet are shoes up to a height, and strapped between two; seen is what faces us."""
    height = surface.position[:, 1]
    label = torch.where(height > 0.9, UPPER, SKIN)
    shoe = height < top
    if strap is not None:
        shoe |= (height > strap[0]) & (height < strap[1])
    label[shoe & ~surface.arm & ~surface.trunk] = SHOES
    return label, surface.normal[:, 2] > 0.3


def behind(surface: SurfaceTexels, low: float, high: float):
    height = surface.position[:, 1]
    leg = ~surface.arm & ~surface.trunk & ((surface.region == Region.BODY) | (surface.region == Region.FOOT))
    return leg & (surface.normal[:, 2] < -0.3) & (height > low) & (height < high)


def sandal(chance: float) -> StyleEstimate:
    return StyleEstimate(chances={"shoes": {"low": 1 - chance, "sandal": chance}})


def test_a_sure_style_tells_sandals():
    assert [wears_sandals(style) for style in (None, sandal(0.4), sandal(0.8))] == [False, False, True]


def test_what_is_closed_in_front_is_bare_behind_in_sandals_alone(graph):
    surface = graph.surface
    label, seen = in_shoes(surface, 0.14)
    heel = behind(surface, 0.02, 0.12)
    for sandals in (False, True):
        completed = complete_labels(label, seen, nothing_through(len(label)), graph, sandals=sandals)
        assert torch.equal(completed[seen], label[seen])
        assert float((completed[heel] == SHOES).float().mean()) == pytest.approx(0.0 if sandals else 1.0, abs=0.2)
    assert bool((completed[heel] == SKIN).any())


def test_an_ankle_strap_goes_around(graph):
    surface = graph.surface
    label, seen = in_shoes(surface, 0.04, (0.10, 0.13))
    completed = complete_labels(label, seen, nothing_through(len(label)), graph, sandals=True)
    assert float((completed[behind(surface, 0.105, 0.125)] == SHOES).float().mean()) > 0.7
    assert float((completed[behind(surface, 0.02, 0.09)] == SHOES).float().mean()) < 0.1


def test_an_ankle_strap_that_one_foot_shows_in_part_is_around_both(graph):
    surface = graph.surface
    label, seen = in_shoes(surface, 0.04, (0.10, 0.13))
    right = surface.position[:, 0] < 0
    seen &= ~(right & (surface.position[:, 1] > 0.09) & (surface.position[:, 1] < 0.14))
    completed = complete_labels(label, seen, nothing_through(len(label)), graph, sandals=True)
    assert float((completed[behind(surface, 0.105, 0.125) & right] == SHOES).float().mean()) > 0.7


def test_legs_of_which_no_skin_was_seen_stay_as_they_are(graph):
    surface = graph.surface
    label, seen = in_shoes(surface, 0.14)
    label[label == SKIN] = LOWER
    assert not any(bool(texels.any()) for texels in bare_in_sandals(label, seen, surface))


def test_feet_in_sandals_below_trousers_are_bare_and_in_shoes_are_not(graph):
    """Nothing of the feet was seen: trousers do not go on over them, though the parser may see some through them."""
    surface = graph.surface
    label, seen = in_shoes(surface, 0.0)
    label[(label == SKIN) & ~surface.arm & (surface.position[:, 1] > 0.12)] = LOWER
    foot = surface.region == Region.FOOT
    seen = seen & ~foot
    nothing = nothing_through(len(label))
    guess = torch.where((torch.arange(len(LABELS)) == LOWER) & foot[:, None], 1.0, nothing.labels)
    for through in (nothing, replace(nothing, labels=guess, away=foot.float())):
        shod, bare = (complete_labels(label, seen, through, graph, sandals=sandals) for sandals in (False, True))
        assert bool((shod[foot] == LOWER).any())
        assert bool((bare[foot] == SKIN).all())
