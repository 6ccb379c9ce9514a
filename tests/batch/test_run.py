"""Whatever happens to one photo, the others get their doubles, and the same command goes on where it stopped."""

import csv
import functools
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from PIL import Image

from bodydouble import cli
from bodydouble.batch.local_workers import default_count
from bodydouble.batch.run import create_many
from bodydouble.create_config import CreateConfig
from bodydouble.errors import InputError
from bodydouble.folder_lock import lock_folder
from tests.batch.conftest import FAKE

ROOT = Path(__file__).parents[2]


def states(records):
    return {Path(record.photo).stem: str(record.state) for record in records}


def tries(folder, name):
    path = folder / f"{name}.tries"
    return path.read_text().split() if path.exists() else []


def test_every_photo_is_written_down_and_those_that_fail_stop_no_other(photos, tmp_path):
    folder, told = photos(a="fine", b="bad", c="fine", d="deadly", e="fine"), []
    out = tmp_path / "doubles"
    records = create_many([folder], out, workers=2, progress=lambda *what: told.append(what))
    assert states(records) == {"a": "done", "b": "failed", "c": "done", "d": "failed", "e": "done"}
    assert records[1].error == "b.jpg shows nobody" and "ended by itself, twice" in records[3].error
    assert records[0].seen_fraction == 0.25 and records[0].bytes == 4 and len(records[0].sha256) == 64
    assert sorted(path.name for path in out.glob("*.double")) == ["a.double", "c.double", "e.double"]
    rows = list(csv.DictReader((out / "doubles.csv").open(encoding="utf-8", newline="")))
    assert [row["state"] for row in rows] == ["done", "failed", "done", "failed", "done"]
    assert rows[0]["notes"] == "of no concern" and rows[1]["error"] == "b.jpg shows nobody"
    assert Image.open(out / "sheet.png").size == (3 * 576, 2 * 276)
    assert told[0] == ("0 of 5", 0.0) and told[-1][1] == 1.0 and len({what for what, _ in told}) == 6
    assert [done for _, done in told] == sorted(done for _, done in told)


def test_a_worker_that_dies_is_replaced_and_its_photo_tried_once_more(photos, tmp_path):
    folder = photos(a="dying", b="deadly", c="fine")
    records = create_many([folder], tmp_path / "doubles", workers=1)
    assert states(records) == {"a": "done", "b": "failed", "c": "done"}
    assert [len(set(tries(folder, name))) for name in "abc"] == [2, 2, 1], "each try in a process of its own"


def test_the_same_again_makes_what_is_missing_alone(photos, tmp_path):
    folder, out = photos(a="fine", b="bad", c="fine", d="fine"), tmp_path / "doubles"
    create_many([folder], out, workers=1)
    (folder / "b.jpg").write_text("fine now")
    (folder / "c.jpg").write_text("another photo")
    (out / "d.double").unlink()
    assert set(states(create_many([folder], out, workers=1)).values()) == {"done"}
    assert [len(tries(folder, name)) for name in "abcd"] == [1, 2, 2, 2]
    create_many([folder], out, workers=1, config=CreateConfig(seed=3))
    assert [len(tries(folder, name)) for name in "abcd"] == [2, 3, 3, 3], "other options, other doubles"
    assert "'seed': 3" in (out / "a.double").read_text()
    create_many([folder], out, workers=1, config=CreateConfig(seed=3, device="cuda"))
    assert len(tries(folder, "a")) == 2, "where it is computed makes no other double"


def test_a_run_that_was_killed_is_gone_on_with(photos, tmp_path):
    folder, out = photos(a="fine", b="fine"), tmp_path / "doubles"
    create_many([folder], out, workers=1)
    manifest = out / "manifest.jsonl"
    lines = manifest.read_bytes().splitlines(keepends=True)
    manifest.write_bytes(lines[0] + lines[1][:40])  # killed while it wrote the second
    (out / f".{'0' * 16}.double").write_text("half")
    records = create_many([folder], out, workers=1)
    assert set(states(records).values()) == {"done"}
    assert sorted(len(tries(folder, name)) for name in "ab") == [1, 2]
    assert len([line for line in manifest.read_text().splitlines() if _is_json(line)]) == 2
    assert not list(out.glob(".*.double"))


def _is_json(line):
    try:
        return bool(json.loads(line))
    except ValueError:
        return False


def test_a_photo_that_vanishes_stops_no_other(photos, tmp_path):
    folder = photos(a="gone", b="fine")
    records = create_many([folder], tmp_path / "doubles", workers=1)
    assert states(records) == {"a": "failed", "b": "done"}
    assert records[0].error.startswith("a file cannot be used") and (records[0].bytes, records[0].sha256) == (0, "")
    create_many([folder], tmp_path / "doubles", workers=1)
    assert len(tries(folder, "b")) == 1


