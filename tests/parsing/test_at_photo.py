"""Planes of a square, at the photo's size."""

import numpy as np
import torch

from bodydouble.parsing.at_photo import label_map, labels_at, normal_map, person_chance
from bodydouble.parsing.labels import LABELS
from bodydouble.values import Understanding

LEFT, TOP, SIDE = 30, -20, 80
SIZE = (50, 120)


def halves() -> Understanding:
    """Hair in the left half of a square, shoes in the right one, facing left and right."""
    labels, normals = torch.zeros(len(LABELS), 40, 40), torch.zeros(3, 40, 40)
    labels[LABELS.index("hair"), :, :20] = 1
    labels[LABELS.index("shoes"), :, 20:] = 1
    normals[0, :, :20], normals[0, :, 20:] = -1, 1
    return Understanding(labels=labels, normals=normals, left=LEFT, top=TOP, side=SIDE)


def test_labels_stand_where_they_stand_in_the_photo():
    found = label_map(halves(), SIZE)
    assert found.shape == SIZE and found.dtype == np.uint8
    assert (found[:, :LEFT] == 0).all() and (found[:, LEFT + SIDE :] == 0).all()
    middle = LEFT + SIDE // 2
    assert (found[:, LEFT : middle - 1] == LABELS.index("hair")).all()
    assert (found[:, middle + 1 : LEFT + SIDE] == LABELS.index("shoes")).all()


def test_normals_are_unit_where_the_square_is():
    normals = normal_map(halves(), SIZE)
    assert np.allclose(normals[0, :, LEFT + 2 : LEFT + 30], -1) and np.allclose(normals[:, :, :LEFT], 0)


def test_outside_the_square_nobody_is():
    chance = person_chance(halves(), SIZE)
    assert np.allclose(chance[:, LEFT : LEFT + SIDE], 1) and (chance[:, :LEFT] == 0).all()


def test_labels_of_single_places():
    middle = LEFT + SIDE / 2
    x, y = torch.tensor([LEFT + 3.0, middle + 5, LEFT - 2, middle + 5]), torch.tensor([5.0, 5, 5, TOP + SIDE + 3])
    assert [LABELS[row] for row in labels_at(halves(), x, y)] == ["hair", "shoes", "background", "background"]
