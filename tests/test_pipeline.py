"""The order of the stages, what they hand on, and what the double then says of its making. The stages are stand-ins."""

import sys
import types
from dataclasses import replace

import numpy as np
import pytest
import torch

from bodydouble import pipeline
from bodydouble.errors import InputError, NoPersonFound
from bodydouble.person.photo import read_photo
from bodydouble.person.sources import InputImage, find_persons
from bodydouble.pipeline import CreateConfig, create
from bodydouble.texture.multi_view import MergedTexture
from bodydouble.values import LANDMARK_COUNT, Person, Texture
from tests.person.test_video import write_video

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


class BlindAfter:
    def __init__(self, seeing):
        self.seeing, self.calls = seeing, 0

    def __call__(self, photo, box=None):
        self.calls += 1
        if self.calls > self.seeing:
            raise NoPersonFound("nobody")
        return FakeDetector()(photo, box)


class GreyInpainter:
    def __call__(self, partial, photo, fit, body):
        return replace(partial, rgb=torch.where(partial.confidence > 0, partial.rgb, torch.rand(1)))


@pytest.fixture
def config(monkeypatch, fit, texture, anny):
    def fit_body(person, photo, body, config, progress=None, previous=None):
        KNOWN.append(previous)
        if progress:
            progress("fitting: torso", 0.5)
        return fit

    monkeypatch.setattr(pipeline, "fit_body", fit_body)

    def gather_all(sightings, body, size, merge):
        GATHERED.append(len(sightings))
        return MergedTexture(merged=texture, owner=torch.zeros(64, 64, dtype=torch.long))

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


def test_a_video_becomes_photos_and_the_double_says_which(config, tmp_path):
    path = write_video(tmp_path / "turn.mp4", [PHOTO] * 5)
    KNOWN.clear()
    told = []
    double = create([path, PHOTO], config=replace(config, box=(1, 2, 30, 40)), progress=lambda *one: told.append(one))
    assert double.metadata.photo_name == "turn.mp4 at 0.00 s"
    assert double.metadata.warnings[0].startswith("turn.mp4: took 1 of 5 frames: 0.0 s (front)")
    assert double.metadata.warnings[0] in [what for what, _ in told]
    shares = [done for _, done in told]
    assert shares == sorted(shares)
    assert len(KNOWN) == 2 and BOXES[-2:] == [(1, 2, 30, 40), None]


def test_a_frame_that_shows_nobody_is_left_out_and_a_photo_is_not(config, tmp_path, monkeypatch):
    """Frames are chosen by small copies of them; at full size the detector may say otherwise."""
    shown = [InputImage(photo=read_photo(PHOTO), needed=number == 0) for number in range(3)]
    blind = BlindAfter(1)
    photos, persons = find_persons(shown, blind)
    assert len(photos) == len(persons) == 1 and blind.calls == 3
    with pytest.raises(NoPersonFound):
        find_persons(shown, BlindAfter(0))


def test_a_broken_video_is_refused_before_the_body_is_built(config, tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "body_model", lambda name: pytest.fail("built for nothing"))
    (tmp_path / "turn.mp4").write_bytes(b"no video")
    with pytest.raises(InputError, match="turn.mp4 is not a video"):
        create(tmp_path / "turn.mp4", config=replace(config, body="anny"))


@pytest.mark.parametrize(
    ("wrong", "told"), [({"blend": "mix"}, "unknown blend"), ({"frames": 0}, "0 frames"), ({"frames": 17}, "17 frames")]
)
def test_wrong_settings_are_refused_before_the_work(config, wrong, told):
    with pytest.raises(InputError, match=told):
        create(PHOTO, config=replace(config, **wrong))


@pytest.mark.parametrize("blend", ["softmax", "pyramid", "poisson"])
def test_every_blend_merges(config, monkeypatch, blend):
    used = []

    def gather_all(sightings, body, size, merge):
        textures = [Texture(rgb=torch.full((3, 64, 64), 0.5), confidence=torch.full((64, 64), 0.8))] * 2
        used.append(merge(textures))
        return MergedTexture(merged=used[-1], owner=torch.zeros(64, 64, dtype=torch.long))

    monkeypatch.setattr(pipeline, "gather_all", gather_all)
    create([PHOTO, PHOTO], config=replace(config, blend=blend))
    assert (used[0].rgb - 0.5).abs().max() < 0.01
