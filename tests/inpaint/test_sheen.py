"""Hair is lighter where it turns half up, and darker where it looks down."""

import math

import torch

from bodydouble.inpaint.scalp_strands import draw_scalp_sheen
from bodydouble.inpaint.sheen import tell_sheen
from bodydouble.surface.graph import mean_surface_graph
from bodydouble.surface.regions import Region

SIZE = 256


def test_a_band_is_lighter_and_what_looks_down_is_darker():
    rise = torch.tensor([90.0, 42.0, 0.0, -45.0]) * math.pi / 180
    top, band, level, down = tell_sheen(torch.stack([0 * rise, rise.sin(), rise.cos()], 1)).tolist()
    assert band > 0.9
    assert abs(top) < 0.1
    assert abs(level) < 0.1
    assert down < -0.3


def test_on_a_scalp_it_lies_around_the_head(anny):
    surface = mean_surface_graph(anny, SIZE).surface
    sheen, scalp = surface.take(draw_scalp_sheen(anny, SIZE)[None])[:, 0], surface.region == Region.SCALP
    half_up = scalp & ((surface.normal[:, 1] - 0.67).abs() < 0.1)
    for side in (surface.normal[:, 2] < 0, surface.normal[:, 0] > 0.3, surface.normal[:, 0] < -0.3):
        assert float(sheen[half_up & side].mean()) > 0.3
    assert abs(float(sheen[scalp].mean())) < 0.1, "hair keeps its tone"
