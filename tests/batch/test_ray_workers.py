"""The same on a Ray cluster: bytes go there, doubles come back, and a process that is killed is replaced."""

import io
import os
import signal
import threading
import time
from pathlib import Path

import pytest
from PIL import Image

from bodydouble.batch import run
from bodydouble.batch.ray_workers import RayWorkers
from bodydouble.batch.run import create_many
from bodydouble.errors import InputError

ray = pytest.importorskip("ray", reason="Ray is an extra")


@pytest.fixture
def cluster(monkeypatch, tmp_path):
    """Two processes here that compute nothing: each notes its id; of `dying` the first try waits to be killed."""
    notes = tmp_path / "notes"
    notes.mkdir()
    picture = io.BytesIO()
    Image.new("RGBA", (576, 256)).save(picture, "PNG")
    pixels = picture.getvalue()

    def answer(name: str, content: bytes, settings: dict) -> tuple:  # inside, so that Ray carries it by value
        path = Path(notes, name)
        with path.open("a") as file:
            file.write(f"{os.getpid()}\n")
        while content == b"deadly" or (content == b"dying" and len(path.read_text().split()) == 1):
            time.sleep(0.05)
        if content == b"bad":
            return f"{name} shows nobody", 1.0, None
        return "", 2.0, (b"double of " + content, pixels, {"seen_fraction": 0.5})

    def workers(address: str, count: int | None) -> RayWorkers:
        return RayWorkers(address, count, answer)

    monkeypatch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    monkeypatch.setattr(run, "_ray_workers", workers)
    yield notes
    ray.shutdown()


def kill_each(path: Path, times: int) -> None:
    """Kill the process that has begun a photo, and that which begins it next."""
    end, killed = time.monotonic() + 120, 0
    while killed < times and time.monotonic() < end:
        identities = path.read_text().split() if path.exists() else []
        if len(identities) > killed:
            os.kill(int(identities[-1]), signal.SIGKILL)
            killed = len(identities)
        time.sleep(0.05)


def test_a_killed_process_is_replaced_and_its_photo_tried_once_more(cluster, tmp_path):
    folder, out = tmp_path / "photos", tmp_path / "doubles"
    folder.mkdir()
    for name, content in {"a": b"dying", "b": b"fine", "c": b"bad", "d": b"deadly", "e": b"fine"}.items():
        (folder / f"{name}.jpg").write_bytes(content)
    killers = [
        threading.Thread(target=kill_each, args=(cluster / f"{name}.jpg", times))
        for name, times in (("a", 1), ("d", 2))
    ]
    for killer in killers:
        killer.start()
    records = create_many([folder], out, workers=2, ray="local")
    for killer in killers:
        killer.join()
    assert [str(record.state) for record in records] == ["done", "done", "failed", "failed", "done"]
    assert records[2].error == "c.jpg shows nobody" and "ended by itself, twice" in records[3].error
    assert (out / "a.double").read_bytes() == b"double of dying" and records[0].seconds == 2.0
    assert len((cluster / "a.jpg").read_text().split()) == 2 and len((cluster / "b.jpg").read_text().split()) == 1
    create_many([folder / "a.jpg"], out, workers=2, ray="local")
    assert len((cluster / "a.jpg").read_text().split()) == 2, "what is done is not done again"


def test_no_cluster_at_that_address(tmp_path):
    with pytest.raises(InputError, match="no cluster answers there"):
        RayWorkers("127.0.0.1:1")
