"""Where batches come from: people made in other processes, kept for a while, and drawn at random.

A person takes longer to make than to learn from once, so each stays in a pool until newer ones push it out.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open

from bodydouble.errors import InputError
from workshop.synthesis.records.shards import MANIFEST, Shards
from workshop.training import own_data, people
from workshop.training.frames import Batch, PersonFrames, sample_batch
from workshop.training.people import MakeFrames, PeopleConfig


@dataclass(frozen=True, kw_only=True)
class Data:
    """What is learned from."""

    factory: Callable[[], MakeFrames]  # called once in each process
    count: int | None  # how many people there are; None: as many as are wanted
    fingerprint: str  # of the wardrobe, the shards or the user's files
    kind: str  # "pack", "shards" or "folder"


def open_data(path: Path, config: PeopleConfig, device: str) -> Data:
    """A pack file, a wardrobe folder, a folder of shards, or a folder of people's own pictures (see `own_data`).

    Raises:
        InputError: it is none of these.
    """
    if path.is_file():
        return Data(
            factory=functools.partial(people.from_pack, path, config, device),
            count=None,
            fingerprint=_pack_fingerprint(path),
            kind="pack",
        )
    if (path / MANIFEST).is_file():
        shards = Shards(path)
        return Data(
            factory=functools.partial(people.from_shards, path, config),
            count=len(shards),
            fingerprint=hashlib.sha256((path / MANIFEST).read_bytes()).hexdigest(),
            kind="shards",
        )
    found_folders = own_data.person_folders(path)
    return Data(
        factory=functools.partial(own_data.from_folder, path, config),
        count=len(found_folders),
        fingerprint=hashlib.sha256("".join(own_data.fingerprint(each) for each in found_folders).encode()).hexdigest(),
        kind="folder",
    )


def _pack_fingerprint(path: Path) -> str:
    try:
        with safe_open(path, framework="pt") as file:
            is_pack = "pack" in (file.metadata() or {})
    except (OSError, SafetensorError) as error:
        raise InputError(f"cannot read {path}: {error}; give a pack, shards, or a folder of pictures") from error
    if not is_pack:
        raise InputError(f"{path} is no pack of people; make one with python -m workshop.synthesis --pack FILE")
    return hashlib.sha256(path.read_bytes()).hexdigest()


_FIRST = 4  # people at hand with whom training begins
_INLINE = 8  # batches drawn for one new person, where no other processes make them


class Pool:
    """People at hand. A batch is drawn from those that are there; new ones arrive meanwhile."""

    def __init__(
        self,
        data: Data,
        device: torch.device,
        *,
        workers: int,
        gib: float,
        first: int = 0,
        step: int = 1,
        seed: int = 0,
    ) -> None:
        """Start making people.

        Args:
            workers: processes that make people; 0: they are made here, now and then.
            gib: memory for people on `device`; the oldest make room.
            first, step: numbers of the people made here are first, first + step, ...
        """
        self.data = data
        self.device = device
        self.rng = np.random.default_rng([seed, first])
        self.next_number = first  # of the person after those made so far, in all processes together
        self._step = step
        self._drawn = 0  # batches
        self._people: deque[PersonFrames] = deque()
        self._bytes, self._limit = 0, int(gib * 2**30)
        self._numbers = _numbers(data.count, first, step)
        self._whole = None if data.count is None else len(range(first, data.count, step)) or 1
        self._pending: set[Future[dict[str, np.ndarray]]] = set()
        self._make: MakeFrames | None = None if workers else data.factory()
        self._executor = _executor(data.factory, workers) if workers else None
        self._in_flight = 2 * workers

    def batch(self, count: int, frames: int, fitted: float = 0.7, fitted_targets: float = 0.25) -> Batch:
        """`count` people with `frames` photographs each; while there are too few, some come twice."""
        self._absorb(min(count, _FIRST, self._whole or _FIRST))
        chosen = [self._people[place] for place in np.resize(self.rng.permutation(len(self._people)), count)]
        return sample_batch(chosen, frames, self.rng, self.device, fitted, fitted_targets)

    def close(self) -> None:
        """End the processes."""
        if self._executor:
            self._executor.shutdown(wait=True, cancel_futures=True)

    def __len__(self) -> int:
        return len(self._people)

    @property
    def _complete(self) -> bool:
        """Whether everybody there is, is here: nothing is gained by making them again."""
        return self._whole is not None and len(self._people) >= self._whole

    def _absorb(self, count: int) -> None:
        """Take in who is ready; wait until there are as many as are wanted."""
        if self._executor is None:
            assert self._make is not None
            self._drawn += 1
            missing = max(count - len(self._people), int(self._drawn % _INLINE == 0))
            for _ in range(0 if self._complete else missing):
                self._add(self._make(next(self._numbers)))
            return
        while True:
            while len(self._pending) < self._in_flight and not self._complete and self._expected():
                self._pending.add(self._executor.submit(_make_arrays, next(self._numbers)))
            done = {future for future in self._pending if future.done()}
            self._pending -= done
            for future in done:
                arrays = {name: torch.from_numpy(value) for name, value in future.result().items()}
                self._add(PersonFrames(**arrays))
            if len(self._people) >= count:
                return
            wait(self._pending, return_when="FIRST_COMPLETED")

    def _expected(self) -> bool:
        """Whether another one is wanted, with those under way."""
        return self._whole is None or len(self._people) + len(self._pending) < self._whole

    def _add(self, person: PersonFrames) -> None:
        person = person.to(self.device)
        self._people.append(person)
        self._bytes += person.bytes
        self.next_number += self._step
        while self._bytes > self._limit and len(self._people) > 1:
            self._bytes -= self._people.popleft().bytes


def _numbers(count: int | None, first: int, step: int) -> Iterator[int]:
    if count is None:
        return itertools.count(first, step)
    return itertools.cycle(range(first, count, step) or [first % count])


_made_here: MakeFrames | None = None  # of a worker process, set once when it starts


def _executor(factory: Callable[[], MakeFrames], workers: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker, initargs=(factory,))


def _start_worker(factory: Callable[[], MakeFrames]) -> None:
    torch.set_num_threads(1)
    global _made_here  # noqa: PLW0603  (this process' own; there is no other way to hand it to the tasks)
    _made_here = factory()


def _make_arrays(number: int) -> dict[str, np.ndarray]:
    assert _made_here is not None
    return _made_here(number).arrays()
