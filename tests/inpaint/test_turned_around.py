"""Folds go on around limb and trunk, turned over at both flanks, and its twin's lie behind."""

from dataclasses import replace

import numpy as np
import pytest

from bodydouble.inpaint.cloth_layer import ClothLayer
from bodydouble.inpaint.cloth_quilt import quilt_garment
from bodydouble.inpaint.turned_around import measure_limb, turn_around, turn_limbs
from bodydouble.surface.around import TRUNK

SCALE = 300.0  # pixels a metre
HEIGHT, WIDTH, LEG = 240, 160, 3
TOP = 60  # rows below the hip: no pockets
FIRST, LAST = 60, 100  # columns: a quarter of the girth


def lay(source: np.ndarray) -> ClothLayer:
    rgb = np.full((*source.shape, 3), 0.5, np.float32)
    return ClothLayer(limb=LEG, top=TOP, scale=SCALE, observed=source, gaps=~source, source=source, rgb=rgb)


@pytest.fixture
def front() -> np.ndarray:
    columns = np.arange(WIDTH)
    return np.broadcast_to((columns >= FIRST) & (columns <= LAST), (HEIGHT, WIDTH)).copy()


@pytest.fixture
def broad() -> np.ndarray:
    """Half of the girth."""
    columns = np.arange(WIDTH)
    return np.broadcast_to((columns >= 40) & (columns <= 120), (HEIGHT, WIDTH)).copy()


@pytest.fixture
def slant() -> np.ndarray:
    """Creases that run down to one side."""
    down, across = np.mgrid[:HEIGHT, :WIDTH]
    return np.sin((down + across) / 9).astype(np.float32)


def turn(source, detail, twin=None, limb=LEG):
    folded = measure_limb(replace(lay(source), limb=limb), detail)
    assert folded is not None
    return turn_around(folded, None if limb == TRUNK else twin or folded)


def test_creases_run_on_past_both_flanks_turned_over(front, slant):
    turned, known = turn(front, slant)
    for away in (4, 8):
        assert np.allclose(turned[30:-30, LAST + away], slant[30:-30, LAST - away], atol=0.5)
        assert np.allclose(turned[30:-30, FIRST - away], slant[30:-30, FIRST + away], atol=0.5)
    assert known[30:-30, LAST + 6 :].min() > 0.9 and known[30:-30, : FIRST - 6].min() > 0.9
    assert known[:, FIRST + 8 : LAST - 8].max() < 0.01
    assert known.min() >= 0 and known.max() <= 1, "weights are made of it by roots"


