"""What cannot be digitised is told in one sentence, with status 2, and nothing stays behind."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import trimesh
from PIL import Image
from safetensors.torch import save_file

from bodydouble import cli
from bodydouble.digitize import exemplar, run
from bodydouble.digitize.figure import Sitter, shape_figure
from bodydouble.errors import InputError
from tests.digitize.conftest import COARSE
from tests.sample import SAMPLE

BOX = trimesh.creation.box()
NAN = b"v 0 0 0\nv nan 0 0\nv 0 1 1\nv 1 1 1\nf 1 2 3\nf 2 3 4\n"
MESHES = {  # file: its bytes, and what is said
    "noise.obj": (bytes(range(256)), "cannot be read|no faces"),
    "letter.txt": (b"Dear all", "no mesh that can be read"),
    "points.obj": (b"v 0 0 0\nv 1 0 0\nv 0 1 1\n", "cannot be read|no faces"),
    "nan.obj": (NAN, "not finite"),
    "nowhere.obj": (None, "does not exist"),
    "huge.obj": (BOX.export(file_type="obj").encode(), "simplify it"),
}


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    (tmp_path / "inputs").mkdir()
    (tmp_path / "outputs").mkdir()
    Image.new("RGB", (300, 400), "white").save(tmp_path / "inputs" / "white.png")
    return tmp_path / "inputs"


def refused(capsys, inputs: Path, *arguments: object) -> str:
    """The one sentence."""
    outputs = inputs.parent / "outputs"
    words = ["digitize", *map(str, arguments), "-o", str(outputs / "me.glb"), "--quiet"]
    assert cli.main(words) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("bodydouble: ") and said.err.count("\n") == 1, said.err
    assert list(outputs.iterdir()) == []
    return said.err


@pytest.mark.parametrize("name", MESHES)
def test_a_mesh_that_is_none(name, inputs, capsys, monkeypatch):
    content, sentence = MESHES[name]
    if content is not None:
        (inputs / name).write_bytes(content)
    if name == "huge.obj":
        monkeypatch.setattr("bodydouble.digitize.user_mesh._MOST_FACES", 10)
    said = refused(capsys, inputs, SAMPLE, "--mesh", inputs / name)
    assert any(words in said for words in sentence.split("|")) and name in said


def test_a_mesh_of_another_person(inputs, sitter: Sitter, capsys, monkeypatch):
    BOX.export(inputs / "box.obj")
    monkeypatch.setattr(run, "sit", lambda *_: sitter)
    assert "is not the person's in this pose" in refused(capsys, inputs, SAMPLE, "--mesh", inputs / "box.obj")


def test_weights_that_are_missing_or_wrong(inputs, capsys):
    diffusion = ("--painter", "stable-diffusion")
    assert "name their folder" in refused(capsys, inputs, SAMPLE, *diffusion)
    assert "does not exist" in refused(capsys, inputs, SAMPLE, *diffusion, "--weights-dir", inputs / "nowhere")
    assert "lacks stable-diffusion" in refused(capsys, inputs, SAMPLE, *diffusion, "--weights-dir", inputs)
    assert "--weights-dir" in refused(capsys, inputs, SAMPLE, *diffusion, "--download")
    assert "needs no weights" in refused(capsys, inputs, SAMPLE, "--weights-dir", inputs)
    for painter in ("exemplar", "bodydouble.digitize.exemplar:ExemplarPainter"):
        assert "--download is for" in refused(capsys, inputs, SAMPLE, "--download", "--painter", painter)
    assert "do not exist" in refused(capsys, inputs, SAMPLE, "--lpips", inputs / "nowhere.safetensors")
    assert "no safetensors file" in refused(capsys, inputs, SAMPLE, "--lpips", inputs / "white.png")
    save_file({"net.slice1.0.weight": torch.zeros(2)}, inputs / "other.safetensors")
    assert "lack net.slice1.0.weight of 64×3×11×11" in refused(
        capsys, inputs, SAMPLE, "--lpips", inputs / "other.safetensors"
    )


@pytest.mark.parametrize("option", [("--box", "1,2,30,40"), ("--person", "1")])
def test_nobody_is_picked_from_a_double(option, inputs, capsys, monkeypatch):
    monkeypatch.setattr("bodydouble.double.Double.load", lambda _: object())
    assert "one person already" in refused(capsys, inputs, inputs / "me.double", *option)


def test_a_back_photo_without_a_person(inputs, capsys):
    assert "white.png" in refused(capsys, inputs, SAMPLE, "--back", inputs / "white.png")


def test_what_fails_midway_leaves_no_work_folder(inputs, sitter: Sitter, capsys, monkeypatch):
    double = replace(sitter.double, attached=())
    double.save(inputs / "me.double")
    monkeypatch.setattr("bodydouble.double_file.body_model", lambda name: double.body)

    def paint(*_: object) -> None:
        assert list((inputs.parent / "outputs").iterdir()), "there is one by now"
        raise InputError("the paint is dry")

    monkeypatch.setattr(exemplar.ExemplarPainter, "__call__", paint)
    monkeypatch.setattr(run, "shape_figure", lambda sitter, config, laid: shape_figure(sitter, COARSE, laid))
    assert "the paint is dry" in refused(capsys, inputs, inputs / "me.double")
