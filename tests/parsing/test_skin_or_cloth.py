"""Where skin and cloth are told with half a heart, the colours that each of them surely has decide."""

import numpy as np
import pytest
import torch

from bodydouble.parsing.labels import LABELS, LOWER, OUTER, SKIN
from bodydouble.parsing.skin_or_cloth import part_skin

SIZE = 60
FACE, COAT, TROUSERS, DOUBTED, HAND = (slice(10 * n, 10 * n + 10) for n in range(5))  # rows
TONE, RED, NAVY, GREEN = (224, 180, 150), (230, 40, 35), (30, 35, 70), (20, 160, 60)


def told() -> torch.Tensor:
    """A face, a coat and trousers that are sure, and below them rows that are rather skin and rather cloth."""
    labels = torch.zeros(len(LABELS), SIZE, SIZE)
    labels[SKIN, FACE] = labels[OUTER, COAT] = labels[LOWER, TROUSERS] = 1
    labels[SKIN, DOUBTED], labels[OUTER, DOUBTED], labels[LOWER, DOUBTED] = 0.6, 0.3, 0.1
    labels[SKIN, HAND], labels[OUTER, HAND] = 0.3, 0.7
    labels[0, 50:] = 1
    return labels


def picture(doubted: tuple[int, int, int]) -> np.ndarray:
    image = np.full((SIZE, SIZE, 3), 255, np.uint8)
    for rows, colour in ((FACE, TONE), (COAT, RED), (TROUSERS, NAVY), (DOUBTED, doubted), (HAND, TONE)):
        image[rows] = colour
    return image


@pytest.mark.parametrize(("colour", "is_skin"), [(RED, False), (TONE, True), (GREEN, True)])
def test_a_coat_s_red_is_no_skin_and_what_is_like_neither_stays(colour, is_skin):
    chances = part_skin(told(), picture(colour))[:, 35, 30]
    assert bool(chances[SKIN] > 0.5) == is_skin
    assert (abs(float(chances[SKIN]) - 0.6) < 0.02) == (colour == GREEN)
    assert torch.allclose(chances[LOWER] * 3, chances[OUTER], atol=1e-5)  # kinds of cloth keep their shares


def test_a_hand_in_the_face_s_colour_is_skin_and_chances_stay_chances():
    parted = part_skin(told(), picture(RED))
    assert float(parted[SKIN, 45, 30]) > 0.8
    assert torch.allclose(parted.sum(0), torch.ones(SIZE, SIZE), atol=1e-5)
    assert torch.equal(parted[:, :30], told()[:, :30])


def test_without_a_face_colours_tell_nothing():
    labels = told()
    labels[:, FACE] = 0
    labels[0, FACE] = 1
    assert torch.equal(part_skin(labels, picture(RED)), labels)
