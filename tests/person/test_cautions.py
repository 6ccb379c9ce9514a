"""What is told of a photo that is not quite right."""

import numpy as np
import pytest

from bodydouble.person.cautions import cut_off
from bodydouble.values import LANDMARK_COUNT

SIZE = (400, 300)
PARTS = {
    "the head": range(0, 11),
    "the left hand": (15, 17, 19, 21),
    "the right hand": (16, 18, 20, 22),
    "the left foot": (27, 29, 31),
    "the right foot": (28, 30, 32),
}


def whole() -> np.ndarray:
    return np.full((LANDMARK_COUNT, 3), (150.0, 200.0, 1.0), np.float32)


def test_nothing_is_said_of_a_whole_person():
    assert cut_off(whole(), SIZE) == []


@pytest.mark.parametrize("place", [(-5, 200), (305, 200), (150, -5), (150, 405)])
@pytest.mark.parametrize("part", PARTS)
def test_a_part_beyond_any_edge_is_named_alone(part, place):
    landmarks = whole()
    landmarks[list(PARTS[part]), :2] = place
    (sentence,) = cut_off(landmarks, SIZE)
    assert part in sentence and not any(other in sentence for other in PARTS if other != part)


def test_all_that_is_missing_is_listed():
    landmarks = whole()
    landmarks[:33, 0] = -10
    (sentence,) = cut_off(landmarks, SIZE)
    assert all(part.replace("foot", "leg") in sentence for part in PARTS) and "foot" not in sentence


def test_elbows_and_knees_may_lie_outside():
    landmarks = whole()
    landmarks[[13, 14, 25, 26], 0] = -10
    assert cut_off(landmarks, SIZE) == []


def test_legs_from_the_knee_down_are_called_legs_and_how_they_are_made_up_is_said():
    landmarks = whole()
    landmarks[[25, 26, *range(27, 33)], 1] = SIZE[0] + 5
    (sentence,) = cut_off(landmarks, SIZE)
    assert "the left leg and the right leg" in sentence and "straight" in sentence and "foot" not in sentence
