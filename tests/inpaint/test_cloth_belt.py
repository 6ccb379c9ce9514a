"""A belt around a garment is told from stripes, and does not come again below it."""

import numpy as np
import pytest

from bodydouble.inpaint.cloth_belt import find_belt
from bodydouble.inpaint.cloth_layer import ClothLayer
from bodydouble.surface.around import TRUNK

SCALE = 400.0  # pixels a metre
FUR, BELT = (0.5, 0.4, 0.25), (0.35, 0.1, 0.2)


def lay(bands: list[tuple[int, int]], slant: float = 0.0) -> ClothLayer:
    """Brown fur, 20 cm high and half a metre around, with bands from row to row."""
    height, girth = 80, 200
    noise = np.random.default_rng(0).normal(0, 0.08, (height, girth, 1))
    rgb = np.broadcast_to(np.array(FUR), (height, girth, 3)) + noise
    row = np.arange(height)[:, None] + slant * (np.arange(girth) - girth / 2)
    for first, last in bands:
        rgb[(row >= first) & (row < last)] = np.array(BELT)
    everywhere = np.ones((height, girth), bool)
    return ClothLayer(limb=TRUNK, top=0, scale=SCALE, observed=everywhere, gaps=~everywhere, source=everywhere, rgb=rgb)


@pytest.mark.parametrize("slant", [0.0, 0.02])
def test_a_belt_is_found_with_its_edges(slant):
    belt = find_belt(lay([(30, 40)], slant))
    assert belt[30:40].all() and belt.sum() < 34


@pytest.mark.parametrize(
    "bands", [[], [(5, 10), (25, 30), (45, 50), (65, 70)], [(20, 60)]], ids=["none", "stripes", "a yoke"]
)
def test_stripes_and_wide_bands_are_no_belt(bands):
    assert not find_belt(lay(bands)).any()


def test_nothing_observed_has_none():
    layer = lay([(30, 40)])
    nothing = np.zeros_like(layer.observed)
    assert not find_belt(
        ClothLayer(limb=TRUNK, top=0, scale=SCALE, observed=nothing, gaps=~nothing, source=nothing, rgb=layer.rgb)
    ).any()
