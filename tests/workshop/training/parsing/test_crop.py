"""A square of a picture: picture, labels and normals move together."""

import numpy as np
import pytest

from bodydouble.parsing.labels import LABELS
from workshop.training.parsing.crop import cut, head_centre, sample_view

CENTRE, SIDE, SIZE = np.array([48.0, 64.0]), 128.0, 128
LEFT, RIGHT = (-1, 0, 0), (1, 0, 0)


def mean_normal(view) -> np.ndarray:
    return view.normals[view.labels > 0].mean(0)


def test_nothing_moves_where_nothing_is_asked(corpus):
    picture = corpus.photos[0]
    view = cut(picture, CENTRE, SIDE, SIZE)
    assert (view.labels[:, 8:56] == picture.labels[1::2, 1::2]).mean() > 0.97
    assert np.abs(view.image[:, 16:112].astype(int) - picture.levels[0]).max() <= 1
    assert (view.inside[:, :15] == 0).all() and (view.inside[:, 17:110] == 255).all()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, RIGHT),
        ({"mirrored": True}, LEFT),
        ({"tilt": 90}, (0, 1, 0)),
        ({"tilt": 180}, LEFT),
        ({"tilt": 90, "mirrored": True}, (0, 1, 0)),
    ],
)
def test_normals_turn_with_the_picture(corpus, changes, expected):
    assert np.allclose(mean_normal(cut(corpus.drawn[0], CENTRE, SIDE, SIZE, **changes)), expected, atol=0.02)


def test_a_quarter_turn_turns_labels_the_same_way(corpus):
    """What was above lies where a normal that faced up faces afterwards."""
    view = cut(corpus.drawn[0], CENTRE, SIDE, SIZE, tilt=90)
    rows, columns = np.nonzero(view.labels == LABELS.index("hair"))
    assert abs(rows.mean() - 32) < 2 and columns.mean() > 45  # up, (0, -1), becomes (1, 0)


def test_the_head_is_hair_and_face(corpus):
    column, row = head_centre(corpus.photos[0])
    assert 36 < column < 60 and 10 < row < 34


def test_squares_show_the_person(corpus):
    rng = np.random.default_rng(0)
    shares = [(sample_view(corpus.photos[0], 64, rng).labels > 0).mean() for _ in range(40)]
    assert np.mean(np.array(shares) > 0.02) > 0.95
