"""Straps are where they were seen, on both feet, around the ankle and down to the sole; elsewhere there is nothing."""

from dataclasses import replace

import pytest
import torch

from bodydouble.clothing.shoe_form import SOLE_EDGE, SOLE_END
from bodydouble.inpaint.sandals import complete_sandals
from bodydouble.inpaint.shoes import chromaticity, find_straps
from bodydouble.parsing.labels import LABELS, SHOES, SKIN
from bodydouble.values import FittedView, Texture
from tests.inpaint.shoe_view import view_shoes

SIZE, PHOTO = 256, 100
SKIN_COLOUR, STRAP, FLOOR = (0.75, 0.55, 0.42), (0.1, 0.1, 0.12), (0.3, 0.6, 0.3)
BANDS = ANKLE, TOES = slice(20, 32), slice(110, 128)  # rows of the texture that are straps
SEEN = slice(40, 100)  # columns of the left shoe that a photo showed
SHOWN = slice(SEEN.start + 4, SEEN.stop - 4)  # of these, away from their edges


@pytest.fixture(scope="module")
def view(fit) -> FittedView:
    """A photo with a leg of skin above a shoe with straps."""
    rgb = torch.tensor(SKIN_COLOUR)[:, None, None].repeat(1, PHOTO, PHOTO)
    rgb[:, 70:74] = rgb[:, 80:84] = rgb[:, 90:94] = torch.tensor(STRAP)[:, None, None]
    labels = torch.zeros(len(LABELS), PHOTO, PHOTO)
    labels[SKIN, :66] = 1
    labels[SHOES, 66:] = 1
    return view_shoes(fit, rgb, labels)


@pytest.fixture(scope="module")
def whole(view) -> Texture:
    return complete_sandals(partial_texture(), view)


def partial_texture() -> Texture:
    rgb, confidence = torch.zeros(3, SIZE, SIZE), torch.zeros(SIZE, SIZE)
    sole = round(SOLE_EDGE * SIZE)
    rgb[:, :sole, SEEN] = torch.tensor(SKIN_COLOUR)[:, None, None]
    for rows in BANDS:
        rgb[:, rows, SEEN] = torch.tensor(STRAP)[:, None, None]
    end = round(SOLE_END * SIZE)
    rgb[:, sole:end, SEEN] = torch.tensor(FLOOR)[:, None, None]
    confidence[:end, SEEN] = 0.8
    return Texture(rgb=rgb, confidence=confidence, alpha=torch.ones(SIZE, SIZE))


def test_skin_is_no_strap_in_shade_either():
    colours = torch.tensor([SKIN_COLOUR, STRAP, (0.95, 0.95, 0.95), (0.2, 0.3, 0.8)]).T[:, None]
    shade = torch.tensor(SKIN_COLOUR)[:, None, None] * 0.6
    straps = find_straps(torch.cat([colours, shade], 2), torch.tensor(SKIN_COLOUR))[0]
    assert straps.tolist() == pytest.approx([0, 1, 1, 1, 0])


def test_paler_feet_in_the_hue_of_tanned_legs_are_no_straps_and_grey_is():
    legs, grey = torch.tensor([0.65, 0.4, 0.22]), torch.full((3,), 0.42)
    colours = torch.stack([legs, legs.lerp(grey, 0.45), grey, legs * torch.tensor([1.0, 1.1, 0.3])], 1)
    assert float((chromaticity(colours[:, 1:2]) - chromaticity(legs[:, None])).norm()) > 0.08  # as far as from a strap
    assert find_straps(colours[:, None], legs)[0].tolist() == pytest.approx([0, 0, 1, 1], abs=0.35)


@pytest.mark.parametrize("column", [70, 30, 5, SIZE - 71, SIZE - 6], ids=["seen", "beside", "heel", "twin", "its heel"])
def test_an_ankle_strap_goes_around_both_feet_and_nothing_is_below_it(whole, column):
    middle = (ANKLE.start + ANKLE.stop) // 2
    assert float(whole.alpha[middle, column]) > 0.9
    assert torch.allclose(whole.rgb[:, middle, column], torch.tensor(STRAP), atol=0.02)
    assert float(whole.alpha[46, column]) < 0.1


