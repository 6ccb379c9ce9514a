"""The command line says what it did, and its exit status says whose mistake it was."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from PIL import Image

from bodydouble import cli
from bodydouble.double import Double
from bodydouble.double_file import write_double

COMMANDS = ("create", "render", "turntable", "animate", "export", "info", "import-dinar", "doctor")


@pytest.fixture
def double_file(tmp_path, fit, texture, metadata):
    path = tmp_path / "a.double"
    write_double(path, fit, texture, metadata)
    return path


@pytest.fixture(autouse=True)
def one_body(monkeypatch, anny):
    """The body model is built once, not in every command."""
    monkeypatch.setattr("bodydouble.double.body_model", lambda name: anny)
    monkeypatch.setattr("bodydouble.double.VIDEO_SIZE", (48, 32))


def run(*arguments):
    return cli.main([str(argument) for argument in arguments])


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_the_common_options(command, capsys):
    assert run(command, "--help") == 0
    text = capsys.readouterr().out
    assert all(option in text for option in ("--device", "--seed", "--quiet"))


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fly"],
        ["render"],
        ["info", "a", "b"],
        ["render", "a", "--azimuth", "east"],
        ["create", "a.jpg", "-o", "a.double", "--blend", "mix"],
    ],
)
def test_bad_usage_is_the_callers_mistake(arguments, capsys):
    assert run(*arguments) == 2
    assert "Traceback" not in "".join(capsys.readouterr())


def test_doctor_finds_what_is_installed(capsys):
    assert run("doctor") == 0
    text = capsys.readouterr().out
    assert "ok       mediapipe 0.10.21" in text
    assert "missing" not in text


def test_info_as_a_table_and_as_json(double_file, capsys):
    assert run("info", double_file) == 0
    assert "figures.silhouette_iou" in capsys.readouterr().out
    assert run("info", double_file, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["seed"] == 0 and facts["photo_size"] == [120, 90] and facts["seconds"] == {"fit": 1.5}


def test_render(double_file, tmp_path, capsys):
    assert run("render", double_file, "-o", tmp_path / "a.png", "--azimuth", "180", "--size", "60,90") == 0
    assert capsys.readouterr().out == f"wrote {tmp_path / 'a.png'}\n"
    assert Image.open(tmp_path / "a.png").size == (60, 90)
    assert run("render", double_file, "-o", tmp_path / "b.png", "--view", "photo", "--quiet") == 0
    assert capsys.readouterr().out == ""
    assert Image.open(tmp_path / "b.png").size == (90, 120)


def test_videos_and_export_go_through(double_file, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(Double.turntable, "__defaults__", (2, *Double.turntable.__defaults__[1:]))
    assert run("turntable", double_file, "-o", tmp_path / "turn") == 0
    assert run("animate", double_file, "wave", "-o", tmp_path / "wave.gif") == 0
    assert run("export", double_file, "-o", tmp_path / "a.glb") == 0
    assert {path.name for path in tmp_path.iterdir()} == {"a.double", "turn", "wave.gif", "a.glb"}
    assert "rendering\n" in capsys.readouterr().err, "plain lines where there is no terminal"


def test_our_own_mistakes_have_status_1(double_file, tmp_path, monkeypatch, capsys):
    def broken(*_):
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(Double, "render", broken)
    assert run("render", double_file, "-o", tmp_path / "a.png") == 1
    assert "a mistake of ours" in capsys.readouterr().err
    assert not (tmp_path / "a.png").exists()


def test_cuda_where_there_is_none(double_file, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert run("render", double_file, "-o", tmp_path / "a.png", "--device", "cuda") == 2
    assert "use --device cpu" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_interrupted_leaves_nothing_half_written(double_file, tmp_path):
    """Ctrl-C while frames are written."""
    output = tmp_path / "turn"
    command = [sys.executable, "-m", "bodydouble.cli", "turntable", str(double_file), "-o", str(output)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob(".turn.*")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert [path.name for path in tmp_path.iterdir()] == ["a.double"]
