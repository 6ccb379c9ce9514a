"""What was seen of a shoe goes on around it, on the other shoe too; the rest has its pattern, or its colour."""

from dataclasses import replace

import pytest
import torch

from bodydouble.clothing.shoe_form import SOLE_EDGE, SOLE_END
from bodydouble.inpaint.shoes import complete_shoes
from bodydouble.inpaint.unseen_legs import QUIET_SHOES
from bodydouble.parsing.labels import LABELS, LOWER, SHOES, SKIN
from bodydouble.values import FittedView, Photo, StyleEstimate, Texture, Understanding
from tests.inpaint.shoe_view import view_shoes

SIZE, PHOTO = 128, 200
SHOE, LACE, SOLE, FLOOR = ((0.7, 0.1, 0.2), (0.9, 0.9, 0.9), (0.1, 0.1, 0.9), (0.3, 0.6, 0.3))
TAN = (0.6, 0.4, 0.25)


@pytest.fixture(scope="module")
def view(fit) -> FittedView:
    """A photo with a red shoe of 60×40 pixels on green; the parser takes two pixels of green around it for shoe."""
    rgb = torch.tensor(FLOOR)[:, None, None].repeat(1, PHOTO, PHOTO)
    rgb[:, 100:140, 60:120] = torch.tensor(SHOE)[:, None, None]
    labels = torch.zeros(len(LABELS), PHOTO, PHOTO)
    labels[0] = 1
    labels[:, 98:142, 58:122] = 0
    labels[SHOES, 98:142, 58:122] = 1
    return view_shoes(fit, rgb, labels)


def partial_texture() -> Texture:
    """Of the left shoe a lace was seen, and on the outer half of the sole's edge its colour."""
    rgb, confidence = torch.zeros(3, SIZE, SIZE), torch.zeros(SIZE, SIZE)
    sole = slice(round(SOLE_EDGE * SIZE), round(SOLE_END * SIZE))
    for rows, columns, colour in ((slice(20, 30), slice(10, 16), LACE), (sole, slice(0, 30), SOLE)):
        rgb[:, rows, columns] = torch.tensor(colour)[:, None, None]
        confidence[rows, columns] = 0.8
    return Texture(rgb=rgb, confidence=confidence)


def test_seen_texels_stay_to_the_last_bit(view):
    partial = partial_texture()
    whole = complete_shoes(partial, view)
    seen = partial.confidence > 0
    assert torch.equal(whole.rgb[:, seen], partial.rgb[:, seen])


