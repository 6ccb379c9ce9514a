"""Laws of diffusion over the body's surface."""

import pytest
import torch

from bodydouble.surface.diffusion import diffuse
from bodydouble.surface.graph import Edges, surface_edges
from bodydouble.surface.regions import Region


@pytest.fixture(scope="module")
def edges(scene):
    return surface_edges(scene.surface)


def chain(count):
    first = torch.arange(count - 1)
    return Edges(first=first, second=first + 1, conductance=torch.ones(count - 1))


def test_a_chain_between_two_known_ends_is_a_ramp():
    edges, known = chain(11), torch.zeros(11)
    known[0] = known[-1] = 1e6
    value = torch.linspace(0, 1, 11)[:, None] * (known > 0)[:, None]
    assert torch.allclose(diffuse(edges, known, value)[:, 0], torch.linspace(0, 1, 11), atol=1e-4)


def test_with_the_guides_slopes_the_guide_comes_back_shifted():
    edges, known = chain(20), torch.zeros(20)
    guide = torch.rand(20, 3, generator=torch.Generator().manual_seed(0))
    known[4] = 1e6
    value = torch.full((20, 3), 0.5)
    result = diffuse(edges, known, value, guide[edges.second] - guide[edges.first])
    assert torch.allclose(result - guide, (0.5 - guide[4]).expand(20, 3), atol=1e-4)


def test_a_constant_stays_one_and_nothing_exceeds_what_is_known(scene, edges):
    known = (torch.arange(len(scene.surface)) % 50 == 0).float() + 1e-6
    value = torch.rand(len(scene.surface), 1, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(diffuse(edges, known, torch.full_like(value, 0.3)), torch.tensor(0.3), atol=1e-4)
    result = diffuse(edges, known, value)
    assert result.min() > -1e-4 and result.max() < 1 + 1e-4


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


def test_colour_spreads_around_a_limb_farther_than_along_it(scene, edges):
    surface = scene.surface
    distance = (surface.position - torch.tensor([0.0, 1.2, 0.15])).norm(dim=1)
    start = distance.where(surface.trunk, torch.inf).argmin()
    known = torch.full((len(surface),), 1e-3)
    known[start] = 10
    value = torch.zeros(len(surface), 1)
    value[start] = 1
    spread = diffuse(edges, known, value)[:, 0]
    offset = surface.position - surface.position[start]
    front = surface.trunk & (surface.normal[:, 2] > 0.5) & (offset.norm(dim=1) < 0.1)
    sideways = front & (offset[:, 1].abs() < 0.01) & (offset[:, 0].abs() > 0.04)
    upwards = front & (offset[:, 0].abs() < 0.01) & (offset[:, 1].abs() > 0.04)
    assert spread[sideways].mean() > 2 * spread[upwards].mean()


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
