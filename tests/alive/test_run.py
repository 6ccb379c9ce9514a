"""The sample comes alive: it starts as the photo, without a jump, and loops back to it."""

import threading

import numpy as np
import pytest
from PIL import Image

from bodydouble.alive import run
from bodydouble.alive.run import AliveConfig, animate_photo, begin_in_photo, draw_frames
from bodydouble.alive.scene import Scene, take_apart
from bodydouble.errors import Cancelled, InputError
from tests.sample import SAMPLE, quick


@pytest.fixture(scope="module")
def scene() -> Scene:
    return take_apart(SAMPLE, 200, quick())


@pytest.fixture(scope="module")
def walk(scene):
    """Of a walk that loops, 15 frames a second."""
    clip, detail = begin_in_photo(scene.double, "walk", AliveConfig(), loop=True)
    return list(draw_frames(scene, clip, detail, range(0, len(clip), 2)))


def change(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.abs(first.astype(np.float32) - second).mean())


def test_it_begins_as_the_photo(scene, walk):
    assert np.array_equal(walk[0], scene.photo)
    error = ((walk[1].astype(np.float32) - scene.photo)[scene.hole] ** 2).mean()
    assert 10 * np.log10(255**2 / error) > 30


def test_it_begins_without_a_jump_and_ends_where_it_began(walk):
    changes = [change(*pair) for pair in zip(walk, walk[1:], strict=False)]
    assert max(changes[:15]) < 1.5 * np.median(changes[15:])
    assert change(walk[0], walk[-1]) < 0.5
    assert change(walk[0], walk[len(walk) // 2]) > 2  # and it does move


def test_background_stays(scene, walk):
    for frame in (walk[10], walk[len(walk) // 2]):
        assert np.array_equal(frame[:40, :10], scene.photo[:40, :10])


def test_a_video_is_written_and_an_interrupted_one_is_not(scene, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "take_apart", lambda *_: scene)
    told = []
    animate_photo(SAMPLE, "wave", tmp_path / "a.webp", progress=lambda what, done: told.append(done))
    with Image.open(tmp_path / "a.webp") as image:
        assert 60 < image.n_frames < 90 and image.info["loop"] == 0 and image.size == scene.photo.shape[1::-1]
    assert told == sorted(told) and told[-1] == 1

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        animate_photo(SAMPLE, "wave", tmp_path / "b.mp4", progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["a.webp"]


@pytest.mark.parametrize(
    ("motion", "name", "config", "message"),
    [
        ("moonwalk", "a.mp4", {}, "unknown motion 'moonwalk'"),
        ("gone.bvh", "a.mp4", {}, "there is no motion file"),
        ("walk", "a.avi", {}, "ending in .mp4, .gif or .webp"),
        ("walk", "nowhere/a.gif", {}, "does not exist"),
        ("walk", "nowhere/frames", {}, "does not exist"),
        ("walk", "a.mp4", {"longest": 9000}, "choose 64 to 4096"),
    ],
)
def test_what_cannot_be_done_is_said_before_the_work(tmp_path, monkeypatch, motion, name, config, message):
    monkeypatch.setattr(run, "take_apart", None)
    with pytest.raises(InputError, match=message):
        animate_photo(SAMPLE, motion, tmp_path / name, config=AliveConfig(**config))


def test_a_video_is_no_photo_and_work_can_be_cancelled(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"\0\0\0\x18ftypisom")
    with pytest.raises(InputError, match="is a video"):
        animate_photo(tmp_path / "a.mp4", "walk", tmp_path / "b.mp4")
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        animate_photo(SAMPLE, "walk", tmp_path / "b.mp4", cancel=cancel)
    assert not (tmp_path / "b.mp4").exists()
