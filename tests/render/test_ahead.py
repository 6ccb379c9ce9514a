"""Frames drawn ahead are those that are drawn one by one, and no more are in the making than threads draw."""

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from bodydouble.render.ahead import draw_ahead


@pytest.fixture(params=[1, 3])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def test_pictures_come_in_their_order_and_threads_are_as_before(threads: int) -> None:
    drawn = []

    def draw(scene: int) -> np.ndarray:
        time.sleep(0.01 * (scene % 3))  # later ones are often done earlier
        drawn.append((threading.get_ident(), torch.get_num_threads()))
        return np.full((2, 2, 3), scene, np.uint8)

    assert [int(picture[0, 0, 0]) for picture in draw_ahead(draw, range(10))] == [*range(10)]
    assert len({thread for thread, _ in drawn}) <= threads
    assert {count for _, count in drawn} == {1} and torch.get_num_threads() == threads


def test_scenes_are_made_here_and_not_long_before_they_are_shown(threads: int) -> None:
    made = []

    def scenes() -> Iterator[int]:
        for scene in range(100):
            made.append(threading.get_ident())
            yield scene

    pictures = draw_ahead(lambda scene: np.full((1, 1, 3), scene, np.uint8), scenes())
    next(pictures)
    assert len(made) <= threads + 1 and set(made) == {threading.get_ident()}
    pictures.close()  # type: ignore[attr-defined]
    assert torch.get_num_threads() == threads


def test_what_goes_wrong_is_raised(threads: int) -> None:
    def draw(scene: int) -> np.ndarray:
        if scene == 2:
            raise RuntimeError("no picture")
        return np.zeros((1, 1, 3), np.uint8)

    pictures = draw_ahead(draw, range(5))
    assert len([next(pictures), next(pictures)]) == 2
    with pytest.raises(RuntimeError, match="no picture"):
        next(pictures)
