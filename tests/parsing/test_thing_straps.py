"""A bag's strap goes with the bag, from the shoulder to it; stripes, hems and a garment's folds are none."""

import cv2
import numpy as np
import pytest
import torch

from bodydouble.parsing.thing_straps import find_strap
from bodydouble.person.landmarks import SHOULDERS, side_point
from bodydouble.values import BODY_LANDMARKS, LANDMARK_COUNT, Person, Photo

HEIGHT, WIDTH, SCALE = 400, 300, 400.0  # pixels; pixels a metre
BLUE, WHITE = (40, 60, 160), (230, 230, 230)
SHOULDER, BAG = (90, 60), (slice(280, 360), slice(180, 260))


def find(
    *lines: tuple[tuple[int, int], tuple[int, int]],
    score: float = 1.0,
    forearm: tuple[tuple[int, int], tuple[int, int]] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """What is found of a blue bag's strap on a white shirt, and all of the blue lines that are drawn on it.

    Args:
        forearm: where elbow and wrist are seen.
    """
    image, drawn = np.full((HEIGHT, WIDTH, 3), WHITE, np.uint8), np.zeros((HEIGHT, WIDTH), np.uint8)
    for start, end in lines:
        cv2.line(image, start, end, BLUE, 9)
        cv2.line(drawn, start, end, 1, 9)
    image[BAG] = BLUE
    bag = np.zeros((HEIGHT, WIDTH), bool)
    bag[BAG] = True
    landmarks = torch.tensor([150.0, 60.0, 1.0]).repeat(LANDMARK_COUNT, 1)
    landmarks[BODY_LANDMARKS][list(SHOULDERS)] = torch.tensor([(220.0, 60.0, score), (*SHOULDER, score)])
    if forearm is not None:
        rows = [side_point("right", "elbow"), side_point("right", "wrist")]
        landmarks[BODY_LANDMARKS][rows] = torch.tensor([(*point, 1.0) for point in forearm])
    person = Person(mask=torch.ones(HEIGHT, WIDTH), landmarks=landmarks, landmarks_world=landmarks / SCALE)
    photo = Photo(rgb=torch.from_numpy(image).permute(2, 0, 1).float() / 255)
    return find_strap(bag, photo, person, SCALE), (drawn > 0) & ~bag


def test_a_strap_is_found_whole():
    strap, drawn = find((SHOULDER, (200, 290)))
    assert (strap & drawn).sum() / (strap | drawn).sum() > 0.8


def test_a_strap_of_which_a_piece_has_another_colour_is_found_whole():
    strap, _ = find((SHOULDER, (130, 144)), ((154, 193), (200, 290)))
    assert strap[165:175, 135:150].any(1).all()


@pytest.mark.parametrize(
    "lines",
    [
        [((40, 270), (260, 275))],  # a hem above the bag
        [((170, 200), (200, 290))],  # a line that ends on the chest
        [(SHOULDER, (60, 200)), ((60, 200), (200, 290))],  # to and fro
    ],
)
def test_other_lines_stay(lines):
    assert not find(*lines)[0].any()


def test_without_a_shoulder_there_is_no_strap():
    """Where a detector sees none, its place means nothing."""
    assert not find((SHOULDER, (200, 290)), score=0.0)[0].any()


def test_a_bare_forearm_above_a_bag_of_its_colour_is_no_strap():
    """It leads from the bag in the elbow's bend up to the chin."""
    line = (SHOULDER, (200, 290))
    assert find(line)[0].any()
    assert not find(line, forearm=line[::-1])[0].any()
