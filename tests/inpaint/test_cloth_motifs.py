"""Polka dots and large flowers are a print; a bag, a scarf, folds and patches of sun are none."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from bodydouble.inpaint.cloth_layer import ClothLayer
from bodydouble.inpaint.cloth_motifs import rate_motifs
from bodydouble.inpaint.cloth_structure import measure_structure

SCALE = 300.0  # pixels a metre
HEIGHT, WIDTH = 200, 280
ROW, COLUMN = np.mgrid[:HEIGHT, :WIDTH]
BLUE, WHITE = np.array([0.35, 0.65, 0.85]), np.array([0.93, 0.9, 0.86])


def cloth(white: np.ndarray, light: np.ndarray | float = 1.0) -> ClothLayer:
    here = np.ones(white.shape, bool)
    rgb = np.where(white[..., None], WHITE, BLUE) * np.broadcast_to(light, white.shape)[..., None]
    return ClothLayer(limb=0, top=0, scale=SCALE, observed=here, gaps=~here, source=here, rgb=rgb.astype(np.float32))


def dots() -> np.ndarray:
    """Five centimetres wide, ten apart."""
    shifted = COLUMN + 15 * (ROW // 30 % 2)
    return (shifted % 30 - 15) ** 2 + (ROW % 30 - 15) ** 2 < 7.5**2


def scarf() -> np.ndarray:
    return np.abs(COLUMN - 60) < 30


def test_dots_all_over_are_a_print_though_most_of_the_cloth_is_calm():
    structure = measure_structure([cloth(dots())])
    assert structure.printed and structure.patterned > 0.9
    assert structure.deviation < 0.16, "what tells of bold prints would not tell of these"


@pytest.mark.parametrize("white", [np.zeros((HEIGHT, WIDTH), bool), scarf(), dots() & scarf()])
def test_what_lies_in_one_place_is_no_print(white):
    assert rate_motifs([cloth(white)]) == 0


def test_patches_of_sun_have_the_cloths_tint():
    noise = cv2.GaussianBlur(np.random.default_rng(1).standard_normal((HEIGHT, WIDTH)).astype(np.float32), (0, 0), 8)
    assert rate_motifs([cloth(np.zeros((HEIGHT, WIDTH), bool), np.where(noise > 0, 1.0, 0.5))]) == 0


def test_light_and_shade_on_dots_hide_none():
    light = np.interp(COLUMN, (0, WIDTH), (0.5, 1.0))
    assert rate_motifs([cloth(dots(), light)]) == 1


def test_of_too_little_nothing_is_told():
    few = np.zeros((HEIGHT, WIDTH), bool)
    few[:60, :60] = True
    layer = cloth(dots())
    assert rate_motifs([replace(layer, source=few)]) == 0
    assert rate_motifs([replace(layer, source=np.zeros_like(few))]) == 0
