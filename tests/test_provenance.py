"""Whatever leaves the program says that it is synthetic, what made it, of what, and what was made up."""

from dataclasses import replace
from importlib.metadata import version

import av
import pygltflib as gl
import pytest
from PIL import ExifTags, Image

from bodydouble import cli
from bodydouble.double import Double
from bodydouble.metadata import Coverage, describe_provenance

MADE_UP = ("hair behind", "back of the shirt")
NOTE = describe_provenance(Coverage(seen_fraction=0.25, made_up=MADE_UP))


@pytest.fixture
def double(fit, texture, metadata, anny, monkeypatch):
    monkeypatch.setattr("bodydouble.double.VIDEO_SIZE", (48, 32))
    coverage = Coverage(seen_fraction=0.25, made_up=MADE_UP)
    return Double(fit=fit, texture=texture, metadata=replace(metadata, coverage=coverage), body=anny)


def test_the_note_says_what_is_to_be_known():
    assert NOTE.startswith(f"Synthetic: made by Bodydouble {version('bodydouble')}, made from a photograph of a person")
    assert NOTE.endswith("25 % of the surface was seen; made up: hair behind, back of the shirt")


def test_a_picture(double, tmp_path, anny, monkeypatch):
    monkeypatch.setattr("bodydouble.double_file.body_model", lambda name: anny)
    double.save(tmp_path / "a.double")
    assert cli.main(["render", str(tmp_path / "a.double"), "-o", str(tmp_path / "a.png"), "--size", "32,48"]) == 0
    assert Image.open(tmp_path / "a.png").text["Description"] == NOTE


@pytest.mark.parametrize("name", ["a.mp4", "a.gif", "a.webp", "frames"])
def test_a_video(double, tmp_path, name):
    double.turntable(tmp_path / name, frames=2)
    if name == "a.mp4":
        with av.open(str(tmp_path / name)) as container:
            assert container.metadata["comment"] == NOTE
    elif name == "a.gif":
        assert Image.open(tmp_path / name).info["comment"].decode() == NOTE
    elif name == "a.webp":
        assert Image.open(tmp_path / name).getexif()[ExifTags.Base.ImageDescription] == NOTE
    else:
        assert {Image.open(path).text["Description"] for path in (tmp_path / name).iterdir()} == {NOTE}


@pytest.mark.parametrize("name", ["a.glb", "a.vrm"])
def test_a_model(double, tmp_path, name):
    double.export(tmp_path / name)
    extras = gl.GLTF2.load_binary(tmp_path / name).asset.extras
    assert extras["made_by"] == f"Bodydouble {version('bodydouble')}" and extras["synthetic"] is True
    assert extras["seen_fraction"] == 0.25 and extras["made_up"] == list(MADE_UP)
    assert extras["digital_source_type"].endswith("/compositeSynthetic")
