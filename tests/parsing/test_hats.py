"""Where a hat is worn, what the labels call hair above the eyes is hat; hair below them stays."""

import pytest
import torch

from bodydouble.geometry.window import Window
from bodydouble.parsing.hats import put_on_hat
from bodydouble.parsing.labels import BACKGROUND, HAIR, HAT, LABELS, SKIN
from bodydouble.person.landmarks import HIPS, SHOULDERS
from bodydouble.values import LANDMARK_COUNT, Person, StyleEstimate

SIZE, SCALE, EYES = 100, 100.0, 50  # pixels, pixels a metre, the eyes' row


@pytest.fixture
def person() -> Person:
    world = torch.zeros(LANDMARK_COUNT, 3)
    world[SHOULDERS, 1], world[HIPS, 1] = 0.25, 0.8
    landmarks = world * SCALE + torch.tensor([SIZE / 2, EYES, 0.0])
    landmarks[:, 2] = 1
    return Person(mask=torch.ones(SIZE, SIZE), landmarks=landmarks, landmarks_world=world)


def head() -> torch.Tensor:
    """Hair over all of a head, 20 cm above the eyes and 20 below, with a face in it; a stranger's hair beside."""
    labels = torch.zeros(len(LABELS), SIZE, SIZE)
    labels[BACKGROUND] = 1
    for label, rows, columns in (
        (HAIR, slice(30, 70), slice(35, 65)),
        (SKIN, slice(40, 65), slice(42, 58)),
        (HAIR, slice(30, 70), slice(85, 95)),
    ):
        labels[:, rows, columns] = 0
        labels[label, rows, columns] = 1
    return labels


def style(chance: float) -> StyleEstimate:
    return StyleEstimate(chances={"hat": {"no": 1 - chance, "yes": chance}})


def test_hair_above_the_eyes_is_hat_and_below_them_hair(person):
    worn = put_on_hat(head(), Window(0, 0, SIZE), person, style(0.9))
    assert bool((worn[HAT, 30:40, 35:65] == 1).all()) and float(worn[HAIR, 30:40, 35:65].max()) == 0
    assert float(worn[HAT, 51:].max()) == 0 and bool((worn[HAIR, 51:65, 35:42] == 1).all())
    assert bool((worn[HAT, 40:43, 45:55] == 1).all()), "a pale hat"
    assert bool((worn[SKIN, 46:65, 45:55] == 1).all()), "the forehead below it"
    assert bool((worn[HAIR, 30:70, 85:95] == 1).all()), "who stands beside wears none"
    assert torch.allclose(worn.sum(0), torch.ones(SIZE, SIZE))


@pytest.mark.parametrize("chances", [style(0.3), StyleEstimate(chances={})])
def test_where_none_is_likely_nothing_changes(person, chances):
    assert torch.equal(put_on_hat(head(), Window(0, 0, SIZE), person, chances), head())


def test_the_window_may_be_a_part_of_the_photo(person):
    part = put_on_hat(head()[:, 20:70, 20:70], Window(20, 20, 50), person, style(0.9))
    assert torch.equal(part, put_on_hat(head(), Window(0, 0, SIZE), person, style(0.9))[:, 20:70, 20:70])


def test_who_leans_keeps_the_labels(person):
    person.landmarks[HIPS, 0] += 50
    assert torch.equal(put_on_hat(head(), Window(0, 0, SIZE), person, style(0.9)), head())