@pytest.mark.parametrize("column,strap", [(70, True), (30, True), (SIZE - 71, True), (5, False), (SIZE - 6, False)])
def test_straps_over_the_toes_are_on_both_feet_and_heels_are_bare(whole, column, strap):
    assert (float(whole.alpha[(TOES.start + TOES.stop) // 2, column]) > 0.5) == strap
    assert not strap or float(whole.alpha[TOES, column].min()) > 0.4


@pytest.mark.parametrize("last,sewn", [(TOES.stop - 4, True), (TOES.start - 4, False)])
def test_a_strap_that_is_seen_down_to_its_middle_goes_on_to_the_sole(view, last, sewn):
    """Walls beside toes are seen flat from the front. Skin does not go on."""
    partial = partial_texture()
    whole = complete_sandals(
        replace(partial, confidence=partial.confidence * (torch.arange(SIZE) < last)[:, None]), view
    )
    below = whole.alpha[last + 4 : round(SOLE_EDGE * SIZE) - 2, SEEN.start + 12 : SEEN.stop - 12]
    assert float(below.min()) > 0.9 if sewn else float(below.max()) < 0.1


def test_soles_are_whole_and_have_no_floor_on_them(whole):
    edge = slice(round(SOLE_EDGE * SIZE) + 1, round(SOLE_END * SIZE))
    assert bool((whole.alpha[edge] == 1).all())
    assert float((whole.rgb[1, edge] - whole.rgb[0, edge]).max()) < 0.05


def test_below_a_skirt_on_the_ground_that_shows_no_skin_what_is_seen_is_closed(view):
    labels = view.understanding.labels.clone()
    labels[SKIN] = 0
    shown = replace(view, understanding=replace(view.understanding, labels=labels))
    closed = complete_sandals(partial_texture(), shown)
    assert float(closed.alpha[4 : round(SOLE_EDGE * SIZE) - 4, SHOWN].min()) > 0.9


def test_shoes_in_the_colour_of_skin_are_closed(view):
    """What is labelled shoe is shoe, where hardly anything of it is unlike skin."""
    rgb = view.photo.rgb.clone()
    rgb[:, 72:] = torch.tensor(SKIN_COLOUR)[:, None, None] * 0.95
    nude = complete_sandals(partial_texture(), replace(view, photo=replace(view.photo, rgb=rgb)))
    assert float(nude.alpha[4 : round(SOLE_EDGE * SIZE) - 4, SHOWN].min()) > 0.9


def test_behind_there_is_one_colour_and_no_pattern(view):
    partial = partial_texture()
    rows, column = slice(8, 36), torch.arange(SEEN.start, SEEN.stop)
    stripes = torch.where(column % 6 == 0, torch.tensor(SKIN_COLOUR)[:, None], torch.tensor(STRAP)[:, None])
    partial.rgb[:, rows, SEEN] = stripes[:, None].expand(-1, 28, -1)
    whole = complete_sandals(partial, view)
    behind = (slice(12, 32), slice(1, 20))
    assert float(whole.alpha[behind].min()) > 0.9
    assert float(whole.rgb[(slice(None), *behind)].flatten(1).std(1).max()) < 0.01


def test_a_strap_over_the_toes_leaves_the_heel_bare(view):
    """It lies in rows that are halfway up the heel behind, where the two made a boot."""
    partial = partial_texture()
    rows = slice(44, 96)
    partial.rgb[:, rows, SEEN] = torch.tensor(STRAP)[:, None, None]
    whole = complete_sandals(partial, view)
    assert float(whole.alpha[70, SEEN.start + 3 : SEEN.stop - 3].min()) > 0.9
    assert float(whole.alpha[rows, 1:20].max()) < 0.1


def test_sandals_that_no_texel_shows_are_soles_alone(view):
    unseen = Texture(rgb=torch.zeros(3, SIZE, SIZE), confidence=torch.zeros(SIZE, SIZE), alpha=torch.ones(SIZE, SIZE))
    bare = complete_sandals(replace(unseen), view)
    upper = round(SOLE_EDGE * SIZE) - 1
    assert float(bare.alpha[:upper].max()) == 0 and float(bare.alpha[upper + 2 :].min()) == 1


def test_a_fleck_is_no_strap(view):
    """A shadow between toes, and a nail."""
    partial = partial_texture()
    for column, colour in ((60, (0.1, 0.1, 0.1)), (75, (0.8, 0.1, 0.1))):
        partial.rgb[:, 70:76, column : column + 6] = torch.tensor(colour)[:, None, None]
    assert float(complete_sandals(partial, view).alpha[66:80, 56:85].max()) < 0.1
