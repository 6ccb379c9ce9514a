"""What has its like elsewhere on a garment is its own; what has none lies before it."""

from dataclasses import replace

import numpy as np
import pytest

from bodydouble.inpaint.cloth_layer import ClothLayer
from bodydouble.inpaint.cloth_repeats import _connect, _measure_to_print, find_lone
from bodydouble.surface.around import TRUNK

SCALE = 300.0  # pixels a metre
HEIGHT, WIDTH = 180, 300
ROW, COLUMN = np.mgrid[:HEIGHT, :WIDTH]
FRONT = np.abs(COLUMN - (WIDTH - 1) / 2) < WIDTH / 4
BLUE, WHITE, RED = np.array([[0.3, 0.35, 0.6], [0.9, 0.9, 0.9], [0.7, 0.1, 0.1]])


@pytest.fixture
def checks() -> ClothLayer:
    rgb = np.where((((ROW // 5) + (COLUMN // 5)) % 2 == 0)[..., None], BLUE, WHITE).astype(np.float32)
    return ClothLayer(limb=TRUNK, top=0, scale=SCALE, observed=FRONT, gaps=~FRONT, source=FRONT, rgb=rgb)


def paint(cloth: ClothLayer, place: np.ndarray, colour: np.ndarray) -> ClothLayer:
    return replace(cloth, rgb=np.where(place[..., None], colour, cloth.rgb).astype(np.float32))


def square(row: int, column: int, half: int = 14) -> np.ndarray:
    return (np.abs(ROW - row) < half) & (np.abs(COLUMN - column) < half)


def test_a_white_paper_is_none_of_white_and_blue_checks(checks):
    """Each of its pixels has a colour of theirs, and it is as bright as their brightest."""
    paper = square(110, 180)
    (lone,) = find_lone([paint(checks, paper, WHITE)])
    assert lone[paper].all()
    assert not lone[FRONT & ~square(110, 180, 30)].any()


def test_a_motif_that_comes_again_far_away_is_the_garments_and_one_alone_is_not(checks):
    near, far = square(90, 110), square(90, 190)
    (lone,) = find_lone([paint(checks, near, RED)])
    assert lone[near].all()
    (lone,) = find_lone([paint(checks, near | far, RED)])
    assert not lone.any()


def test_a_band_around_and_a_half_of_another_colour_are_the_garments(checks):
    (lone,) = find_lone([paint(checks, np.abs(ROW - 90) < 12, RED)])
    assert not lone.any()
    (lone,) = find_lone([paint(checks, WIDTH / 2 < COLUMN, RED)])
    assert not lone[np.abs(COLUMN - WIDTH / 2) > 12].any()  # but the line between, which lies in front as a zip does


def test_a_line_from_top_to_bottom_comes_again_where_the_garment_has_two(checks):
    """A row of buttons has its like above and below, and lies in front all the same."""
    placket, other = np.abs(COLUMN - 150) < 5, np.abs(COLUMN - 95) < 5
    (lone,) = find_lone([paint(checks, placket, RED)])
    assert lone[placket & FRONT].mean() > 0.95
    (lone,) = find_lone([paint(checks, placket | other, RED)])
    assert lone[(placket | other) & FRONT].mean() < 0.1


def test_light_from_one_side_makes_nothing_lone(checks):
    light = np.interp(COLUMN, (75, 225), (0.8, 1.1))[..., None]
    (lone,) = find_lone([replace(checks, rgb=(checks.rgb * light).astype(np.float32))])
    assert not lone.any()


def test_what_lies_on_a_sleeve_is_compared_with_the_trunk(checks):
    paper = square(60, 150)
    lone, other = find_lone([replace(paint(checks, paper, RED), limb=1), checks])
    assert lone[paper].all() and not other.any()


def test_of_a_garment_that_nothing_shows_nothing_is_lone(checks):
    unseen = replace(checks, observed=np.zeros_like(FRONT), source=np.zeros_like(FRONT))
    assert not find_lone([unseen])[0].any()
    few = replace(checks, observed=square(60, 150, 4), source=square(60, 150, 4))
    assert not find_lone([few])[0].any()


def test_what_touches_a_corner_of_the_lone_is_not_lone():
    """Pieces hang together along their sides; a corner is none."""
    strong = np.zeros((6, 6), np.uint8)
    strong[1:3, 1:3] = 1
    weak = strong.copy()
    weak[3:5, 3:5] = 1
    assert (_connect(strong, weak) == strong).all()


def test_where_two_bands_cross_is_the_garments(checks):
    """Nowhere else do any cross, and what is as dark lies above, below and beside it alone."""
    bands = (np.abs(COLUMN - 170) < 14) | (np.abs(ROW - 90) < 14) & (np.abs(COLUMN - 170) < 42)
    (lone,) = find_lone([paint(checks, bands, RED)])
    assert not lone.any()


@pytest.mark.parametrize(("spots", "is_like"), [(3, False), (40, True)])
def test_what_looks_like_a_few_spots_of_a_print_is_not_like_the_print(spots, is_like):
    """A white bag's inside is as white as what little white the print has."""
    print_looks = np.zeros((800, 6), np.float32)
    print_looks[:spots] = 1.0
    assert (_measure_to_print(np.ones((5, 6), np.float32), print_looks) < 0.1).all() == is_like
