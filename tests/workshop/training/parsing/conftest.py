"""A few pictures that are quick to make: a person of rectangles."""

import cv2
import numpy as np
import pytest

from bodydouble.parsing.labels import LABELS
from workshop.training.parsing.batches import Corpus
from workshop.training.parsing.pictures import Picture, new_picture

PARTS = (("hair", 10, 22), ("skin", 22, 34), ("upper", 34, 70), ("lower", 70, 108), ("shoes", 108, 116))


def rectangles(drawn: bool) -> Picture:
    """96×128: head, clothes and shoes above one another, on grey noise or on nothing."""
    labels = np.zeros((128, 96), np.uint8)
    for name, top, bottom in PARTS:
        labels[top:bottom, 36:60] = LABELS.index(name)
    rng = np.random.default_rng(0)
    image = rng.integers(90, 160, (128, 96, 3)).astype(np.uint8)
    for row in range(1, len(LABELS)):
        image[labels == row] = (20 * row, 250 - 18 * row, 40 + 15 * row)
    if not drawn:
        return new_picture(image, labels, name="photo")
    alpha = (labels > 0).astype(np.uint8) * 255
    normals = np.zeros((128, 96, 3), np.uint8)
    normals[labels > 0] = (254, 127, 127)  # facing right
    rgba = np.dstack([image * (alpha[..., None] > 0), alpha])
    return new_picture(rgba, labels, normals, name="drawn")


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    """One photo, one drawn person, one street."""
    cv2.setNumThreads(1)
    street = np.random.default_rng(1).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    return Corpus(photos=[rectangles(False)], drawn=[rectangles(True)], backgrounds=[street])
