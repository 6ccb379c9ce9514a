"""The order of the stages, what they hand on, and what the double then says of its making. The stages are stand-ins."""

import sys
import types
from dataclasses import replace

import numpy as np
import pytest
import torch

from bodydouble import pipeline
from bodydouble.errors import NoPersonFound
from bodydouble.pipeline import CreateConfig, create
from bodydouble.values import LANDMARK_COUNT, Person

PHOTO = np.full((120, 90, 3), 200, np.uint8)
BOXES = []


class FakeDetector:
    def __call__(self, photo, box=None):
        BOXES.append(box)
        landmarks = torch.zeros(LANDMARK_COUNT, 3)
        mask = torch.ones(photo.size)
        return Person(mask=mask, landmarks=landmarks, landmarks_world=landmarks, warnings=("cut off at the knees",))


class BlindDetector:
    def __call__(self, photo, box=None):
        raise NoPersonFound(f"{photo.name} shows nobody")


class GreyInpainter:
    def __call__(self, partial, photo, fit, body):
        return replace(partial, rgb=torch.where(partial.seen > 0, partial.rgb, torch.rand(1)))


@pytest.fixture
def config(monkeypatch, fit, texture, anny):
    def fit_body(person, photo, body, config, progress):
        progress("fitting: torso", 0.5)
        return fit

    monkeypatch.setattr(pipeline, "fit_body", fit_body)
    monkeypatch.setattr(pipeline, "clothe", lambda fit, person, body, config, progress: fit)
    monkeypatch.setattr(pipeline, "gather_texture", lambda photo, person, fit, body, size: texture)
    monkeypatch.setattr(pipeline, "fill_rim", lambda whole, photo, person, fit, body: whole)
    monkeypatch.setattr(pipeline, "refine_texture", lambda whole, photo, person, fit, body, rounds: whole)
    return CreateConfig(body=anny, detector=f"{__name__}:FakeDetector", inpainter=f"{__name__}:GreyInpainter")


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """This file under its own name, so that parts can be named as module:attribute."""
    module = types.ModuleType(__name__)
    module.__dict__.update(globals())
    monkeypatch.setitem(sys.modules, __name__, module)


def test_a_double_says_how_it_was_made(config, fit):
    double = create(PHOTO, config=replace(config, seed=3, box=(1, 2, 30, 40)))
    told = double.metadata
    assert double.fit is fit
    assert told.photo_size == (120, 90) and told.seed == 3 and told.body_model == "anny"
    assert told.warnings == ("cut off at the knees",)
    assert list(told.seconds) == ["photo", "person", "body model", "fit", "clothing", "texture", "inpaint", "refine"]
    assert told.figures.body_landmark_error is None, "no landmark was seen"
    assert told.versions["mediapipe"] == "0.10.21"
    assert BOXES[-1] == (1, 2, 30, 40)


def test_progress_only_grows_and_reaches_the_end(config):
    told = []
    create(PHOTO, config=config, progress=lambda what, done: told.append((what, done)))
    shares = [done for _, done in told]
    assert shares == sorted(shares)
    assert shares[0] == 0 and shares[-1] == pytest.approx(1)
    assert "fitting: torso" in [what for what, _ in told]


def test_same_seed_same_double(config):
    first, second, other = (create(PHOTO, config=replace(config, seed=seed)).texture.rgb for seed in (1, 1, 2))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_nobody_ends_it_before_the_body_is_built(config, monkeypatch):
    monkeypatch.setattr(pipeline, "body_model", lambda name: pytest.fail("built for nothing"))
    with pytest.raises(NoPersonFound):
        create(PHOTO, config=replace(config, body="anny", detector=f"{__name__}:BlindDetector"))
