"""Frames of a video, several drawn at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import torch

Scene = TypeVar("Scene")

_MOST = 4  # threads: more would wait for Python's lock


def draw_ahead(draw: Callable[[Scene], np.ndarray], scenes: Iterable[Scene]) -> Iterator[np.ndarray]:
    """The picture of each scene in their order, drawn while those before it are written.

    The threads that PyTorch would put to one picture draw one each: a picture is small, most of its steps are one
    thread's work, and nearly all of them leave Python's lock. Scenes are made one after the other by who asks.

    Args:
        draw: may be called by several threads at once; what it raises is raised here.
    """
    threads = torch.get_num_threads()
    count = min(threads, _MOST)
    if count == 1:
        yield from map(draw, scenes)
        return
    drawing: deque[Future[np.ndarray]] = deque()
    pool = ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=(1,))
    try:
        for scene in scenes:
            drawing.append(pool.submit(draw, scene))
            if len(drawing) > count:
                yield drawing.popleft().result()
        while drawing:
            yield drawing.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)  # what a thread of the pool sets holds for threads to come as well
