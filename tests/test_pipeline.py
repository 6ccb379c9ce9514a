"""The order of the stages, what they hand on, and what the double then says of its making. The stages are stand-ins."""

import sys
import types
from dataclasses import replace

import numpy as np
import pytest
import torch

from bodydouble import pipeline
from bodydouble.errors import InputError, NoPersonFound
from bodydouble.pipeline import CreateConfig, create
from bodydouble.texture.several import Gathered
from bodydouble.values import LANDMARK_COUNT, Person

PHOTO = np.full((120, 90, 3), 200, np.uint8)
BOXES, KNOWN, GATHERED = [], [], []


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
    def fit_body(person, photo, body, config, progress=None, known=None):
        KNOWN.append(known)
        if progress:
            progress("fitting: torso", 0.5)
        return fit

    monkeypatch.setattr(pipeline, "fit_body", fit_body)

    def gather_all(sightings, body, size):
        GATHERED.append(len(sightings))
        return Gathered(merged=texture, owner=torch.zeros(64, 64, dtype=torch.long))

    monkeypatch.setattr(pipeline, "clothe", lambda fit, person, body, config, progress=None: fit)
    monkeypatch.setattr(pipeline, "gather_all", gather_all)
    monkeypatch.setattr(pipeline, "finish_all", lambda whole, gathered, sightings, body, rounds: whole)
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


def test_further_photos_are_fitted_with_the_first_one_s_shape(config, fit):
    KNOWN.clear()
    create([PHOTO, PHOTO, PHOTO], config=replace(config, box=(1, 2, 30, 40)))
    assert KNOWN == [None, fit, fit] and GATHERED[-1] == 3
    assert BOXES[-3:] == [(1, 2, 30, 40), None, None], "a box is a place in the first photo"


@pytest.mark.parametrize(("photos", "told"), [([], "no photo"), ([PHOTO] * 17, "17 photos are too many")])
def test_too_few_and_too_many_photos_are_refused(config, photos, told):
    with pytest.raises(InputError, match=told):
        create(photos, config=config)
