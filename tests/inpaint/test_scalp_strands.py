"""Strands on the scalp: no star at the whorl, as long as hair is, and as wide everywhere."""

import pytest
import torch

from bodydouble.inpaint.scalp_strands import _find_scalp, _grow, draw_scalp_strands, is_cropped
from bodydouble.surface.regions import Region, anatomy
from bodydouble.values import StyleEstimate

SIZE = 1024


@pytest.fixture(scope="module")
def scalp(anny):
    """The scalp's texels, and which of the head's they are."""
    surface = _find_scalp(anny, SIZE)
    return surface, (anatomy(anny).regions(SIZE) == Region.SCALP)[surface.covered]


def likeness(values, surface, among, offset):
    """How alike strands are at texels and at those nearest to `offset`, K×3 metres, away: correlation."""
    chosen = torch.nonzero(among)[::29, 0]
    away = torch.cdist(surface.points[chosen] + offset[chosen], surface.points[among])
    other = torch.nonzero(among)[away.argmin(1), 0]
    near = away.amin(1) < 0.001
    return float(torch.corrcoef(torch.stack([values[chosen[near]], values[other[near]]]))[0, 1])


def test_they_set_in_away_from_the_whorl(anny, scalp):
    surface, on_scalp = scalp
    strands = draw_scalp_strands(anny, SIZE, 0.0)[surface.covered]
    near, far = on_scalp & (surface.polar < 0.15), on_scalp & (surface.polar > 0.9)
    assert int(near.sum()) > 50
    assert float(strands[near].std()) < 0.5 * float(strands[far].std())


def test_cropped_hair_is_of_short_strokes_and_other_hair_runs_on(anny, scalp):
    surface, on_scalp = scalp
    behind = on_scalp & (surface.polar > 0.6) & (surface.points[:, 0].abs() < 0.04)
    cropped, long = (draw_scalp_strands(anny, SIZE, 0.0, cropped=short)[surface.covered] for short in (True, False))
    down = 0.02 * _grow(surface.outward)
    assert likeness(long, surface, behind, down) > 0.25
    assert likeness(cropped, surface, behind, down) < 0.12
    assert likeness(cropped, surface, behind, 0.2 * down) > 0.4


def test_strands_run_away_from_the_whorl_and_curls_every_way(anny, scalp):
    surface, on_scalp = scalp
    behind = on_scalp & (surface.polar > 0.6) & (surface.points[:, 0].abs() < 0.04)
    down = 0.004 * _grow(surface.outward)
    aside = torch.linalg.cross(surface.outward, down)
    straight, curls = (draw_scalp_strands(anny, SIZE, curl)[surface.covered] for curl in (0.0, 1.0))
    assert likeness(straight, surface, behind, down) > likeness(straight, surface, behind, aside) + 0.2
    assert likeness(curls, surface, behind, down) == pytest.approx(likeness(curls, surface, behind, aside), abs=0.2)


def test_strands_are_as_wide_low_on_the_head_as_at_the_crown(anny, scalp):
    surface, on_scalp = scalp
    strands = draw_scalp_strands(anny, SIZE, 0.0)[surface.covered]
    aside = 0.004 * torch.linalg.cross(surface.outward, _grow(surface.outward))
    crown, low = (on_scalp & (surface.polar > first) & (surface.polar < last) for first, last in ((0.5, 0.9), (1.5, 2)))
    assert likeness(strands, surface, low, aside) == pytest.approx(likeness(strands, surface, crown, aside), abs=0.15)


def test_hair_is_cropped_unless_it_is_long_or_tied():
    for hair, tied, cropped in ((0.1, 0.2, True), (0.9, 0.2, False), (0.1, 0.9, False)):
        chances = {"hair": {"short": 1 - hair, "long": hair}, "tied": {"no": 1 - tied, "yes": tied}}
        assert is_cropped(StyleEstimate(chances=chances)) == cropped
    assert is_cropped(None)
