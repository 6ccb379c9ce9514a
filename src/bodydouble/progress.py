"""How long work tells what it is doing, how much of it is done, and how it is told to stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event

from bodydouble.errors import Cancelled

Progress = Callable[[str, float], None]  # what is being done, and how much of it is done, in [0, 1]


def part_of(progress: Progress | None, start: float, length: float) -> Progress | None:
    """Progress of a part of the work, told as progress of all of it; None where nobody is told.

    Args:
        start, length: of the part, in [0, 1] of the work.
    """
    return progress and (lambda what, done: progress(what, start + length * done))


def split_progress(progress: Progress | None, count: int) -> list[Progress | None]:
    """The same of `count` equal parts."""
    return [part_of(progress, number / count, 1 / count) for number in range(count)]


class StageTimer:
    """Times the stages of one run, says how far the run has come, and stops it where that is asked for."""

    def __init__(self, shares: Mapping[str, float], progress: Progress | None, cancel: Event | None) -> None:
        """Begin a run.

        Args:
            shares: of the run that each stage takes, roughly; only the progress shown depends on it.
            progress: told of the run.
            cancel: looked at whenever progress is told; once it is set, `Cancelled` is raised there.
        """
        self.seconds: dict[str, float] = {}
        self._shares, self._progress, self._cancel = shares, progress, cancel
        self._stage, self._before = "", 0.0

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Time what is done inside; a stage that is run again adds to its time."""
        self._stage = stage
        self.tell(stage, 0.0)
        start = time.perf_counter()
        yield
        self.seconds[stage] = round(self.seconds.get(stage, 0.0) + time.perf_counter() - start, 3)
        self.tell(stage, 1.0)
        self._before += self._shares[stage]

    def tell(self, what: str, done: float) -> None:
        """Progress of the present stage, in [0, 1], as progress of the run. Raises `Cancelled`."""
        if self._cancel is not None and self._cancel.is_set():
            raise Cancelled(f"cancelled while {what} was being done; nothing was written")
        if self._progress:
            self._progress(what, min(1.0, self._before + self._shares[self._stage] * done))
