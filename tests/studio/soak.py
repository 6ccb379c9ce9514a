"""Hundreds of jobs in one run, with bad files, cancels and killed workers: none is lost, and memory stays flat.

`python -m tests.studio.soak [REAL] [OTHERS] [--photos FOLDER]`: so many photos that become doubles, and so many jobs
that do not. With a folder, its photos become doubles as the studio makes them, and what is stopped or killed is such a
photo, too. Without, the doubles are quick ones of the drawn sample, and what is stopped or killed is a stand-in that
goes on until then.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import psutil

from bodydouble.studio.app import SAMPLE
from bodydouble.studio.worker import WORKER
from tests.studio.conftest import Client, open_studio

QUICK_WORKER = (sys.executable, str(Path(__file__).with_name("soak_worker.py")))
BAD = (b"bad", b"broken", b"Dear all", b"\xff\xd8\xff\xe0" + bytes(200), b"%PDF-1.7", b"\x89PNG\r\n\x1a\n" + bytes(50))
AT_ONCE = 10  # jobs that wait at a time
POLL_S = 0.5  # between two looks at the queue
PATIENCE_S = 3600  # for one job
ENDED = ("done", "failed", "cancelled", "interrupted")
MEBIBYTE = 2**20
Jobs = dict[str, dict[str, Any]]  # as the page gets them, by id
# How each kind of job ends: a file that cannot be used, one that is cancelled before or while it is made, and one whose
# worker is killed.
END_OF = {"real": "done", "bad": "failed", "dropped": "cancelled", "stopped": "cancelled", "killed": "failed"}
OTHERS = ("bad", "dropped", "stopped")
KILLED_EVERY = 20  # of the first quarter's others; from then on one worker does it all, whose memory tells


@dataclass(frozen=True)
class Load:
    """What a run sends."""

    worker: tuple[str, ...]  # the command of the process that computes
    photos: Sequence[Path]  # those that become doubles, over and over
    stand_in: bytes | None  # what is stopped or killed; None: one of the photos
    longest_s: float  # until that is stopped


def main() -> None:
    """Run it and print what came of it; an assertion fails where a job was lost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("real", nargs="?", type=int, default=50)
    parser.add_argument("others", nargs="?", type=int, default=450)
    parser.add_argument("--photos", type=Path)
    chosen = parser.parse_args()
    load = Load(QUICK_WORKER, [SAMPLE], b"slow", 0.0)
    if chosen.photos:
        load = Load(WORKER, sorted(chosen.photos.iterdir()), None, 3.0)
    with tempfile.TemporaryDirectory() as temporary:
        client = open_studio(Path(temporary) / "studio", load.worker)
        try:
            run(client, load, chosen.real, chosen.others)
        finally:
            client.close()


def run(client: Client, load: Load, real: int, others: int) -> None:
    """Send all jobs, a few at a time, and compare how each ended with how it should."""
    started, photos, chance = time.monotonic(), cycle(load.photos), random.Random(0)
    expected: dict[str, str] = {}
    doubles = 0
    for number, kind in enumerate(mixed(real, others)):
        content = content_of(kind, number, load, photos)
        job = client.add(content, f"{number}.jpg")
        expected[job["id"]] = END_OF[kind]
        if kind in ("stopped", "killed"):  # while it is being made
            wait(client, lambda jobs, job=job: jobs[job["id"]]["state"] == "running")
            time.sleep(chance.uniform(0, load.longest_s))
        if kind == "killed":
            for process in workers(load):
                process.kill()
        elif kind in ("dropped", "stopped"):
            client.call("POST", f"/api/jobs/{job['id']}/cancel")
        jobs = wait(client, lambda jobs: sum(each["state"] not in ENDED for each in jobs.values()) < AT_ONCE)
        done = sum(each["state"] == "done" for each in jobs.values())
        if done > doubles:
            doubles = done
            print(f"{time.monotonic() - started:.0f} s, {number + 1} sent, {done} doubles: {memory(load)}", flush=True)
    ends = wait(client, lambda jobs: all(each["state"] in ENDED for each in jobs.values()), (real + 1) * PATIENCE_S)
    wrong = [ends.get(job_id) for job_id, end in expected.items() if job_id not in ends or ends[job_id]["state"] != end]
    seconds, counts = time.monotonic() - started, dict(Counter(each["state"] for each in ends.values()))
    print(f"{len(expected)} jobs in {seconds:.0f} s: {counts}, {len(wrong)} wrong; {memory(load)}", *wrong, sep="\n")
    assert not wrong and len(client.state()["doubles"]) == real


def wait(client: Client, holds: Callable[[Jobs], bool], seconds: float = PATIENCE_S) -> Jobs:
    """All jobs by id, as soon as that holds of them."""
    end = time.monotonic() + seconds
    while not holds(jobs := {each["id"]: each for each in client.state()["jobs"]}):
        assert time.monotonic() < end, jobs
        time.sleep(POLL_S)
    return jobs


def content_of(kind: str, number: int, load: Load, photos: Iterator[Path]) -> bytes:
    """What is uploaded."""
    if kind == "bad":
        return BAD[number % len(BAD)]
    if kind == "real" or load.stand_in is None:
        return next(photos).read_bytes()
    return load.stand_in


def mixed(real: int, others: int) -> Iterator[str]:
    """What each job is, of `END_OF`; those that become doubles are spread evenly among the others."""
    count = 0
    for number in range(real + others):
        if (number + 1) * real // (real + others) > number * real // (real + others):
            yield "real"
            continue
        killed = number < (real + others) // 4 and count % KILLED_EVERY == KILLED_EVERY - 1
        yield "killed" if killed else OTHERS[count % len(OTHERS)]
        count += 1


def workers(load: Load) -> list[psutil.Process]:
    """The process that computes; none just after it was killed."""
    return [each for each in psutil.Process().children() if _runs(each, load.worker)]


def _runs(process: psutil.Process, command: Sequence[str]) -> bool:
    try:
        return process.cmdline()[1:] == list(command[1:])
    except psutil.Error:  # it has just ended
        return False


def memory(load: Load) -> str:
    """What both processes hold."""
    studio, *worker = (_resident(process) // MEBIBYTE for process in (psutil.Process(), *workers(load)))
    return f"studio {studio} MiB, worker {sum(worker)} MiB"


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


if __name__ == "__main__":
    main()
