"""Laws of diffusion over the body's surface."""

import pytest
import torch

from bodydouble.surface.diffusion import diffuse
from bodydouble.surface.graph import Edges, surface_edges


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
