"""The numbered examples run as they stand, on the sample that ships: the whole way from a photo to a GLB."""

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import bodydouble
from bodydouble.surface.skeleton import body_surface
from tests import sample
from tests.sample import SAMPLE

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("examples")


@pytest.fixture(autouse=True)
def quick(monkeypatch, folder, anny):
    """In a folder of their own, with one body for all and small videos."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr("bodydouble.double.VIDEO_SIZE", (96, 72))
    for module in ("double_file", "pipeline"):
        monkeypatch.setattr(f"bodydouble.{module}.body_model", lambda name: anny)


def run(monkeypatch, name: str, argument: str | Path) -> None:
    monkeypatch.setattr(sys, "argv", [name, str(argument)])
    runpy.run_path(str(EXAMPLES / name), run_name="__main__")


def test_create(monkeypatch, folder):
    monkeypatch.setattr("bodydouble.pipeline.CreateConfig", sample.quick)
    run(monkeypatch, "01_create.py", SAMPLE)
    views = [np.asarray(Image.open(folder / f"me_{azimuth:03d}.png")) for azimuth in (0, 90, 180, 270)]
    assert all(view.shape == (1024, 768, 4) and view[..., 3].any() for view in views)
    assert (views[0] != views[2]).any()
    figures = bodydouble.load(folder / "me.double").metadata.figures
    assert figures.silhouette_iou > 0.88
    assert figures.silhouette_iou > figures.silhouette_iou_bare > 0.8
    assert figures.body_landmark_error < 0.03


def test_animate_what_was_created(monkeypatch, folder):
    run(monkeypatch, "02_animate.py", folder / "me.double")
    assert (folder / "walk.mp4").stat().st_size > 1000
    assert (folder / "walk.glb").read_bytes()[:4] == b"glTF"


def test_own_inpainter(monkeypatch, folder):
    """Named as the example names it, and asked for by the pipeline."""
    monkeypatch.setattr(bodydouble, "CreateConfig", sample.quick)
    run(monkeypatch, "03_own_inpainter.py", SAMPLE)
    picture = np.asarray(Image.open(folder / "mean_colour.png"))
    assert picture.shape == (1024, 768, 4) and picture[..., 3].any()


def test_own_inpainter_keeps_what_was_seen(texture, fit, anny):
    module = runpy.run_path(str(EXAMPLES / "03_own_inpainter.py"))
    (skin,) = module["MeanColour"](seed=3, device="cpu")((body_surface(fit, anny, texture),), [], anny)
    seen = texture.confidence > 0
    assert torch.equal(skin.texture.rgb[:, seen], texture.rgb[:, seen])
    assert skin.texture.rgb[:, ~seen].std(1).max() < 1e-6
    assert torch.equal(skin.texture.confidence, texture.confidence)
