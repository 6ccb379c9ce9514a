"""Photos of which a worker that computes nothing makes doubles."""

import sys
from functools import partial
from pathlib import Path

import pytest

from bodydouble.batch import local_workers, run

FAKE = (sys.executable, str(Path(__file__).parent / "fake_worker.py"))


@pytest.fixture
def fake_workers(monkeypatch):
    """What is ordered is carried out by `fake_worker`."""
    monkeypatch.setattr(run, "LocalWorkers", partial(local_workers.LocalWorkers, command=FAKE))


@pytest.fixture
def photos(tmp_path, fake_workers):
    """A function that writes photos: their names and what happens to them."""
    folder = tmp_path / "photos"
    folder.mkdir()

    def write(**contents):
        for name, content in contents.items():
            (folder / f"{name}.jpg").write_text(content)
        return folder

    return write
