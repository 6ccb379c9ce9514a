"""`bodydouble inspect`: what is written, and what is refused."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from bodydouble import cli
from bodydouble.inspection import NAMES, PALETTE
from bodydouble.parsing.labels import LABELS
from bodydouble.parsing.style import ATTRIBUTES
from bodydouble.values import BodyShape


def test_every_label_has_a_colour_of_its_own():
    assert len({tuple(colour) for colour in PALETTE}) == len(LABELS) == len(PALETTE)


def test_a_folder_of_something_else_is_left_alone(tmp_path, capsys):
    folder = tmp_path / "seen"
    folder.mkdir()
    (folder / "diary.txt").write_text("mine")
    assert cli.main(["inspect", "nobody.jpg", "-o", str(folder)]) == 2
    assert "something else is there" in capsys.readouterr().err
    assert [path.name for path in folder.iterdir()] == ["diary.txt"]


@pytest.mark.parametrize("photo", ["missing.jpg", "empty.png"])
def test_bad_photos_are_the_callers_mistake(tmp_path, capsys, photo):
    if photo == "empty.png":
        Image.new("RGB", (120, 160), (90, 90, 90)).save(tmp_path / photo)
    assert cli.main(["inspect", str(tmp_path / photo), "-o", str(tmp_path / "seen"), "--quiet"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "seen").exists()


def test_a_height_in_centimetres_is_the_callers_mistake(tmp_path, capsys):
    assert cli.main(["inspect", "nobody.jpg", "-o", str(tmp_path / "seen"), "--height", "183"]) == 2
    assert capsys.readouterr().err.endswith("183 centimetres are 1.83\n")


def test_a_photo_is_inspected(tmp_path, shared, anny):
    photo = shared / "photos" / "man_apose.jpg"
    folder = tmp_path / "seen"
    assert cli.main(["inspect", str(photo), "-o", str(folder), "--quiet", "--height", "1.9", "--weight", "0.3"]) == 0
    assert sorted(path.name for path in folder.iterdir()) == sorted(NAMES)
    size = Image.open(photo).size
    pictures = {name: Image.open(folder / name) for name in NAMES if name.endswith(".png")}
    assert {name: picture.size for name, picture in pictures.items() if name != "overview.png"} == dict.fromkeys(
        (
            "mask.png",
            "labels.png",
            "normals.png",
            "fit.png",
            "labels_back.png",
            "normals_back.png",
            "colour_back.png",
            "front_only.png",
        ),
        size,
    )
    assert tuple((folder / "labels.txt").read_text().split("\n")[:-1]) == LABELS
    labels, normals = np.asarray(pictures["labels.png"]), np.asarray(pictures["normals.png"])
    assert pictures["labels.png"].mode == "L" and labels.max() < len(LABELS)
    assert ((normals > 0).any(2) == (labels > 0)).mean() > 0.999
    far_labels, far_normals = np.asarray(pictures["labels_back.png"]), np.asarray(pictures["normals_back.png"])
    assert ((far_labels > 0) == (labels > 0)).mean() > 0.99 and (far_labels != labels).any()
    assert far_normals[labels > 0][:, 2].mean() > 170 > 90 > normals[labels > 0][:, 2].mean()  # away, and towards
    assert not np.asarray(pictures["colour_back.png"])[far_labels == 0].any()
    shape = json.loads((folder / "shape.json").read_text())
    fitted = BodyShape(coefficients=torch.tensor(shape["coefficients"]))
    assert len(shape["parser"]["mean"]) == len(shape["parser"]["deviation"]) == 6
    assert shape["body model"] == "anny" and fitted.coefficients[anny.shape_names.index("weight")] == pytest.approx(0.3)
    assert float(anny.rest(fitted).vertices[:, 1].max()) == pytest.approx(1.9, abs=0.015)
    style = json.loads((folder / "style.json").read_text())
    assert set(style) <= set(ATTRIBUTES) and "outer" in style
    assert all(sum(each.values()) == pytest.approx(1, abs=0.01) for each in style.values())
    drawn = np.abs(np.asarray(pictures["fit.png"]).astype(int) - np.asarray(Image.open(photo)).astype(int)).sum(2) > 30
    mask = np.asarray(pictures["mask.png"]) > 127
    assert (drawn & mask).sum() > 0.6 * drawn.sum()  # the body lies on the person
