"""A patch of another label within a garment's unseen back sinks; what was seen, or ends elsewhere, stays."""

import pytest
import torch

from bodydouble.inpaint.label_islands import sink_islands
from bodydouble.parsing.labels import LOWER, OUTER, UPPER

WAIST_M = 1.0


@pytest.fixture
def patched(graph):
    """(N,) labels of a coat over trousers, with a patch of shirt on the back; the patch; what faces away."""
    position = graph.surface.position
    behind = graph.surface.normal[:, 2] < 0
    label = torch.where(position[:, 1] > WAIST_M, OUTER, LOWER)
    middle = torch.tensor([0.0, WAIST_M + 0.25])
    patch = ((position[:, :2] - middle).norm(dim=1) < 0.06) & behind & graph.surface.trunk
    label[patch] = UPPER
    return label, patch, behind


def test_an_island_that_was_not_seen_sinks(graph, patched):
    label, patch, behind = patched
    assert int(patch.sum()) > 50
    sunk = sink_islands(label, behind, graph.edges)
    assert bool((sunk[patch] == OUTER).all()) and torch.equal(sunk[~patch], label[~patch])


def test_what_was_seen_in_part_stays(graph, patched):
    label, patch, behind = patched
    free = behind.clone()
    free[patch.nonzero()[0]] = False
    assert torch.equal(sink_islands(label, free, graph.edges), label)


def test_what_lies_between_two_garments_stays(graph, patched):
    """A shirt's tail that looks out below the coat."""
    label, patch, behind = patched
    position = graph.surface.position
    tail = patch.clone()
    tail[:] = ((position[:, 1] - WAIST_M).abs() < 0.04) & behind & graph.surface.trunk & (position[:, 0].abs() < 0.08)
    label = torch.where(patch, OUTER, label)
    label[tail] = UPPER
    assert torch.equal(sink_islands(label, behind, graph.edges), label)
