"""Which cloth is patterned all over, and which has a print, folds, or nothing."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from bodydouble.inpaint.cloth_layer import ClothLayer
from bodydouble.inpaint.cloth_structure import leave_out_odd, measure_structure

SCALE = 300.0  # pixels a metre


def cloth(brightness: np.ndarray) -> ClothLayer:
    here = np.ones(brightness.shape, bool)
    rgb = np.repeat(brightness[..., None], 3, 2).astype(np.float32)
    return ClothLayer(limb=0, top=0, scale=SCALE, observed=here, gaps=~here, source=here, rgb=rgb)


def checks(amplitude: np.ndarray | float) -> np.ndarray:
    row, column = np.mgrid[:160, :240] // 3
    return 0.55 + amplitude * np.where((row + column) % 2, 1.0, -1.0)


def fair_isle() -> np.ndarray:
    """Bands of strong ornament and others of less, as on a yoke."""
    return checks(np.where(np.arange(160) // 16 % 2, 0.42, 0.12)[:, None])


def print_on_plain() -> np.ndarray:
    plain = 0.55 + 0.01 * np.random.default_rng(0).standard_normal((160, 240))
    plain[40:110, 60:160] = checks(0.4)[40:110, 60:160]
    return plain


def buckled() -> np.ndarray:
    """Ornaments along one side of crumpled cloth."""
    row, column = np.mgrid[:160, :240]
    folds = 0.55 + 0.2 * np.sin(row / 3 + np.sin(column / 7))
    folds[:, 100:] = checks(0.4)[:, 100:]
    return folds


@pytest.mark.parametrize(
    ("brightness", "patterned"), [(checks(0.2), 1.0), (fair_isle(), 1.0), (print_on_plain(), 0.0), (buckled(), 0.0)]
)
def test_what_has_its_plainest_parts_patterned_is_patterned(brightness, patterned):
    structure = measure_structure([cloth(brightness.astype(np.float32))])
    assert structure.patterned == pytest.approx(patterned, abs=0.05), structure


@pytest.mark.parametrize(("brightness", "patterned"), [(checks(0.2), 1.0), (buckled(), 0.0)])
def test_a_print_of_which_little_may_come_again_is_told_by_what_was_seen_of_it(brightness, patterned):
    """An open jacket, of which a bag, hair and the edges of its front leave a few patches."""
    patch = np.zeros(brightness.shape, bool)
    patch[:40, :20] = True
    little = replace(cloth(brightness.astype(np.float32)), source=patch)
    structure = measure_structure([little])
    assert structure.patterned == pytest.approx(patterned, abs=0.05), structure
    assert measure_structure([replace(little, observed=patch)]).patterned == 0.0


def test_a_pattern_of_two_colours_as_bright_is_one():
    """Blue on red, of one brightness."""
    grid = np.where(checks(0.1) > 0.55, 1.0, -1.0)[..., None] * np.array([0.3, 0.0, -0.3])
    layer = cloth(np.full((160, 240), 0.4, np.float32))
    assert measure_structure([layer]).patterned == 0
    assert measure_structure([replace(layer, rgb=(layer.rgb + grid).astype(np.float32))]).patterned == 1


def blotches(size: float) -> np.ndarray:
    """H×W, -1 or 1: spots so many pixels wide, as light falls through leaves and as flowers are printed."""
    noise = np.random.default_rng(1).standard_normal((160, 240)).astype(np.float32)
    return np.where(cv2.GaussianBlur(noise, (0, 0), size) > 0, 1.0, -1.0)


def test_patches_of_sun_are_no_print_and_the_same_in_two_colours_are_one():
    spots = blotches(7)[..., None]
    grey = cloth(np.full((160, 240), 0.45, np.float32))
    sunny = replace(grey, rgb=(grey.rgb * (1 + 0.75 * spots)).astype(np.float32))
    flowers = replace(grey, rgb=(grey.rgb * (1 + spots * np.array([0.9, 0.7, 0.4]))).astype(np.float32))
    assert measure_structure([sunny]).patterned < 0.1
    assert measure_structure([flowers]).patterned == 1
    fur = replace(grey, rgb=(grey.rgb * (1 + 0.75 * blotches(3)[..., None])).astype(np.float32))
    assert measure_structure([fur]).patterned == 1, "a leopard's spots lie everywhere"


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_what_lies_below_black_after_its_rows_were_taken_off_is_dark():
    stripes = cloth(checks(0.1) - np.where(np.arange(160) < 40, 0.9, 0.0)[:, None])
    kept = leave_out_odd([stripes], measure_structure([stripes]))[0]
    assert kept.source[80:].any()


def test_glints_that_lie_everywhere_are_no_print():
    """Dark leather, whose zips and folds glint: short slits of light."""
    row, column = np.mgrid[:160, :240]
    away = (row % 11 - 5) ** 2 / 0.5 + (column % 11 - 5) ** 2 / 8
    structure = measure_structure([cloth((0.1 + 0.8 * np.exp(-away)).astype(np.float32))])
    assert structure.deviation > 0.16 and not structure.printed, structure


def stitches(deviation: float, rows: int = 160) -> np.ndarray:
    """Knitted in so many rows from the top, grain below."""
    drawn = 0.5 + 0.01 * np.random.default_rng(2).standard_normal((160, 240))
    row, column = np.mgrid[:160, :240]
    drawn[:rows] += (2 * deviation * np.sin(1.5 * row) * np.sin(1.4 * column))[:rows]
    return drawn.astype(np.float32)


def test_a_knit_is_the_same_stuff_all_over():
    """Its stitches are no pattern, yet go on behind as they are; folds in a part of it, or fine grain, are not that."""
    knitted = measure_structure([cloth(stitches(0.055))])
    assert knitted.even == 1 and not knitted.printed
    assert measure_structure([cloth(stitches(0.055, rows=50))]).even == 0
    assert measure_structure([cloth(stitches(0.01))]).even == 0