def test_what_was_seen_is_on_the_other_shoe_and_on_the_other_side(view):
    whole = complete_shoes(partial_texture(), view)
    for column in (SIZE - 13, SIZE // 2 - 13, SIZE // 2 + 12):
        assert torch.allclose(whole.rgb[:, 25, column], torch.tensor(LACE))


def test_the_rest_has_the_colour_of_the_photos_shoe_and_of_the_sole(view):
    whole = complete_shoes(partial_texture(), view)
    assert torch.allclose(whole.rgb[:, 39, 30], torch.tensor(SHOE), atol=0.02)
    assert torch.allclose(whole.rgb[:, round((SOLE_EDGE + SOLE_END) / 2 * SIZE), 40], torch.tensor(SOLE), atol=0.02)


def test_an_instep_that_is_taken_for_shoe_does_not_mix_into_its_colour(view):
    """A third of the shoe's pixels are skin, as is what lies above it."""
    rgb, labels = view.photo.rgb.clone(), view.understanding.labels.clone()
    skin = torch.tensor((0.8, 0.6, 0.5))[:, None, None]
    rgb[:, 100:113, 58:122] = skin
    rgb[:, 60:98, 80:100] = skin
    labels[:, 60:98, 80:100] = 0
    labels[SKIN, 60:98, 80:100] = 1
    pumps = replace(view, photo=replace(view.photo, rgb=rgb), understanding=replace(view.understanding, labels=labels))
    unseen = Texture(rgb=torch.zeros(3, SIZE, SIZE), confidence=torch.zeros(SIZE, SIZE))
    whole = complete_shoes(unseen, pumps)
    assert torch.allclose(whole.rgb[:, 39, 30], torch.tensor(SHOE), atol=1e-3)


def test_socks_above_an_upper_do_not_tell_its_colour(view):
    """They have the label of shoes, and are most of what has it."""
    rgb, labels = view.photo.rgb.clone(), view.understanding.labels.clone()
    rgb[:, 20:100, 60:120] = 0.1
    labels[:, 20:100, 60:120] = 0
    labels[SHOES, 20:100, 60:120] = 1
    socks = replace(view, photo=replace(view.photo, rgb=rgb), understanding=replace(view.understanding, labels=labels))
    seen = torch.zeros(SIZE, SIZE)
    seen[5:70, 20:44] = 0.8
    upper = Texture(rgb=torch.tensor(SHOE)[:, None, None] * (seen > 0), confidence=seen)
    assert torch.allclose(complete_shoes(upper, socks).rgb[:, 39, 4], torch.tensor(SHOE), atol=0.02)


def test_boots_as_brown_as_what_is_taken_for_skin_above_them_are_brown(view):
    """A shaft is taken for skin in parts; dark marks on a boot are not its colour."""
    rgb, labels = view.photo.rgb.clone(), view.understanding.labels.clone()
    rgb[:, 60:140, 60:120] = torch.tensor(TAN)[:, None, None]
    rgb[:, 120:126, 60:120] = 0.05
    labels[:, 60:98, 60:120] = 0
    labels[SKIN, 60:98, 60:120] = 1
    style = StyleEstimate(chances={"shoes": {"boot": 0.9, "low": 0.1}})
    understanding = replace(view.understanding, labels=labels, style=style)
    boots = replace(view, photo=replace(view.photo, rgb=rgb), understanding=understanding)
    unseen = Texture(rgb=torch.zeros(3, SIZE, SIZE), confidence=torch.zeros(SIZE, SIZE))
    assert torch.allclose(complete_shoes(unseen, boots).rgb[:, 39, 30], torch.tensor(TAN), atol=1e-3)


def test_shoes_that_no_photo_shows_are_quiet(view):
    unseen = Texture(rgb=torch.zeros(3, SIZE, SIZE), confidence=torch.zeros(SIZE, SIZE))
    labels = torch.zeros_like(view.understanding.labels)
    labels[0] = 1
    nothing = Understanding(labels=labels, normals=view.understanding.normals, left=0, top=0, side=PHOTO)
    whole = complete_shoes(unseen, FittedView(**{**vars(view), "understanding": nothing}))
    assert torch.allclose(whole.rgb[:, 50, 30], torch.tensor(QUIET_SHOES), atol=0.02)


def test_shoes_that_no_photo_shows_below_black_cloth_are_black(view):
    labels, black = torch.zeros_like(view.understanding.labels), (0.05, 0.05, 0.06)
    labels[LOWER] = 1
    dark = replace(view, photo=Photo(rgb=torch.tensor(black)[:, None, None].repeat(1, PHOTO, PHOTO)))
    dark = replace(dark, understanding=replace(view.understanding, labels=labels))
    unseen = Texture(rgb=torch.zeros(3, SIZE, SIZE), confidence=torch.zeros(SIZE, SIZE))
    assert torch.allclose(complete_shoes(unseen, dark).rgb[:, 39, 30], torch.tensor(black), atol=0.02)


def test_of_shoes_in_two_colours_the_rest_has_one_of_them(view):
    """Light in front, dark elsewhere, and between both a little of each: their median is a grey that is nowhere."""
    rgb = view.photo.rgb.clone()
    share = torch.cat([torch.zeros(27), torch.linspace(0, 1, 10), torch.ones(23)])
    rgb[:, 100:140, 60:120] = torch.lerp(*(torch.tensor(each)[:, None, None] for each in (SHOE, LACE)), share)
    unseen = Texture(rgb=torch.zeros(3, SIZE, SIZE), confidence=torch.zeros(SIZE, SIZE))
    whole = complete_shoes(unseen, replace(view, photo=Photo(rgb=rgb)))
    assert torch.allclose(whole.rgb[:, 39, 30], torch.tensor(SHOE), atol=0.02)


def test_a_motley_upper_goes_on_all_around_and_a_plain_one_stays_plain(view):
    generator = torch.Generator().manual_seed(0)
    flowers = torch.rand(3, 10, 15, generator=generator).repeat_interleave(4, 1).repeat_interleave(4, 2)
    painted = view.photo.rgb.clone()
    painted[:, 100:140, 60:120] = flowers
    for motley, shown in ((True, replace(view, photo=Photo(rgb=painted))), (False, view)):
        rgb, confidence = torch.zeros(3, SIZE, SIZE), torch.zeros(SIZE, SIZE)
        rows, columns = slice(5, 70), slice(20, 44)
        rgb[:, rows, columns] = shown.photo.rgb[:, 100:140, 60:84].repeat(1, 2, 1)[:, :65]
        confidence[rows, columns] = 0.8
        whole = complete_shoes(Texture(rgb=rgb, confidence=confidence), shown).rgb
        heel = whole[:, 10:65, 2:14]
        assert (float(heel.flatten(1).std(1).mean()) > 0.1) == motley
        assert torch.equal(whole[:, rows, columns], rgb[:, rows, columns])