def test_as_many_workers_as_there_are_cores_and_memory_for(monkeypatch):
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    for free, expected in ((1e9, 1), (1e15, cores), (2.6e9, 1)):
        monkeypatch.setattr(psutil, "virtual_memory", lambda free=free: SimpleNamespace(available=int(free)))
        assert default_count() == expected


def test_two_runs_in_one_folder(photos, tmp_path):
    out = tmp_path / "doubles"
    out.mkdir()
    with lock_folder(out, "taken"), pytest.raises(InputError, match="another run works in"):
        create_many([photos(a="fine")], out)
    assert states(create_many([photos(a="fine")], out, workers=1)) == {"a": "done"}


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_whole_files_and_no_process(photos, tmp_path, number):
    folder, out = photos(a="fine", b="slow", c="slow", d="fine"), tmp_path / "doubles"
    program = textwrap.dedent(f"""
        import sys
        from functools import partial
        from bodydouble import cli
        from bodydouble.batch import local_workers, run
        run.LocalWorkers = partial(local_workers.LocalWorkers, command={FAKE!r})
        sys.exit(cli.main(["create", {str(folder)!r}, "--out-dir", {str(out)!r}, "--workers", "2"]))
    """)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    heard = functools.partial(signal.signal, number, signal.SIG_DFL)  # also where all of this runs under nohup
    command = [sys.executable, "-c", program]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True, preexec_fn=heard
    )
    end = time.monotonic() + 120
    begun = ("b", "c")
    while not (all(tries(folder, name) for name in begun) and (out / "manifest.jsonl").exists()):
        assert time.monotonic() < end
        time.sleep(0.05)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        process.send_signal(number)
    assert "nothing half done stays behind" in process.communicate(timeout=60)[1]
    assert process.returncode == 128 + number
    assert [path.name for path in out.iterdir() if path.name.endswith(".double")] == ["a.double"]
    assert len((out / "manifest.jsonl").read_text().splitlines()) == 1
    for identity in {*tries(folder, "b"), *tries(folder, "c")}:
        with pytest.raises(ProcessLookupError):
            os.kill(int(identity), 0)


def test_the_command_says_what_has_no_double_and_has_status_1(photos, tmp_path, capsys):
    folder, out = photos(a="fine", b="bad"), tmp_path / "doubles"
    assert cli.main(["create", str(folder), "--out-dir", str(out), "--workers", "1"]) == 1
    printed = capsys.readouterr()
    assert "b.jpg: b.jpg shows nobody\n1 of 2 photos have no double" in printed.err and "wrote" in printed.out
    (folder / "b.jpg").write_text("fine")
    command = ["create", str(folder / "a.jpg"), str(folder / "b.jpg"), "--out-dir", str(out), "--seed", "2", "-q"]
    assert cli.main(command) == 0
    assert capsys.readouterr().out == "" and "'seed': 2" in (out / "b.double").read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["PHOTOS"], "give either -o"),
        (["PHOTOS", "-o", "a.double", "--out-dir", "OUT"], "give either -o"),
        (["PHOTOS", "-o", "a.double", "--workers", "2"], "go with --out-dir"),
        (["PHOTOS", "--out-dir", "OUT", "--samples", "2"], "--samples is for one photo"),
        (["PHOTOS", "--out-dir", "OUT", "--box", "1,2,3,4"], "--box is for one photo"),
        (["PHOTOS", "--out-dir", "OUT", "--person", "1"], "--person is for one photo"),
        (["PHOTOS", "--out-dir", "OUT", "--body", "smplx"], "needs your own licensed model"),
        (["PHOTOS", "--out-dir", "OUT", "--workers", "0"], "give 1 or more"),
        (["PHOTOS", "--out-dir", "OUT", "--texture-size", "5"], "cannot be made"),
        (["PHOTOS", "--out-dir", "OUT/deeper"], "does not exist"),
        (["PHOTOS/a.jpg", "PHOTOS/none.jpg", "--out-dir", "OUT"], "no such file or folder"),
    ],
)
def test_what_cannot_be_done_is_said_before_the_work(photos, tmp_path, capsys, arguments, sentence):
    places = {"PHOTOS": str(photos(a="fine")), "OUT": str(tmp_path / "out")}
    for name, place in places.items():
        arguments = [argument.replace(name, place) for argument in arguments]
    assert cli.main(["create", *arguments]) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "out" / "manifest.jsonl").exists()
