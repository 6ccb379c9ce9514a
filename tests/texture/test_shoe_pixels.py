"""What is labelled shoe and has the ground's colours is ground; shoes in the ground's colour stay whole."""

from dataclasses import replace

import pytest
import torch

from bodydouble.parsing.labels import LABELS, LOWER, SHOES
from bodydouble.texture.shoe_pixels import shoe_pixels
from bodydouble.values import FittedView
from tests.inpaint.shoe_view import view_shoes

PHOTO = 100
GROUND, LEATHER = (0.55, 0.55, 0.5), (0.4, 0.15, 0.1)
LABELLED, GAP = (slice(40, 80), slice(20, 80)), (slice(60, 80), slice(45, 62))


def view(fit, gap: tuple[float, float, float], leather: tuple[float, float, float] = LEATHER) -> FittedView:
    """A heeled shoe from the side, with what is between heel and sole."""
    rgb = torch.tensor(GROUND)[:, None, None].repeat(1, PHOTO, PHOTO)
    rgb[:, LABELLED[0], LABELLED[1]] = torch.tensor(leather)[:, None, None]
    rgb[:, GAP[0], GAP[1]] = torch.tensor(gap)[:, None, None]
    labels = torch.zeros(len(LABELS), PHOTO, PHOTO)
    labels[0] = 1
    labels[:, LABELLED[0], LABELLED[1]] = 0
    labels[SHOES, LABELLED[0], LABELLED[1]] = 1
    shown = view_shoes(fit, rgb, labels)
    return replace(shown, person=replace(shown.person, mask=labels[SHOES]))


@pytest.mark.parametrize(
    ("gap", "leather", "ground"),
    [(GROUND, LEATHER, True), (LEATHER, LEATHER, False), ((0.3, 0.1, 0.1), LEATHER, False), (GROUND, GROUND, False)],
    ids=["ground", "shoe", "another colour", "shoes like the ground"],
)
def test_ground_between_heel_and_sole_is_no_shoe(fit, gap, leather, ground):
    shoe = torch.from_numpy(shoe_pixels(view(fit, gap, leather)))
    expected = torch.zeros(PHOTO, PHOTO, dtype=torch.bool)
    expected[LABELLED] = True
    expected[GAP] = not ground
    assert float((shoe ^ expected).float().sum()) < 0.03 * float(expected.sum())


def test_a_few_pixels_of_ground_below_a_person_are_no_shoes(fit):
    """What is labelled shoe is 20 pixels wide and 10 high, of a person who is 420 pixels tall."""
    rgb, labels = torch.tensor(GROUND)[:, None, None].repeat(1, 500, 500), torch.zeros(len(LABELS), 500, 500)
    leg, shoe = (slice(20, 430), slice(200, 300)), (slice(430, 440), slice(240, 260))
    labels[0] = 1
    for number, place in ((LOWER, leg), (SHOES, shoe)):
        labels[:, *place], labels[number, *place] = 0, 1
    rgb[:, *leg] = 0.05
    shown = view_shoes(fit, rgb, labels)
    shown = replace(shown, person=replace(shown.person, mask=1 - labels[0]))
    assert not shoe_pixels(shown).any()
    rgb[:, *shoe] = torch.tensor(LEATHER)[:, None, None]
    assert shoe_pixels(shown).sum() == 200, "of another colour than the ground they are the tips of shoes"
