"""A print behind is the front's, turned over at the flanks: whole, in phase, and in the photo's colours alone."""

from dataclasses import replace

import numpy as np
import pytest

from bodydouble.inpaint.cloth_layer import DARK, ClothLayer
from bodydouble.inpaint.cloth_print import select_own_sources
from bodydouble.inpaint.cloth_quilt import quilt_garment
from bodydouble.inpaint.cloth_structure import measure_structure
from bodydouble.inpaint.mirror import has_open_front, mirror_around
from bodydouble.surface.around import TRUNK

SCALE = 300.0  # pixels a metre
HEIGHT, WIDTH = 180, 300
ROW, COLUMN = np.mgrid[:HEIGHT, :WIDTH]
FRONT = np.abs(COLUMN - (WIDTH - 1) / 2) < WIDTH / 4
RED, CREAM, GREEN = np.array([[0.7, 0.1, 0.1], [0.9, 0.85, 0.7], [0.1, 0.4, 0.2]])


def slanting_stripes() -> np.ndarray:
    """That slant as they do where a body turns: those of a row are not those of the row's other end."""
    return np.where((((ROW + 0.06 * COLUMN) // 7) % 2 == 0)[..., None], RED, CREAM)


def flowers() -> np.ndarray:
    """Bold ones of two colours, evenly strewn."""
    image = np.broadcast_to(CREAM, (HEIGHT, WIDTH, 3)).copy()
    for number, (row, column) in enumerate(np.random.default_rng(0).uniform(0, 1, (260, 2))):
        near = np.hypot(ROW - row * HEIGHT, COLUMN - column * WIDTH) < 6
        image[near] = RED if number % 2 else GREEN
    return image


def lay(rgb: np.ndarray, observed: np.ndarray) -> ClothLayer:
    grey = np.where(observed[..., None], rgb, 0.5).astype(np.float32)  # behind, colours that were spread to there
    return ClothLayer(limb=TRUNK, top=0, scale=SCALE, observed=observed, gaps=~observed, source=observed, rgb=grey)


def complete(cloth: ClothLayer) -> np.ndarray:
    (quilted,) = quilt_garment([cloth])
    assert quilted is not None
    shade, detail = quilted
    shade = np.broadcast_to(shade.mean((0, 1)), detail.shape)  # of a print it is one colour
    return shade + detail * (shade.mean(2, keepdims=True) + DARK)


def test_the_far_side_is_the_near_side_turned_over():
    image = np.where(FRONT[..., None], slanting_stripes(), 0)
    filled = mirror_around(image, FRONT, ~FRONT, SCALE)
    assert np.array_equal(filled, ~FRONT)
    first, last = np.flatnonzero(FRONT[0])[[0, -1]]
    for flank, beside in ((first, first - 1), (last, last + 1)):
        assert float(np.abs(image[:, flank] - image[:, beside]).mean()) < 0.05, "stripes meet"
    assert float(np.abs(image[:, 0] - image[:, -1]).mean()) < 0.1, "and behind, too"


def test_what_a_bag_hides_is_that_of_the_other_half():
    rgb = flowers()
    hidden = (ROW > 60) & (ROW < 120) & (COLUMN > 80) & (COLUMN < 120)
    source = FRONT & ~hidden
    image = np.where(source[..., None], rgb, -1.0)
    filled = mirror_around(image, source, ~source, SCALE)
    assert bool(filled[hidden].all()) and float(image[filled].min()) >= 0
    assert np.allclose(image[90, 100], rgb[90, WIDTH - 1 - 100])


def test_too_little_is_not_turned_over():
    sliver = np.abs(COLUMN - WIDTH / 2) < 0.05 * WIDTH
    assert not mirror_around(slanting_stripes(), sliver, ~sliver, SCALE).any()


def test_a_print_half_hidden_by_a_bag_is_not_drawn_out_into_smears():
    seen = (np.abs(COLUMN - WIDTH / 2) < 0.13 * WIDTH) & ~((COLUMN > WIDTH / 2 - 5) & (ROW < 0.6 * HEIGHT))
    image = np.where(seen[..., None], flowers(), -1.0)
    filled = mirror_around(image, seen, ~seen, SCALE)
    steps = np.abs(np.diff(image, axis=1)).sum(2)
    behind, front = (float(steps[where[:, 1:] & where[:, :-1]].mean()) for where in (filled, seen))
    assert behind > 0.7 * front


@pytest.mark.parametrize("draw", [slanting_stripes, flowers])
def test_a_print_has_the_photos_colours_alone(draw):
    cloth = lay(draw(), FRONT)
    assert measure_structure([cloth]).printed
    behind = complete(cloth)[~FRONT]
    away = np.min([np.linalg.norm(behind - colour, axis=1) for colour in (RED, CREAM, GREEN)], 0)
    assert float(np.quantile(away, 0.95)) < 0.15, "cut up over spread colours 0.4"


def test_plain_cloth_is_not_turned_over():
    worn = np.broadcast_to(CREAM, (HEIGHT, WIDTH, 3)) * (
        1 + 0.02 * np.random.default_rng(0).standard_normal((HEIGHT, WIDTH, 1))
    )
    fold = np.abs(COLUMN - 110) < 3
    cloth = lay(np.where(fold[..., None], worn * 0.7, worn), FRONT)
    assert not measure_structure([cloth]).printed
    across = complete(cloth).mean((0, 2))
    twin = np.flatnonzero(~FRONT[0])[np.abs(np.flatnonzero(~FRONT[0]) - 36) < 8]
    assert float(across[twin].min()) > 0.93 * float(np.median(across[~FRONT[0]]))


def test_the_edge_of_an_open_jacket_over_a_shirt_does_not_come_again_and_its_flanks_do():
    rgb = np.where((((COLUMN // 9) + (ROW // 9)) % 2 == 0)[..., None], RED, GREEN)
    shirt = np.abs(COLUMN - WIDTH / 2) < 10 + ROW / 12
    mixed = (np.abs(COLUMN - WIDTH / 2) < 12 + ROW / 12) & ~shirt
    rgb[mixed] = 0.75 * rgb[mixed] + 0.25
    (kept,) = select_own_sources([lay(rgb, FRONT & ~shirt)])
    assert not kept[mixed].any()
    first, last = np.flatnonzero(FRONT[0])[[0, -1]]
    assert kept[:, [first, last]].all()


def test_flaps_of_an_open_front_are_not_turned_over():
    """Turned over they end behind as they do in front, and nothing is known of what lies between."""
    middle = np.abs(COLUMN - (WIDTH - 1) / 2) < 0.1 * WIDTH
    bag = middle & (ROW > 60) & (ROW < 120)
    assert has_open_front(FRONT & ~middle) and not has_open_front(FRONT & ~bag)
    quilted = complete(replace(lay(slanting_stripes(), FRONT & ~middle), gaps=~FRONT))
    whole = complete(replace(lay(slanting_stripes(), FRONT), gaps=~FRONT))
    behind = [image[:, [0, -1]].std() for image in (quilted, whole)]
    assert behind[0] > 0.5 * behind[1], "stripes go on there"


def test_another_garment_before_a_print_that_is_open_in_front_does_not_come_again():
    """As a jacket's end before a skirt of which a hand hides the middle: flaps are quilted, of the print alone."""
    middle, blue = np.abs(COLUMN - (WIDTH - 1) / 2) < 0.1 * WIDTH, np.array([0.05, 0.05, 0.8])
    end = (ROW < 60) & (COLUMN < 110) & FRONT
    cloth = replace(lay(np.where(end[..., None], blue, flowers()), FRONT & ~middle), gaps=~FRONT)
    assert has_open_front(cloth.source) and measure_structure([cloth]).printed
    bluer = complete(cloth)[~FRONT] @ (0.0, -1.0, 1.0)
    assert float(bluer.max()) < 0.4, "of the end it is 0.75"


@pytest.mark.parametrize("half", [0.18, 0.125])  # of the narrower one both halves, turned over twice, would be alike
def test_a_print_is_drawn_out_by_a_quarter_at_most_and_is_no_figure_with_two_like_sides_behind(half):
    seen = np.abs(COLUMN - (WIDTH - 1) / 2) < half * WIDTH
    image = np.where(seen[..., None], flowers(), -1.0)
    assert mirror_around(image, seen, ~seen, SCALE).any()
    steps = np.abs(np.diff(image, axis=1)).sum(2)
    behind, front = (float(steps[where[:, 1:] & where[:, :-1]].mean()) for where in (~seen, seen))
    assert behind > 0.75 * front, "turned over to meet exactly it was 1.8 times as wide"
    width = round(0.06 * WIDTH)
    left, right = image[:, :width], image[:, : -width - 1 : -1]
    alike = float(np.abs(left - right).mean() / np.abs(left - np.roll(right, HEIGHT // 2, 0)).mean())
    assert alike > 0.7


def test_a_sleeve_of_which_little_was_seen_has_the_other_ones_print():
    """Not the trunk's: checked shirts have plain sleeves."""
    checks = np.where((((COLUMN // 9) + (ROW // 9)) % 2 == 0)[..., None], RED, CREAM)
    stripes = np.where(((ROW // 9) % 2 == 0)[..., None], GREEN, 0.5 * GREEN)
    sliver, narrow = (np.abs(COLUMN - WIDTH / 2) < half * WIDTH for half in (0.05, 0.1))
    trunk, sleeve = lay(checks, FRONT), replace(lay(stripes, narrow), limb=1)
    other = replace(lay(stripes, sliver), limb=2)
    quilted = quilt_garment([trunk, sleeve, other])
    assert quilted[2] is not None
    shade, detail = quilted[2]
    behind = (np.broadcast_to(shade, detail.shape) + detail * (shade.mean() + DARK))[~sliver]
    greener = behind[:, 1] - behind[:, 0]
    assert float((greener > 0).mean()) > 0.95
