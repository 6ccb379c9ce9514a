"""What of a print may come again: no hand that lies on it, but a waistband; and its own colours without the light."""

from dataclasses import replace

import numpy as np
import pytest

from bodydouble.inpaint.cloth_layer import DARK, ClothLayer
from bodydouble.inpaint.cloth_print import extract_print, measure_usual, select_own_sources
from bodydouble.surface.around import TRUNK

SCALE = 300.0  # pixels a metre
HEIGHT, WIDTH = 180, 300
ROW, COLUMN = np.mgrid[:HEIGHT, :WIDTH]
FRONT = np.abs(COLUMN - (WIDTH - 1) / 2) < WIDTH / 4
RED, CREAM, BLACK = np.array([[0.7, 0.1, 0.1], [0.9, 0.85, 0.7], [0.02, 0.02, 0.05]])
GREEN = np.array([0.1, 0.9, 0.2])


@pytest.fixture
def checks() -> ClothLayer:
    rgb = np.where((((ROW // 3) + (COLUMN // 3)) % 2 == 0)[..., None], RED, CREAM).astype(np.float32)
    return ClothLayer(limb=TRUNK, top=0, scale=SCALE, observed=FRONT, gaps=~FRONT, source=FRONT, rgb=rgb)


def paint(cloth: ClothLayer, place: np.ndarray) -> ClothLayer:
    return replace(cloth, rgb=np.where(place[..., None], BLACK, cloth.rgb).astype(np.float32))


def test_a_glove_on_a_print_does_not_come_again_and_a_waistband_does(checks):
    glove, band = (np.abs(ROW - 90) < 15) & (np.abs(COLUMN - 120) < 15), np.abs(ROW - 90) < 15
    (own,) = select_own_sources([paint(checks, glove)])
    assert not own[glove].any() and float(own[FRONT].mean()) > 0.85
    (own,) = select_own_sources([paint(checks, band)])
    assert float(own[band & FRONT].mean()) > 0.95


@pytest.mark.parametrize(
    ("limb", "half", "comes"), [(TRUNK, 75, True), (TRUNK, 25, False), (1, 75, False)], ids=["band", "paper", "limb"]
)
def test_a_band_in_other_light_at_each_flank_comes_again(checks, limb, half, comes):
    """Nowhere has it its like a hand's length away, as nothing has that lies before the print."""
    light = np.interp(COLUMN, (75, 225), (0.2, 1.0))[..., None]
    place = (np.abs(ROW - 90) < 15) & (np.abs(COLUMN - 150) <= half) & FRONT
    (own,) = select_own_sources([replace(checks, limb=limb, rgb=np.where(place[..., None], GREEN * light, checks.rgb))])
    assert float(own[place].mean()) > 0.95 if comes else float(own[place].mean()) < 0.1


def test_of_a_garment_that_nothing_shows_nothing_comes_again(checks):
    none = np.zeros_like(FRONT)
    unseen = replace(checks, observed=none, source=none)
    assert not select_own_sources([unseen])[0].any()
    assert measure_usual([unseen]).tolist() == [0, 0, 0]
    (own, other) = select_own_sources([checks, unseen])
    assert float(own[FRONT].mean()) > 0.99 and not other.any()


def test_a_print_has_the_colours_that_it_has_in_even_light(checks):
    usual = measure_usual([checks])
    assert min(np.abs(usual - colour).max() for colour in (RED, CREAM)) < 1e-6, "no mixture"
    light = np.where(COLUMN < WIDTH / 2, 0.9, 1.1)[..., None]
    lit = replace(checks, rgb=(checks.rgb * light).astype(np.float32))
    shown = extract_print(lit, usual) * (usual.mean() + DARK) + usual
    inside = FRONT & (np.abs(COLUMN - WIDTH / 2) > 60)
    assert float(np.abs(shown - checks.rgb)[inside].max()) < 0.06
    assert not extract_print(lit, usual)[~FRONT].any()
