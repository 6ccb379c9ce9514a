"""The command line says what it did, and its exit status says whose mistake it was."""

import functools
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from importlib.metadata import version

import pytest
from PIL import Image

import bodydouble
from bodydouble import cli
from bodydouble.dinar.networks import save_networks
from bodydouble.double import Double
from bodydouble.double_file import write_double
from tests.motion.walker import walker, write_bvh
from tests.sample import SAMPLE, quick
from tests.tiny import tiny_networks

COMMANDS = (
    "create",
    "digitize",
    "render",
    "turntable",
    "animate",
    "alive",
    "export",
    "studio",
    "info",
    "import-dinar",
    "doctor",
)


@pytest.fixture
def double_file(tmp_path, fit, texture, metadata):
    path = tmp_path / "a.double"
    write_double(path, fit, texture, (), metadata)
    return path


@pytest.fixture(autouse=True)
def one_body(monkeypatch, anny):
    """The body model is built once, not in every command."""
    monkeypatch.setattr("bodydouble.double_file.body_model", lambda name: anny)
    monkeypatch.setattr("bodydouble.double.VIDEO_SIZE", (48, 32))


def run(*arguments):
    return cli.main([str(argument) for argument in arguments])


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_the_options_that_change_what_it_does(command, capsys):
    """All can be quiet; a device where something is computed, a seed where something is drawn at random."""
    assert run(command, "--help") == 0
    text = capsys.readouterr().out
    assert "--quiet" in text
    assert ("--device" in text) == (
        command in ("create", "digitize", "render", "turntable", "animate", "alive", "export")
    )
    assert ("--seed" in text) == (command in ("create", "digitize", "alive"))


