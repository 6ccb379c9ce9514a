"""What is behind a person goes on as it does beside them, and the rest of the photo stays as it is."""

import numpy as np
import pytest

from bodydouble.alive.background import person_hole, remove_person
from bodydouble.alive.grain import add_grain, measure_grain
from bodydouble.alive.seams import even_seams


@pytest.fixture(scope="module")
def room():
    """A wall above a floor, with a little noise; a figure in front of it; and its mask."""
    wall = np.full((200, 160, 3), (190, 190, 180), np.float32)
    wall[130:] = (110, 80, 60)
    empty = (wall + np.random.default_rng(1).normal(0, 2, (200, 160, 1))).round().clip(0, 255).astype(np.uint8)
    mask = np.zeros((200, 160), np.float32)
    mask[40:170, 65:95] = 1
    photo = np.where(mask[..., None] > 0, np.uint8([200, 30, 30]), empty)
    return empty, photo, mask


def test_wall_and_floor_go_on_behind_the_person(room):
    empty, photo, mask = room
    hole = person_hole(mask)
    background = remove_person(photo, hole)
    assert np.abs(background - empty)[60:120, 70:90].mean() < 8
    assert np.abs(background - empty)[140:165, 70:90].mean() < 8
    assert (background[..., 0] - background[..., 1] < 60).all()  # nothing red is left
    assert np.array_equal(background, remove_person(photo, hole))


def test_pixels_far_from_the_person_stay(room):
    _, photo, mask = room
    background = remove_person(photo, person_hole(mask))
    assert np.array_equal(background[:, :40], photo[:, :40]) and np.array_equal(background[:20], photo[:20])


@pytest.mark.parametrize("covered", [0.0, 1.0])
def test_nothing_and_everything_can_be_removed(room, covered):
    _, photo, mask = room
    background = remove_person(photo, person_hole(np.full_like(mask, covered)))
    assert background.shape == photo.shape and np.isfinite(background).all()


def test_seams_on_even_ground_are_evened_and_edges_stay():
    image = np.full((40, 40, 3), 100, np.float32)
    image[:, 20:] = 180
    gap = np.zeros((40, 40), bool)
    gap[8:30, 10:30] = True
    patched = image.copy()
    patched[gap] += 7
    patched[12:20, 12:16] -= 6
    evened = even_seams(patched, gap)
    assert np.abs(evened - image).max() < 2.5
    assert np.array_equal(evened[~gap], image[~gap])


def test_grain_is_measured_as_it_was_added():
    flat = np.full((120, 120, 3), 128, np.float32)
    everywhere = np.ones((120, 120), bool)
    assert measure_grain(flat, everywhere) == 0
    for deviation in (1.0, 3.0, 6.0):
        assert measure_grain(add_grain(flat, deviation, 3), everywhere) == pytest.approx(deviation, rel=0.25)
