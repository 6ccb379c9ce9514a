"""A run that was interrupted goes on from its last finished step, and gives the same mesh; of else nothing is taken."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch

import bodydouble
from bodydouble import cli
from bodydouble.digitize import exemplar, fuse, run
from bodydouble.digitize.figure import Sitter, shape_figure
from bodydouble.digitize.resume import figure_from_tensors, figure_to_tensors
from bodydouble.digitize.work_folder import WorkFolder, open_work_folder
from bodydouble.errors import InputError
from tests.digitize.conftest import COARSE

SHORT = replace(COARSE, steps=12)


@pytest.fixture(scope="module")
def double(sitter: Sitter):
    """What the command is given, without its skirt."""
    texture = replace(sitter.double.texture, confidence=torch.full((512, 512), 0.9))
    return replace(sitter.double, texture=texture, attached=())


@pytest.fixture(scope="module")
def uninterrupted(double) -> torch.Tensor:
    return bodydouble.digitize(double, config=SHORT).texture


def stop(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def interrupt_view(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the fourth view."""
    original, calls = exemplar.ExemplarPainter.__call__, []

    def paint(self, *arguments):
        calls.append(1)
        return stop() if len(calls) == 4 else original(self, *arguments)

    monkeypatch.setattr(exemplar.ExemplarPainter, "__call__", paint)


def interrupt_fusion(monkeypatch: pytest.MonkeyPatch) -> None:
    """After its tenth step, which is kept."""
    original, calls = fuse.random_crop, []

    def crop(*arguments):
        calls.append(1)
        return stop() if len(calls) == 12 else original(*arguments)

    monkeypatch.setattr(fuse, "random_crop", crop)


@pytest.mark.parametrize(
    ("interrupt", "last"), [(interrupt_view, "view-2.safetensors"), (interrupt_fusion, "fusion.safetensors")]
)
def test_it_goes_on_where_it_was(double, uninterrupted, tmp_path, monkeypatch, interrupt, last):
    work = WorkFolder(tmp_path / "me.glb.work", "stamp")
    with monkeypatch.context() as patch:
        interrupt(patch)
        with pytest.raises(KeyboardInterrupt):
            bodydouble.digitize(double, config=SHORT, work=work)
    assert (work.path / last).is_file()
    monkeypatch.setattr(run, "shape_figure", stop)  # what is finished is not made again
    again = bodydouble.digitize(double, config=SHORT, work=work)
    assert torch.equal(again.texture, uninterrupted)


def test_a_figure_comes_back_to_the_last_bit(sitter: Sitter):
    figure = shape_figure(sitter, COARSE)
    assert figure.surface.chains is not None and figure.swung is not None, "in a skirt"
    again = figure_from_tensors(figure_to_tensors(figure), sitter.double.body)
    assert again.surface.chains.names == figure.surface.chains.names and again.metadata == figure.metadata
    first, second = figure_to_tensors(figure), figure_to_tensors(again)
    assert first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)
    assert torch.equal(again.posed.vertices, figure.posed.vertices)


def test_steps_of_something_else_do_not_count(tmp_path):
    photo, output = tmp_path / "me.jpg", tmp_path / "me.glb"
    photo.write_bytes(b"one")
    work = open_work_folder(output, [photo], "options")
    work.write("figure", {"a": torch.ones(2)})
    assert open_work_folder(output, [photo], "options").read("figure")["a"].tolist() == [1, 1]
    assert open_work_folder(output, [photo], "others").read("figure") is None
    photo.write_bytes(b"two")
    assert open_work_folder(output, [photo], "options").read("figure") is None


def test_a_damaged_step_is_made_again(tmp_path):
    work = WorkFolder(tmp_path / "work", "stamp")
    work.write("view-0", {"rgb": torch.rand(3, 40, 40)})
    path = work.path / "view-0.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    assert work.read("view-0") is None and work.read("view-1") is None


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    folder = Path(tmp_path, "me.glb.work")
    folder.mkdir()
    (folder / "diary.txt").touch()
    with pytest.raises(InputError, match="something else is there"):
        open_work_folder(tmp_path / "me.glb", [], "")
    assert (folder / "diary.txt").exists()


def test_the_same_command_again_goes_on(double, tmp_path, monkeypatch):
    double.save(tmp_path / "me.double")
    monkeypatch.setattr("bodydouble.double_file.body_model", lambda name: double.body)
    monkeypatch.setattr("bodydouble.digitize.config.DigitizeConfig", partial(replace, SHORT))
    command = ["digitize", str(tmp_path / "me.double"), "-o", str(tmp_path / "me.glb"), "--quiet"]
    with monkeypatch.context() as patch:
        interrupt_view(patch)
        assert cli.main(command) == 130
    kept = sorted(path.name for path in (tmp_path / "me.glb.work").iterdir())
    assert kept == ["figure.safetensors", *(f"view-{number}.safetensors" for number in range(3))]
    assert not (tmp_path / "me.glb").exists()
    with monkeypatch.context() as patch:
        patch.setattr(run, "shape_figure", stop)
        assert cli.main(command) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["me.double", "me.glb"]
