"""What a run refuses, in one sentence, before the work; stand-ins provoke the faults."""

import sys
import types

import numpy as np
import pytest
import torch

from bodydouble import pipeline
from bodydouble.errors import InputError, NoPersonFound
from bodydouble.person.photo import read_photo
from bodydouble.person.sources import InputImage, find_persons
from bodydouble.pipeline import create, create_samples
from bodydouble.values import Person
from tests.sample import quick

GREY = np.full((120, 90, 3), 200, np.uint8)


class BlindDetector:
    def __call__(self, photo, box=None):
        raise NoPersonFound(f"{photo.name} shows nobody")


class BlindAfter:
    """Sees the first photos, and nobody in those that follow."""

    def __init__(self, seeing):
        self.seeing, self.calls = seeing, 0

    def __call__(self, photo, box=None):
        self.calls += 1
        if self.calls > self.seeing:
            raise NoPersonFound("nobody")
        landmarks = torch.zeros(543, 3)
        return Person(mask=torch.ones(photo.size), landmarks=landmarks, landmarks_world=landmarks)


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """This file under its own name, so that parts can be named as module:attribute."""
    module = types.ModuleType(__name__)
    module.__dict__.update(globals())
    monkeypatch.setitem(sys.modules, __name__, module)


def test_a_frame_that_shows_nobody_is_left_out_and_a_photo_is_not():
    """Frames are chosen by small copies of them; at full size the detector may say otherwise."""
    shown = [InputImage(photo=read_photo(GREY), needed=number == 0) for number in range(3)]
    blind, told = BlindAfter(1), []
    photos, persons = find_persons(shown, blind, lambda what, done: told.append(done))
    assert len(photos) == len(persons) == 1 and blind.calls == 3
    assert told == pytest.approx([0, 1 / 3, 2 / 3])
    with pytest.raises(NoPersonFound):
        find_persons(shown, BlindAfter(0))


@pytest.mark.parametrize("detector", [f"{__name__}:BlindDetector", "mediapipe"])
def test_nobody_ends_it_before_the_body_is_built(detector, monkeypatch):
    monkeypatch.setattr(pipeline, "body_model", lambda name: pytest.fail("built for nothing"))
    with pytest.raises(NoPersonFound):
        create(GREY, config=quick(detector=detector))


def test_a_broken_video_is_refused_before_the_body_is_built(tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "body_model", lambda name: pytest.fail("built for nothing"))
    (tmp_path / "turn.mp4").write_bytes(b"no video")
    with pytest.raises(InputError, match="turn.mp4 is not a video"):
        create(tmp_path / "turn.mp4", config=quick())


@pytest.mark.parametrize(("photos", "told"), [([], "no photo"), ([GREY] * 17, "17 photos are too many")])
def test_too_few_and_too_many_photos_are_refused(photos, told):
    with pytest.raises(InputError, match=told):
        create(photos, config=quick(detector=f"{__name__}:BlindDetector"))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"blend": "mix"}, "unknown blend"),
        ({"texture_size": 9000}, "9000 texels a side.*64 to 4096"),
        ({"frames": 0}, "0 frames"),
        ({"frames": 17}, "17 frames"),
        ({"inpainter": "magic"}, "unknown inpainter 'magic'; known: dinar, exemplar, learned, symmetry"),
        ({"even_light": True, "inpainter": "dinar"}, "dinar cannot even light"),
        ({"weights": "nowhere.safetensors"}, "no such file"),
        ({"weights": "lite", "inpainter": "exemplar"}, "holds networks of the preset lite"),
        ({"weights": "exemplar", "inpainter": "dinar"}, "holds the network of --inpainter exemplar"),
        ({"weights": "exemplar", "inpainter": "symmetry"}, "takes no weights"),
    ],
)
def test_wrong_settings_are_refused_before_the_work(wrong, told):
    with pytest.raises(InputError, match=told):
        create(GREY, config=quick(detector=f"{__name__}:BlindDetector", **wrong))


@pytest.mark.parametrize(("count", "told"), [(0, "0 samples"), (65, "65 samples"), (2, "symmetry has one completion")])
def test_samples_that_cannot_be_made_are_refused_before_the_work(count, told):
    with pytest.raises(InputError, match=told):
        create_samples(GREY, count, config=quick(detector=f"{__name__}:BlindDetector", inpainter="symmetry"))