def test_behind_they_are_nearly_as_strong_as_in_front_and_have_no_steps(front, slant):
    turned, _ = turn(front, slant)
    around = np.roll(turned[30:-30], WIDTH // 2, 1)[:, 30:130]
    assert around.std() > 0.85 * slant.std()
    assert np.abs(np.diff(around, axis=1)).max() < 0.5, "2 where pieces are laid side by side"


def test_behind_lies_the_front_of_its_twin_at_the_same_height(front, slant):
    twin_cloth = replace(lay(front), limb=LEG + 1, top=TOP - 15)
    level = np.sin(np.arange(HEIGHT) / 9, dtype=np.float32)[:, None].repeat(WIDTH, 1)
    turned, _ = turn(front, slant, measure_limb(twin_cloth, level))
    assert np.allclose(turned[60:-60, 0], level[75:-45, 80], atol=0.1)


def test_where_little_was_seen_nothing_is_told(front, slant):
    for source in (front & False, front & (np.arange(HEIGHT) < 20)[:, None]):
        assert measure_limb(lay(source), slant) is None


def test_what_a_bag_hid_comes_from_elsewhere(broad, slant):
    source = broad.copy()
    source[100:140, 90:106] = False
    turned, known = turn(source, np.where(source, slant, 9))
    assert known[105:135, 126:134].min() > 0.9, "it was calm there, a hole in the folds"
    behind = np.roll(turned[60:-60], WIDTH // 2, 1)[:, 50:110]
    assert np.abs(behind).max() < 2, "9 of what lies in the hole"


def test_trousers_have_folds_behind_and_no_new_ones_at_the_hip(front):
    down, across = np.mgrid[:HEIGHT, :WIDTH]
    creases = 0.06 * np.sin((down + across) / 4) * (np.sin(down / 17) > -0.3)
    rgb = (0.5 + creases)[..., None].repeat(3, 2).astype(np.float32)
    rgb[~front] = 0.5
    legs = [replace(lay(front), limb=LEG, rgb=rgb), replace(lay(front), limb=LEG + 1, rgb=rgb)]
    quilted = quilt_garment(legs)
    for image in quilted:
        assert image is not None
        fold = image[1].mean(2)
        assert fold[30:-30, 130:].std() > 0.5 * creases[30:-30].std(), "0.2 of it where they fade away"
        assert fold[30:-30, :30].std() > 0.5 * creases[30:-30].std()
    hips = [replace(leg, top=-HEIGHT) for leg in legs]
    assert turn_limbs(hips, 0.04)[LEG][1].max() == 0


def test_tops_have_folds_behind_but_none_at_the_neck(front, slant):
    top = replace(lay(front), limb=TRUNK, top=0)
    known = turn_limbs([top], 0.1)[TRUNK][1]
    assert known[60:-30, :40].min() > 0.9 and known[: round(0.05 * SCALE)].max() == 0


def test_the_back_of_an_open_jacket_has_what_its_flaps_show_and_not_their_edges(broad, slant):
    columns = np.arange(WIDTH)
    flaps = broad & ((columns < 74) | (columns > 86))
    zips = (np.abs(columns - 73) <= 1) | (np.abs(columns - 87) <= 1)
    turned, known = turn(flaps, np.where(zips, 8, slant).astype(np.float32), limb=TRUNK)
    turned, known = (np.roll(plane[30:-30], WIDTH // 2, 1)[:, 50:110] for plane in (turned, known))
    assert known.min() > 0.9
    assert turned.std() > 0.6 * slant.std() and np.abs(turned * known).max() < 3


def test_the_middle_of_a_trunks_front_does_not_come_again(broad, slant):
    lapels = np.abs(np.arange(WIDTH) - 80) < 8
    turned, known = turn(broad, np.where(lapels, 9, slant).astype(np.float32), limb=TRUNK)
    assert np.abs(turned[60:-30]).max(initial=0, where=np.arange(WIDTH) > 122) < 2
    assert known[60:-30, 130:].min() > 0.9


def test_pleats_of_what_hangs_free_run_down(front):
    down, across = np.mgrid[:HEIGHT, :WIDTH]
    ragged = front & (across > FIRST + 12 * np.sin(down / 30))
    pleats = 0.08 * np.sin(across / 3)
    skirt = replace(
        lay(ragged), limb=TRUNK, top=150, rgb=(0.5 + pleats * ragged)[..., None].repeat(3, 2).astype(np.float32)
    )
    image = quilt_garment([skirt], hangs=True)[0]
    assert image is not None
    behind = image[1].mean(2)[30:-30, 130:]
    assert behind.mean(0).std() > 0.4 * pleats.std(), "a fifth of it where pieces of it were blurred"
    assert (behind - behind.mean(0)).std() < 0.6 * behind.mean(0).std(), "along a slanted flank they swirl"


def test_a_top_of_two_colours_stays_calm_behind(front):
    down = np.arange(HEIGHT)[:, None, None]
    rgb = np.where(down < HEIGHT // 2, [0.3, 0.3, 0.5], [0.5, 0.3, 0.3]).repeat(WIDTH, 1).astype(np.float32)
    top = replace(lay(front), limb=TRUNK)
    assert turn_limbs([replace(top, rgb=rgb)], 0.1)[TRUNK][1].max() < 0.01
    assert turn_limbs([top], 0.1)[TRUNK][1].max() > 0.9
    sleeve = replace(top, limb=1, rgb=rgb)
    assert turn_limbs([sleeve], 0.1)[1][1].max() < 0.01
