"""A top without sleeves ends at one curve around the shoulder; what has sleeves or bares shoulders has none."""

import pytest
import torch

from bodydouble.inpaint.armholes import find_armholes
from bodydouble.parsing.labels import SKIN, UPPER
from bodydouble.surface.regions import Region

OUT_M = 0.01  # of the armhole, beyond the seam of a sleeve


def dress(surface, reach_m):
    """(N,) labels of a top whose cloth ends so far outwards from the shoulder's joint, and where it is seen."""
    shoulder = surface.position[surface.arm, 0].abs().min() + 0.02
    cloth = surface.position[:, 0].abs() < shoulder + reach_m
    return torch.where(cloth, UPPER, SKIN), surface.normal[:, 2] > 0.3


def test_behind_the_cloth_ends_as_far_out_as_in_front(anny, graph):
    surface = graph.surface
    labels, seen = dress(surface, OUT_M)
    (side,) = find_armholes(labels, seen, labels, surface, anny)
    vertices = anny.rest(anny.mean_shape()).vertices
    near = side.abs() > 0.3
    cloth, bare = vertices[near & (side > 0), 0].abs(), vertices[near & (side < 0), 0].abs()
    assert min(len(cloth), len(bare)) > 20
    assert float(cloth.median()) < float(bare.median()) - 0.04
    left, right = (near & (half * vertices[:, 0] > 0) for half in (1, -1))
    assert float(side[left].mean()) == pytest.approx(float(side[right].mean()), abs=0.02)


@pytest.mark.parametrize("worn", ["sleeves", "nothing", "a stripe"])
def test_others_have_none(anny, graph, worn):
    surface = graph.surface
    labels, seen = dress(surface, OUT_M)
    if worn == "sleeves":
        labels[surface.region == Region.BODY] = UPPER
    elif worn == "nothing":
        labels[:] = SKIN
    else:
        labels = torch.where((surface.position[:, 1] * 100).long() % 4 < 2, UPPER, SKIN)
    assert find_armholes(labels, seen, labels, surface, anny).shape == (0, len(anny.rest(anny.mean_shape()).vertices))


def test_an_arm_that_is_dressed_farther_down_has_none(anny, graph):
    surface = graph.surface
    labels, seen = dress(surface, OUT_M)
    completed = torch.where(surface.arm & (surface.position[:, 0] > 0), UPPER, labels)
    (side,) = find_armholes(labels, seen, completed, surface, anny)
    left = anny.rest(anny.mean_shape()).vertices[:, 0] > 0
    assert not bool(side[left].any()) and bool(side[~left].any())
