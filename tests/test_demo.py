"""`bodydouble demo` does what `make demo` does, where there is no make."""

import io
from pathlib import Path

import pytest
import torch

from bodydouble import cli
from bodydouble.body.anny import AnnyBody
from bodydouble.double import Double
from bodydouble.metadata import Metadata
from bodydouble.values import BodyFit, Motion, Texture


@pytest.fixture
def photos(
    anny: AnnyBody, fit: BodyFit, texture: Texture, metadata: Metadata, monkeypatch: pytest.MonkeyPatch
) -> list[Path]:
    """Photos of which doubles were made. The double is always the same, its videos have two small frames."""
    asked: list[Path] = []
    double = Double(fit=fit, texture=texture, metadata=metadata, body=anny)
    still = Motion(
        joints=torch.zeros(2, len(anny.joint_names), 3),
        root_rotation=torch.zeros(2, 3),
        root_translation=torch.zeros(2, 3),
        frames_per_second=30,
    )

    def create(sources: list[Path], *_: object, **__: object) -> list[Double]:
        asked.extend(sources)
        return [double]

    monkeypatch.setattr("bodydouble.pipeline.create_samples", create)
    monkeypatch.setattr("bodydouble.double_file.body_model", lambda name: anny)
    monkeypatch.setattr("bodydouble.double.VIDEO_SIZE", (48, 32))
    monkeypatch.setattr("bodydouble.double.load_motion", lambda *_, **__: still)
    monkeypatch.setattr(Double.turntable, "__defaults__", (2, *Double.turntable.__defaults__[1:]))
    return asked


def test_a_double_and_all_that_comes_of_it(photos: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    folder = tmp_path / "new" / "demo"
    assert cli.main(["demo", "me.jpg", "-o", str(folder)]) == 0
    assert photos == [Path("me.jpg")]
    assert {path.name for path in folder.iterdir()} == {
        "demo.double",
        "turntable.mp4",
        "walk.mp4",
        "demo.glb",
        "demo.vrm",
    }
    assert capsys.readouterr().out.count("wrote ") == 5


def test_without_a_photo_the_drawn_one(photos: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["demo", "--quiet"]) == 0
    assert photos[0].is_file() and (tmp_path / "out" / "walk.mp4").is_file()


def test_a_folder_that_is_a_file(photos: list[Path], tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way", encoding="utf-8")
    assert cli.main(["demo", "me.jpg", "-o", str(tmp_path / "out")]) == 2
    assert photos == [] and (tmp_path / "out").read_text(encoding="utf-8") == "in the way"


def test_a_name_that_the_console_cannot_show(
    photos: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    console = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr("sys.stdout", console)
    assert cli.main(["demo", "me.jpg", "-o", str(tmp_path / "отец")]) == 0
    console.flush()
    assert console.buffer.getvalue().count(b"\\u043e") == 5
