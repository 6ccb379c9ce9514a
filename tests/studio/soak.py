"""Hundreds of jobs in one run, with bad files, cancels and killed workers: none is lost, and memory stays flat.

`python -m tests.studio.soak [REAL] [OTHERS]`: so many photos that become doubles, and so many jobs that do not. What is
stopped or killed is a stand-in for a photo: it goes on until then.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.sample import SAMPLE
from tests.studio.conftest import Client, open_studio

WORKER = (sys.executable, str(Path(__file__).with_name("soak_worker.py")))
BAD = (b"bad", b"broken", b"Dear all", b"\xff\xd8\xff\xe0" + bytes(200), b"%PDF-1.7", b"\x89PNG\r\n\x1a\n" + bytes(50))
AT_ONCE = 10  # jobs that wait at a time
ENDED = ("done", "failed", "cancelled", "interrupted")
MEBIBYTE = 2**20
# How each kind of job ends: a file that cannot be used, one that is cancelled before or while it is made, and one whose
# worker is killed.
END_OF = {"real": "done", "bad": "failed", "dropped": "cancelled", "stopped": "cancelled", "killed": "failed"}
OTHERS = ("bad", "dropped", "stopped")
KILLED_EVERY = 20  # of the first quarter's others; from then on one worker does it all, whose memory tells


def main(real: int = 50, others: int = 450) -> None:
    """Run it and print what came of it; an assertion fails where a job was lost."""
    with tempfile.TemporaryDirectory() as temporary:
        client = open_studio(Path(temporary) / "studio", WORKER)
        try:
            run(client, real, others)
        finally:
            client.close()


def run(client: Client, real: int, others: int) -> None:
    """Send all jobs, a few at a time, and compare how each ended with how it should."""
    photo, started = SAMPLE.read_bytes(), time.monotonic()
    expected: dict[str, str] = {}
    doubles = 0
    for number, kind in enumerate(mixed(real, others)):
        content = {"real": photo, "bad": BAD[number % len(BAD)]}.get(kind, b"slow")
        job = client.add(content, f"{number}.jpg")
        expected[job["id"]] = END_OF[kind]
        if kind in ("stopped", "killed"):  # while it is being made
            client.wait(job["id"], "running", seconds=900)
        if kind == "killed":
            for process in workers():
                process.kill()
        elif kind in ("dropped", "stopped"):
            client.call("POST", f"/api/jobs/{job['id']}/cancel")
        while sum(each["state"] not in ENDED for each in client.state()["jobs"]) >= AT_ONCE:
            time.sleep(0.05)
        done = sum(each["state"] == "done" for each in client.state()["jobs"])
        if done > doubles:
            doubles = done
            print(f"{number + 1} jobs sent, {done} doubles: {memory()}", flush=True)
    for job_id in expected:
        client.wait(job_id, *ENDED, seconds=3600)
    ends = {each["id"]: each["state"] for each in client.state()["jobs"]}
    lost = [job_id for job_id, end in expected.items() if ends.get(job_id) != end]
    seconds, counts = time.monotonic() - started, dict(Counter(ends.values()))
    print(f"{len(expected)} jobs in {seconds:.0f} s: {counts}, {len(lost)} lost; {memory()}")
    assert not lost and len(client.state()["doubles"]) == real


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


def workers() -> list[psutil.Process]:
    """The process that computes; none just after it was killed."""
    return [each for each in psutil.Process().children() if _computes(each)]


def _computes(process: psutil.Process) -> bool:
    try:
        return "soak_worker" in " ".join(process.cmdline())
    except psutil.Error:  # it has just ended
        return False


def memory() -> str:
    """What both processes hold."""
    studio, *worker = (_resident(process) // MEBIBYTE for process in (psutil.Process(), *workers()))
    return f"studio {studio} MiB, worker {sum(worker)} MiB"


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
