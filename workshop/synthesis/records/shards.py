"""A folder of synthetic people: safetensors files of several persons each, and a manifest that tells what they are.

    people/
      manifest.json                format, origin (seed, configuration, wardrobe), persons and SHA-256 of each shard
      people-00000.safetensors     tensors "000000/rgb", "000000/mask", "000001/rgb", ...

The same command finishes what was interrupted: shards that are whole and have the right hash are kept. What a person
looks like may depend on its number and on the origin alone, so the bytes are the same however many processes made them.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from tqdm import tqdm

from bodydouble.errors import InputError
from bodydouble.files import whole_file
from bodydouble.progress import Progress

FORMAT_VERSION = 1
MANIFEST = "manifest.json"

Make = Callable[[int], Mapping[str, Tensor]]

_LINE_SECONDS = 10.0  # between plain lines of progress


@dataclass(frozen=True, kw_only=True)
class Origin:
    """All that decides what the people look like."""

    seed: int
    config: Mapping[str, Any]  # what JSON can hold
    wardrobe: str  # fingerprint


@dataclass(frozen=True, kw_only=True)
class Shard:
    """A line of the manifest."""

    name: str  # of the file
    persons: tuple[int, ...]
    sha256: str


def write_people(
    out: Path, count: int, maker: Callable[[Path, Any], Make], pack: Path, config: Any, *, per_shard: int = 4
) -> None:
    """`write_shards` of people drawn from a pack of clothes.

    Args:
        maker: of a pack's file and the configuration, a function of a module.
        config: a dataclass with a `seed`: how each person is drawn.
    """
    fingerprint = hashlib.sha256(pack.read_bytes()).hexdigest()[:16] if pack.is_file() else ""
    origin = Origin(seed=config.seed, config=asdict(config), wardrobe=fingerprint)
    write_shards(out, count, functools.partial(maker, pack, config), origin, per_shard=per_shard)


def write_shards(
    out: Path,
    count: int,
    factory: Callable[[], Make],
    origin: Origin,
    *,
    per_shard: int = 8,
    workers: int = 1,
    progress: Progress | None = None,
) -> None:
    """Make `count` people and write them to the folder `out`, which is created where its parent exists.

    Args:
        factory: called once in each of the processes; what it returns makes person number i. It is sent to processes
            that are started afresh, so it has to be a function of a module, or a `functools.partial` of one.
        workers: how many processes; each computes with one thread.
        progress: told now and then; by default a bar on a terminal and plain lines elsewhere are printed.

    Raises:
        InputError: the folder holds people of another origin, of other shard sizes, or more people than asked for.
        KeyboardInterrupt: after Ctrl-C; every shard in the folder is then a whole one.
    """
    if count < 1 or per_shard < 1 or workers < 1:
        raise InputError(f"count {count}, per_shard {per_shard} and workers {workers} must all be at least 1")
    if not out.parent.is_dir():
        raise InputError(f"cannot write {out}: the folder {out.parent} does not exist; create it first")
    out.mkdir(exist_ok=True)
    shards = _valid_shards(out, count, origin, per_shard)
    missing = [first for first in range(0, count, per_shard) if first // per_shard not in shards]
    _write_manifest(out, shards, origin, per_shard)
    with contextlib.ExitStack() as stack:
        tell = progress or stack.enter_context(print_progress())
        tell(*_done(shards, count))
        tasks = [(out, first, min(first + per_shard, count), per_shard) for first in missing]
        for number, shard in _make_shards(tasks, factory, min(workers, max(len(tasks), 1))):
            shards[number] = shard
            _write_manifest(out, shards, origin, per_shard)
            tell(*_done(shards, count))


class Shards:
    """Reads what `write_shards` wrote; every look-up maps its file into memory anew, so it can be sent to processes."""

    def __init__(self, path: Path) -> None:
        """Read the manifest of the folder `path`.

        Raises:
            InputError: there is none, or it cannot be read.
        """
        self.path = path
        manifest = _read_manifest(path)
        if manifest is None:
            raise InputError(f"{path} has no {MANIFEST}; name a folder that write_shards wrote")
        self.origin, self.per_shard, shards = manifest
        self.shards = tuple(shards[number] for number in sorted(shards))
        self._shard_of = {person: shard for shard in self.shards for person in shard.persons}
        self.persons = tuple(sorted(self._shard_of))

    def __len__(self) -> int:
        return len(self.persons)

    def person(self, number: int) -> dict[str, Tensor]:
        """The tensors of one person, by the number it was made from (one of `persons`).

        Raises:
            IndexError: there is no such person.
            InputError: its shard is missing or broken.
        """
        if number not in self._shard_of:
            raise IndexError(f"{self.path} has no person {number}")
        name, prefix = self.path / self._shard_of[number].name, f"{number:06d}/"
        try:
            with safe_open(name, framework="pt") as file:
                return {
                    key.removeprefix(prefix): file.get_tensor(key)
                    for key in file.keys()
                    if key.startswith(prefix)  # noqa: SIM118
                }
        except (OSError, SafetensorError) as error:
            raise InputError(f"cannot read the shard {name} ({error}); write the people again") from error


@contextlib.contextmanager
def print_progress() -> Iterator[Progress]:
    """A bar on a terminal, a line every ten seconds and at the end elsewhere; both on standard error."""
    begun, last = time.monotonic(), -_LINE_SECONDS
    bar = tqdm(total=100, unit="%", disable=not sys.stderr.isatty())

    def tell(what: str, done: float) -> None:
        nonlocal last
        if sys.stderr.isatty():
            bar.set_description(what, refresh=False)
            bar.n = round(100 * done)
            bar.refresh()
        elif time.monotonic() - last >= _LINE_SECONDS or done == 1:
            last = time.monotonic()
            print(f"{what}, {last - begun:.0f} s", file=sys.stderr, flush=True)

    with bar:
        yield tell


_Task = tuple[Path, int, int, int]  # folder, first person, one after the last, persons per shard
_make: Make | None = None  # of a worker process, set once when it starts


def _make_shards(tasks: list[_Task], factory: Callable[[], Make], workers: int) -> Iterator[tuple[int, Shard]]:
    """Shards with their numbers, as worker processes finish them."""
    if not tasks:
        return
    before = set(multiprocessing.active_children())
    executor = ProcessPoolExecutor(
        workers, mp_context=multiprocessing.get_context("spawn"), initializer=_start_worker, initargs=(factory,)
    )
    try:
        for future in as_completed([executor.submit(_write_shard, task) for task in tasks]):
            yield future.result()
    except BrokenProcessPool as error:
        raise RuntimeError("a process that makes people died, perhaps for want of memory; use fewer workers") from error
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - before:
            process.terminate()  # raises SystemExit there, which clears away the shard it was writing
            process.join()


def _start_worker(factory: Callable[[], Make]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes at once; the first one tells the others
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    torch.set_num_threads(1)
    global _make  # noqa: PLW0603  (this process' own; there is no other way to hand it to the tasks)
    _make = factory()


def _write_shard(task: _Task) -> tuple[int, Shard]:
    try:
        return _make_shard(task)
    except SystemExit:  # told to stop: the executor would take it for a result and go on with the next task
        os._exit(1)


def _make_shard(task: _Task) -> tuple[int, Shard]:
    assert _make is not None
    out, first, end, per_shard = task
    tensors = {}
    for person in range(first, end):
        for name, tensor in _make(person).items():
            tensors[f"{person:06d}/{name}"] = tensor.detach().cpu().contiguous().clone()
    number = first // per_shard
    path = out / f"people-{number:05d}.safetensors"
    with whole_file(path) as temporary:
        save_file(tensors, temporary)
    return number, Shard(name=path.name, persons=tuple(range(first, end)), sha256=_digest(path))


def _valid_shards(out: Path, count: int, origin: Origin, per_shard: int) -> dict[int, Shard]:
    """The shards already in the folder that are what they should be."""
    manifest = _read_manifest(out)
    if manifest is None:
        return {}
    written_origin, size, shards = manifest
    if _to_json(written_origin) != _to_json(origin) or size != per_shard:
        written = {**_to_json(written_origin), "per_shard": size}
        requested = {**_to_json(origin), "per_shard": per_shard}
        changed = sorted(name for name in written if written[name] != requested[name])
        raise InputError(
            f"{out} holds people of another origin ({', '.join(changed)} differ); choose another folder, or remove it"
        )
    if max((shard.persons[-1] for shard in shards.values()), default=-1) >= count:
        raise InputError(f"{out} holds more than {count} people; ask for as many, or choose another folder")
    return {
        number: shard
        for number, shard in shards.items()
        if shard.persons == tuple(range(number * per_shard, min((number + 1) * per_shard, count)))
        and (out / shard.name).is_file()
        and _digest(out / shard.name) == shard.sha256
    }


def _read_manifest(out: Path) -> tuple[Origin, int, dict[int, Shard]] | None:
    """Origin, persons per shard, and shards by number; None where the folder has no manifest."""
    path = out / MANIFEST
    if not path.is_file():
        return None
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        version = manifest["format"]
        if version != FORMAT_VERSION:
            raise ValueError(f"its format is {version}, this program's is {FORMAT_VERSION}")
        shards = {
            int(shard["persons"][0]) // int(manifest["per_shard"]): Shard(
                name=Path(shard["name"]).name, persons=tuple(map(int, shard["persons"])), sha256=str(shard["sha256"])
            )
            for shard in manifest["shards"]
        }
        return Origin(**manifest["origin"]), int(manifest["per_shard"]), shards
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, ZeroDivisionError) as error:
        raise InputError(f"cannot read {path}: {error}; remove the folder and write the people again") from error


def _write_manifest(out: Path, shards: Mapping[int, Shard], origin: Origin, per_shard: int) -> None:
    manifest = {
        "format": FORMAT_VERSION,
        "origin": _to_json(origin),
        "per_shard": per_shard,
        "shards": [asdict(shards[number]) for number in sorted(shards)],
    }
    with whole_file(out / MANIFEST) as temporary:
        temporary.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def _to_json(origin: Origin) -> dict[str, Any]:
    """As it comes back from JSON: tuples are lists, keys are strings."""
    plain: dict[str, Any] = json.loads(
        json.dumps({"seed": origin.seed, "config": dict(origin.config), "wardrobe": origin.wardrobe})
    )
    return plain


def _done(shards: Mapping[int, Shard], count: int) -> tuple[str, float]:
    """What there is, as `Progress` takes it."""
    persons = sum(len(shard.persons) for shard in shards.values())
    return f"{persons} of {count} people", persons / count


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