def test_the_package_is_the_command_too():
    command = [sys.executable, "-m", "bodydouble", "--version"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert said.returncode == 0 and said.stdout == f"bodydouble {version('bodydouble')}\n", said.stderr


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
    output = capsys.readouterr()
    assert "figures.silhouette_iou" in output.out and "note: an earlier version made this double" in output.err
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


def test_how_a_motion_is_read_can_be_said(double_file, tmp_path, monkeypatch, capsys):
    path = write_bvh(tmp_path / "walk.bvh", walker(4))
    motions = []
    monkeypatch.setattr(Double, "animate", lambda self, motion, *_: motions.append(motion))
    for options in ([], ["--up", "z"], ["--no-foot-lock"]):
        assert run("animate", double_file, path, "-o", tmp_path / "a.gif", *options) == 0
    upright, lying, loose = motions
    assert abs(upright.root_rotation[0, 0]) < 0.1 and abs(lying.root_rotation[0, 0]) > 1.4
    assert len(loose) == len(upright)
    assert run("animate", double_file, path, "-o", tmp_path / "a.gif", "--up", "x") == 2
    assert "'x'" in capsys.readouterr().err


def test_a_motion_can_be_kept(double_file, tmp_path, capsys):
    options = ("-o", tmp_path / "a.gif", "--save-motion")
    assert run("animate", double_file, write_bvh(tmp_path / "walk.bvh", walker(4)), *options, tmp_path / "a.npz") == 0
    assert f"wrote {tmp_path / 'a.npz'}\n" in capsys.readouterr().out
    assert run("animate", double_file, tmp_path / "a.npz", "-o", tmp_path / "b.gif") == 0
    assert run("animate", double_file, "walk", *options, tmp_path / "a.bvh") == 2


def test_a_note_on_what_was_not_used(double_file, tmp_path, capsys):
    path = write_bvh(tmp_path / "duet.bvh", walker(4))
    hierarchy, rest = path.read_text().split("MOTION")
    *header, rows = rest.split("\n", 3)
    rows = "\n".join(f"{row} {row}" for row in rows.strip().split("\n"))
    path.write_text(hierarchy + hierarchy[9:].replace("Hips", "Partner") + "MOTION" + "\n".join([*header, rows]))
    assert run("export", double_file, "-o", tmp_path / "a.glb", "--motion", path) == 0
    assert "note: duet holds 2 people, 'Hips', 'Partner'; the first is taken" in capsys.readouterr().err
    assert run("export", double_file, "-o", tmp_path / "a.glb", "--motion", path, "--quiet") == 0
    assert capsys.readouterr() == ("", "")


def test_videos_and_export_go_through(double_file, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(Double.turntable, "__defaults__", (2, *Double.turntable.__defaults__[1:]))
    assert run("turntable", double_file, "-o", tmp_path / "turn") == 0
    assert run("animate", double_file, "wave", "-o", tmp_path / "wave.gif") == 0
    assert run("export", double_file, "-o", tmp_path / "a.glb") == 0
    assert run("export", double_file, "-o", tmp_path / "a.vrm", "--vrm", "0", "--author", "Ann") == 0
    assert run("export", double_file, "-o", tmp_path / "a.glb", "--for", "talkinghead") == 0
    assert run("export", double_file, "-o", tmp_path / "a.vrma", "--motion", "walk", "--in-place") == 0
    assert run("export", double_file, "-o", tmp_path / "a.glb", "--motion", tmp_path / "a.vrma", "--root-motion") == 0
    assert run("export", double_file, "-o", tmp_path / "b.glb", "--texture-size", "128") == 0
    assert (tmp_path / "b.glb").stat().st_size < (tmp_path / "a.glb").stat().st_size
    assert run("export", double_file, "-o", tmp_path / "a.vrma") == 2
    assert run("export", double_file, "-o", tmp_path / "a.glb", "--for", "maya") == 2
    assert {path.name for path in tmp_path.iterdir()} == {
        "a.double",
        "turn",
        "wave.gif",
        "a.glb",
        "a.vrm",
        "a.vrma",
        "b.glb",
    }
    assert "rendering\n" in capsys.readouterr().err, "plain lines where there is no terminal"


@pytest.fixture
def few_steps(monkeypatch, anny):
    """`create` with fewer steps, and one body for all."""
    monkeypatch.setattr("bodydouble.create_config.CreateConfig", quick)
    monkeypatch.setattr("bodydouble.pipeline.body_model", lambda name: anny)


def test_create_writes_as_many_doubles_as_were_asked_for(few_steps, tmp_path, capsys):
    """By the inpainter's earlier name, which is said to go."""
    output = tmp_path / "me.double"
    assert run("create", SAMPLE, "-o", output, "--inpainter", "latent", "--samples", "2", "--seed", "4") == 0
    told = capsys.readouterr()
    assert told.out == f"wrote {tmp_path / 'me-1.double'}\nwrote {tmp_path / 'me-2.double'}\n"
    assert "note: the inpainter latent is now called exemplar" in told.err
    assert "fitting: torso\n" in told.err, "plain lines where there is no terminal"
    seeds = [bodydouble.load(path).metadata.seed for path in sorted(tmp_path.iterdir())]
    assert seeds == [4, 5]


def test_create_with_networks_of_one_s_own_and_pictures_with_them(few_steps, tmp_path, capsys):
    save_networks(tiny_networks(), tmp_path / "tiny.safetensors")
    output, weights = tmp_path / "me.double", ("--weights", tmp_path / "tiny.safetensors")
    assert run("create", SAMPLE, "-o", output, *weights, "--quiet") == 0
    assert "".join(capsys.readouterr()) == ""
    assert set(bodydouble.load(output).metadata.weights) == {"tiny.safetensors"}
    picture = ("render", output, "-o", tmp_path / "a.png", "--size", "64,96")
    assert run(*picture) == 2
    assert "painted with tiny.safetensors" in capsys.readouterr().err and not (tmp_path / "a.png").exists()
    assert run(*picture, *weights) == 0 and run(*picture, "--weights", "none") == 0
    assert Image.open(tmp_path / "a.png").size == (64, 96)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--inpainter", "symmetry", "--samples", "2"), "one completion; for 2 use --inpainter exemplar"),
        (("--inpainter", "symmetry", "--weights", "lite"), "takes no weights"),
        (("--inpainter", "exemplar", "--weights", "lite"), "they are for --inpainter dinar"),
        (("--inpainter", "oil"), "known: dinar, exemplar, learned, symmetry"),
        (("--weights", "nowhere.safetensors"), "no such file"),
        (("--samples", "0"), "0 samples"),
        (("--texture-size", "huge"), "expected auto or a whole number of texels, got 'huge'"),
        (("--texture-size", "5000"), "choose 64 to 4096"),
    ],
)
def test_what_cannot_be_made_is_said_before_the_work(arguments, told, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("bodydouble.pipeline.read_sources", lambda *_, **__: pytest.fail("begun for nothing"))
    assert run("create", SAMPLE, "-o", tmp_path / "me.double", *arguments) == 2
    assert told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


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
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_leaves_nothing_half_written(double_file, tmp_path, number):
    """Ctrl-C, `kill`, or a closed terminal, while frames are written."""
    output = tmp_path / "turn"
    command = [sys.executable, "-m", "bodydouble", "turntable", str(double_file), "-o", str(output)]
    heard = functools.partial(signal.signal, number, signal.SIG_DFL)  # also where all of this runs under nohup
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=heard)
    deadline = time.monotonic() + 120
    # Not before the first frame: numba, as it is imported, catches whatever is raised, an interrupt as well.
    while not list(tmp_path.glob(".turn.*/*")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    assert "interrupted; nothing half done stays behind" in process.communicate(timeout=60)[1]
    assert process.returncode == 128 + number
    assert [path.name for path in tmp_path.iterdir()] == ["a.double"]


def spoken(*arguments, encoding: str = "utf-8") -> tuple[int, str]:
    """Run a command on a terminal of that encoding; its status, and what it said."""
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-m", "bodydouble", *map(os.fsencode, arguments)]
    ended = subprocess.run(command, capture_output=True, env=environment, timeout=300)
    return ended.returncode, (ended.stdout + ended.stderr).decode(encoding)


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_names_that_the_terminal_lacks_are_shown_escaped(double_file, tmp_path, fit, texture, metadata, encoding):
    write_double(tmp_path / "照片.double", fit, texture, (), replace(metadata, photo_name="照片.jpg"))
    status, said = spoken("info", tmp_path / "照片.double", encoding=encoding)
    assert status == 0 and r"\u7167\u7247.jpg" in said
    status, said = spoken("export", double_file, "-o", tmp_path / "照片.glb", encoding=encoding)
    assert status == 0 and r"\u7167\u7247.glb" in said and (tmp_path / "照片.glb").exists()
    status, said = spoken("info", tmp_path / "无.double", encoding=encoding)
    assert status == 2 and r"\u65e0.double does not exist" in said and "Traceback" not in said


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' file names are Unicode")
def test_paths_that_are_not_utf_8(double_file, tmp_path):
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    double = folder / os.fsdecode(b"\xff.double")
    double.write_bytes(double_file.read_bytes())
    assert spoken("info", double)[0] == 0
    for command, name in (("export", b"\xff.glb"), ("render", b"\xff.png")):
        output = folder / os.fsdecode(name)
        status, said = spoken(command, double, "-o", output)
        assert status == 0 and r"caf\xe9/\xff" in said and output.stat().st_size > 0
    assert not list(folder.glob(".*"))


def test_control_characters_do_nothing_to_the_terminal(tmp_path, fit, texture, metadata, capsys):
    write_double(tmp_path / "a.double", fit, texture, (), replace(metadata, photo_name="a\x1b[31m\nb.jpg"))
    assert run("info", tmp_path / "a.double") == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said and r"a\x1b[31m\nb.jpg" in said
