"""Turns from one direction to another, also where these are nearly opposite."""

import numpy as np
import pytest

from bodydouble.motion.vectors import norm, square_to, turn_between, unit

RANDOM = unit(np.random.default_rng(4).normal(size=(200, 3)), np.zeros((200, 3)))


@pytest.mark.parametrize("off", [1.0, 1e-3, 1e-6, 1e-8, 1e-10, 0.0])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_turn_carries_one_direction_to_the_other(off: float, sign: int) -> None:
    target = unit(sign * RANDOM + off * RANDOM[::-1], RANDOM)
    turn = turn_between(RANDOM, target)
    assert np.abs(np.einsum("nij,nj->ni", turn, RANDOM) - target).max() < 3e-8
    assert np.abs(turn @ turn.swapaxes(1, 2) - np.eye(3)).max() < 3e-8
    assert np.linalg.det(turn).min() > 0


def test_it_is_the_shortest_one() -> None:
    target = RANDOM[::-1]
    angle = np.arccos((RANDOM * target).sum(1).clip(-1, 1))
    traces = np.trace(turn_between(RANDOM, target), axis1=1, axis2=2)
    assert np.allclose(np.arccos(((traces - 1) / 2).clip(-1, 1)), angle, atol=1e-6)


def test_directions_and_right_angles() -> None:
    assert np.allclose(norm(square_to(RANDOM)), 1) and np.abs((square_to(RANDOM) * RANDOM).sum(1)).max() < 1e-12
    fallback = np.array([[0.0, 0.0, 1.0]])
    assert (unit(np.zeros((1, 3)), fallback) == fallback).all()


def test_rows_do_not_depend_on_each_other() -> None:
    together = turn_between(RANDOM, RANDOM[::-1])
    for row in range(0, 200, 17):
        alone = turn_between(RANDOM[row : row + 1], RANDOM[199 - row : 200 - row])
        assert (alone[0] == together[row]).all()
