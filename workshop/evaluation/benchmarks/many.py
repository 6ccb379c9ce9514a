"""Many photos at once: seconds a photo, and memory, beside those of a warm pipeline that makes one after the other.

CPU seconds are printed beside seconds, since they hardly depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import torch
from PIL import Image, ImageOps

from bodydouble.batch.manifest import State
from bodydouble.batch.orders import find_photos
from bodydouble.batch.run import create_many
from bodydouble.pipeline import Pipeline
from workshop.evaluation.benchmarks.table import Table

_SAMPLE_S = 1.0  # between two looks at the workers' memory


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `Benchmark`."""
    parser.add_argument("folder", type=Path, help="photos, which are copied until there are enough")
    parser.add_argument("--count", type=int, default=100, help="photos to make doubles of")
    parser.add_argument("--single", type=int, default=4, help="of these, by the pipeline alone")
    parser.add_argument("--pixels", type=int, default=400, help="of a copy's longer side")
    parser.add_argument("--workers", type=int, default=2)


def run(options: argparse.Namespace) -> None:
    """See `Benchmark`."""
    table = Table({"photos": 0, "seconds": 1, "CPU s": 1, "s each": 1, "CPU s each": 1})
    with tempfile.TemporaryDirectory() as folder:
        copies = _copy_photos(options.folder, Path(folder, "photos"), options.count, options.pixels)
        single = _time_pipeline(copies[: options.single])
        table.add("a warm pipeline", options.single, *single, *(value / options.single for value in single))
        memory = _MemoryWatch()
        start, before = time.perf_counter(), _children_cpu_s()
        with memory:
            records = create_many([copies[0].parent], Path(folder, "doubles"), workers=options.workers)
        seconds, cpu = time.perf_counter() - start, _children_cpu_s() - before
        each = (seconds * options.workers / options.count, cpu / options.count)
        table.add(f"{options.workers} processes, start and report included", options.count, seconds, cpu, *each)
    failed = sum(record.state == State.failed for record in records)
    print(f"{failed} without a double; MiB of the largest process, by fifths of the time: {memory.fifths()}")


def _copy_photos(source: Path, folder: Path, count: int, pixels: int) -> list[Path]:
    """Reduced copies, as many as are asked for."""
    folder.mkdir()
    photos, copies = find_photos([source]), []
    for number in range(count):
        with Image.open(photos[number % len(photos)]) as image:
            picture = ImageOps.exif_transpose(image).convert("RGB")
            picture.thumbnail((pixels, pixels))
            copies.append(folder / f"{number:05d}.jpg")
            picture.save(copies[-1], quality=92)
    return copies


def _time_pipeline(photos: Sequence[Path]) -> tuple[float, float]:
    """Seconds and CPU seconds, one thread, when everything is loaded."""
    torch.set_num_threads(1)
    pipeline = Pipeline()
    pipeline.create(photos[0])
    start, before = time.perf_counter(), time.process_time()
    for photo in photos:
        pipeline.create(photo)
    return time.perf_counter() - start, time.process_time() - before


def _children_cpu_s() -> float:
    """CPU seconds of this process's children that have ended."""
    times = psutil.Process().cpu_times()
    return times.children_user + times.children_system


class _MemoryWatch:
    """Looks at the memory of this process's children while it is entered."""

    def __init__(self) -> None:
        self._mib: list[float] = []  # of the largest, at each look
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def fifths(self) -> list[int]:
        """The most in each fifth of the time."""
        step = max(1, len(self._mib) // 5)
        return [round(max(self._mib[first : first + step])) for first in range(0, step * 5, step) if self._mib[first:]]

    def _look(self) -> None:
        while not self._end.wait(_SAMPLE_S):
            sizes = []
            for child in psutil.Process().children():
                try:
                    sizes.append(child.memory_info().rss / 2**20)
                except psutil.Error:  # it has ended
                    continue
            self._mib.append(max(sizes, default=0.0))
