"""Legs alone are refused; people from behind, bald ones too, are not."""

import pytest
import torch

from bodydouble.errors import NoPersonFound
from bodydouble.fitting.headless import check_head
from bodydouble.parsing.labels import LABELS
from bodydouble.values import Person, Photo, Understanding

PHOTO = Photo(rgb=torch.zeros(3, 100, 80), name="legs.jpg")


def understood(top: int, hair_rows: int) -> Understanding:
    """A column of trousers from that row of a square as large as the photo down, with hair at its upper end."""
    labels = torch.zeros(len(LABELS), 100, 100)
    labels[0] = 1
    labels[:, top:, 30:60] = 0
    labels[LABELS.index("lower"), top:, 30:60] = 1
    labels[:, top : top + hair_rows, 30:60] = 0
    labels[LABELS.index("hair"), top : top + hair_rows, 30:60] = 1
    return Understanding(labels=labels, normals=torch.zeros(3, 100, 100), left=-10, top=0, side=100)


def person(face: float = 0.0) -> Person:
    landmarks = torch.ones(543, 3)
    landmarks[75:, 2] = face
    return Person(mask=torch.ones(100, 80), landmarks=landmarks, landmarks_world=torch.zeros(543, 3))


def test_legs_alone_are_refused():
    with pytest.raises(NoPersonFound, match=r"legs\.jpg: no head"):
        check_head(PHOTO, person(), understood(top=0, hair_rows=0))


@pytest.mark.parametrize(
    ("face", "top", "hair_rows"), [(1.0, 0, 0), (0.0, 0, 10), (0.0, 20, 0)], ids=["face", "hair", "bald from behind"]
)
def test_everybody_else_is_taken(face, top, hair_rows):
    check_head(PHOTO, person(face), understood(top, hair_rows))
