"""Laws of the surface as a graph of texels."""

import pytest
import torch

from bodydouble.surface.graph import surface_edges
from bodydouble.surface.regions import Region


@pytest.fixture(scope="module")
def edges(scene):
    return surface_edges(scene.surface)


def test_neighbours_reach_over_chart_borders_and_not_between_fingers_or_thighs(scene, edges):
    surface = scene.surface
    uv = torch.stack([surface.row, surface.column], 1).float()
    far_in_uv = (uv[edges.first] - uv[edges.second]).norm(dim=1) > 20
    assert far_in_uv.sum() > 500
    assert (surface.normal[edges.first] * surface.normal[edges.second]).sum(1).min() > 0.2
    gap = (surface.position[edges.first] - surface.position[edges.second]).norm(dim=1)
    assert gap.max() < 0.04
    sides = surface.position[edges.first, 0] * surface.position[edges.second, 0] < 0
    apart = (surface.position[edges.first, 0] - surface.position[edges.second, 0]).abs() > 0.02
    assert not (sides & apart).any()


def test_along_a_limb_no_way_is_longer_than_it_is(scene, edges):
    surface = scene.surface
    for limb in (surface.arm, surface.trunk):
        within = limb[edges.first] & limb[edges.second] & (surface.region[edges.first] == Region.BODY)
        first, second = edges.first[within], edges.second[within]
        way = (surface.position[first] - surface.position[second]).norm(dim=1)
        assert float(((surface.along[first] - surface.along[second]).abs() / way.clamp_min(1e-3)).quantile(0.999)) < 2


def test_nothing_passes_a_hem_or_into_an_eye(scene):
    surface = scene.surface
    low = (surface.position[:, 1] < 1.0)[:, None]
    edges = surface_edges(surface, torch.where(low, 0.1, 0.9).expand(-1, 3))
    across = low[edges.first, 0] != low[edges.second, 0]
    across &= surface.arm[edges.first] == surface.arm[edges.second]
    assert across.any() and edges.conductance[across].max() < 1e-6
    eye = surface.region == Region.EYE
    assert edges.conductance[eye[edges.first] != eye[edges.second]].max() == 0


def test_twins_lie_on_the_other_side(scene, anny):
    surface = scene.surface
    there = surface.position[surface.twin] * torch.tensor([-1.0, 1, 1])
    assert (there - surface.position).norm(dim=1).quantile(0.99) < 0.01
    assert torch.equal(surface.twin[surface.twin], torch.arange(len(surface)))


def test_put_and_take_are_inverse(scene):
    values = torch.rand(len(scene.surface), 2)
    assert torch.equal(scene.surface.take(scene.surface.put(values)), values)
