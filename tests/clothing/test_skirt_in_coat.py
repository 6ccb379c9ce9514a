"""A skirt lies within the coat over it, also where the coat widens in a step, but not between its open fronts."""

import math

import pytest
import torch

from bodydouble.clothing.skirt_in_coat import tuck_skirt

COLUMNS = 24


def tube(radii: list[float], top: float, bottom: float) -> torch.Tensor:
    """R×C×3: level rings from the top down, column 0 behind, the middle one in front."""
    angle = torch.arange(COLUMNS) / COLUMNS * 2 * math.pi + math.pi
    heights = torch.linspace(top, bottom, len(radii))
    circle = torch.stack([angle.sin(), torch.zeros(COLUMNS), angle.cos()], 1)
    return torch.tensor(radii)[:, None, None] * circle + torch.tensor([0.0, 1.0, 0.0]) * heights[:, None, None]


@pytest.mark.parametrize("opening", [0, 2])
def test_nothing_stands_out_of_the_coat_but_between_its_fronts(opening):
    coat = tube([0.2, 0.2, 0.2, 0.3, 0.3, 0.3], 1.0, 0.5)  # a step from 0.8 to 0.7 m
    rings = tube([0.25] * 9, 1.1, 0.4)
    is_open = torch.zeros(COLUMNS, dtype=torch.bool)
    is_open[COLUMNS // 2 - opening // 2 : COLUMNS // 2 + opening // 2] = True
    moved = tuck_skirt(rings.view(-1, 3), coat, is_open).view_as(rings)
    radius = moved[..., [0, 2]].norm(dim=2)
    height = rings[:, 0, 1]
    within = (height < 1) & (height > 0.82)
    assert bool(within.any()) and float(radius[within][:, ~is_open].max()) < 0.19
    torch.testing.assert_close(moved[:, is_open], rings[:, is_open])
    untouched = (height > 1) | (height < 0.68)
    torch.testing.assert_close(moved[untouched], rings[untouched])
    assert bool((moved[..., 1] == rings[..., 1]).all())
