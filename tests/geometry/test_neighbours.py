"""Points with enough others near them."""

import numpy as np
import pytest

from bodydouble.geometry.neighbours import have_near

KEYS = np.array([[0.0, 0.0], [0.1, 0.0], [0.0, 0.1], [5.0, 5.0]])


@pytest.mark.parametrize(("count", "expected"), [(1, [True, True, False]), (3, [True, False, False]), (5, [False] * 3)])
def test_so_many_lie_near(count, expected):
    queries = np.array([[0.0, 0.0], [5.0, 5.1], [2.0, 2.0]])
    assert have_near(queries, KEYS, count, 0.5).tolist() == expected


def test_without_points_none_lies_near():
    assert have_near(np.zeros((0, 2)), KEYS, 1, 1.0).shape == (0,)
    assert have_near(KEYS, np.zeros((0, 2)), 1, 1.0).tolist() == [False] * 4
