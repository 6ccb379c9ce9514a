"""Open coats have their tails, whatever name those have at first."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from bodydouble.parsing.coat_tails import lengthen_coats
from bodydouble.parsing.garments import GARMENTS
from bodydouble.parsing.labels import BACKGROUND, LABELS, LOWER, OUTER

TAN, WHITE = (165, 105, 50), (225, 225, 220)
SIDE = 200
TAIL = (slice(105, 140), slice(62, 76))  # within the left tail


def draw_person(between: tuple[int, int, int]) -> tuple[Tensor, Tensor, np.ndarray]:
    """Labels, garments and pixels: a tan coat down to row 100, below it two tan tails with cloth between them.

    Args:
        between: its colour, sRGB.
    """
    pixels = np.full((SIDE, SIDE, 3), 128, np.uint8)
    pixels[20:150, 60:140] = TAN
    pixels[100:190, 78:122] = between
    labels = torch.zeros(len(LABELS), SIDE, SIDE)
    garments = torch.zeros(len(GARMENTS), SIDE, SIDE)
    garments[GARMENTS.index("trousers")] = 1
    labels[OUTER, 20:100, 60:140] = 1
    labels[LOWER, 100:150, 60:140] = 1
    labels[LOWER, 150:190, 78:122] = 1
    labels[BACKGROUND] = 1 - labels.sum(0)
    return labels, garments, pixels


def test_cloth_of_the_coats_colour_beside_other_cloth_is_its_tail() -> None:
    labels, garments = lengthen_coats(*draw_person(WHITE))
    assert float(labels[OUTER][TAIL].min()) == pytest.approx(1)
    assert float(garments[GARMENTS.index("outer")][TAIL].min()) == pytest.approx(1)
    assert float(labels[LOWER, 105:190, 82:118].min()) == pytest.approx(1)
    assert torch.allclose(labels.sum(0), torch.ones(SIDE, SIDE))


def test_trousers_of_the_coats_colour_stay_trousers() -> None:
    labels, garments, pixels = draw_person(TAN)
    after, _ = lengthen_coats(labels, garments, pixels)
    assert torch.equal(after, labels)


def test_without_a_coat_nothing_changes() -> None:
    labels, garments, pixels = draw_person(WHITE)
    labels[LOWER] += labels[OUTER]
    labels[OUTER] = 0
    after, _ = lengthen_coats(labels, garments, pixels)
    assert torch.equal(after, labels)
