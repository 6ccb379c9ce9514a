"""Videos: what is written can be read back, comes in one piece or not at all, and is never all in memory."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from bodydouble.errors import InputError
from bodydouble.render.video import LIGHT_GREY, write_frames

OUTPUTS = ["clip.mp4", "clip.gif", "clip.webp", "clip"]


def clip(count: int = 6, size: tuple[int, int] = (48, 64), alpha: bool = False) -> Iterator[np.ndarray]:
    """A bar that moves to the right, 8 pixels a frame."""
    for index in range(count):
        frame = np.zeros((*size, 4), np.uint8)
        frame[:, 8 * index : 8 * index + 8] = (200, 80, 40, 255)
        if not alpha:
            frame[..., 3] = 255
        yield frame if alpha else frame[..., :3]


def read(path: Path) -> list[np.ndarray]:
    if path.suffix == ".mp4":
        with av.open(str(path)) as container:
            return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    if path.suffix in (".gif", ".webp"):
        with Image.open(path) as image:
            return [_at(image, index) for index in range(image.n_frames)]
    return [np.array(Image.open(file)) for file in sorted(path.iterdir())]


def _at(image: Image.Image, index: int) -> np.ndarray:
    image.seek(index)
    return np.array(image.convert("RGB"))


@pytest.mark.parametrize("name", OUTPUTS)
def test_what_is_written_is_read_back(tmp_path: Path, name: str) -> None:
    write_frames(clip(), tmp_path / name, 12)
    frames = read(tmp_path / name)
    assert len(frames) == 6
    for frame, original in zip(frames, clip(), strict=True):
        assert frame.shape == original.shape
        assert np.abs(frame.astype(int) - original).mean() < 4
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_mp4_is_what_every_player_takes(tmp_path: Path) -> None:
    write_frames(clip(10), tmp_path / "clip.MP4", 29.97)
    with av.open(str(tmp_path / "clip.MP4")) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt, stream.frames) == ("h264", "yuv420p", 10)
        assert float(stream.average_rate) == pytest.approx(29.97, abs=0.01)
        assert float(stream.duration * stream.time_base) == pytest.approx(10 / 29.97, abs=0.01)


@pytest.mark.parametrize("size", [(47, 63), (1, 1), (2, 33)])
def test_odd_sizes_are_padded_to_even_ones(tmp_path: Path, size: tuple[int, int]) -> None:
    frame = np.full((*size, 3), (30, 160, 90), np.uint8)
    write_frames([frame, frame], tmp_path / "clip.mp4", 10)
    for decoded in read(tmp_path / "clip.mp4"):
        assert decoded.shape[:2] == (size[0] + size[0] % 2, size[1] + size[1] % 2)
        assert np.abs(decoded.astype(int) - frame[0, 0]).max() < 8


def test_colours_survive_mp4(tmp_path: Path) -> None:
    """Saturated colours show a wrong colour matrix at once."""
    colours = [(220, 30, 30), (30, 200, 40), (40, 40, 220), (224, 172, 140), (255, 255, 255), (0, 0, 0)]
    frame = np.repeat(np.repeat(np.array([colours], np.uint8), 32, 0), 32, 1)
    write_frames([frame], tmp_path / "clip.mp4", 10)
    decoded = read(tmp_path / "clip.mp4")[0].astype(int)
    for index, colour in enumerate(colours):
        assert np.abs(decoded[8:24, 32 * index + 8 : 32 * index + 24] - colour).max() <= 6


@pytest.mark.parametrize("rate", [12, 15, 24, 30])
def test_gif_keeps_the_clips_length(tmp_path: Path, rate: int) -> None:
    write_frames(clip(8), tmp_path / "clip.gif", rate)
    with Image.open(tmp_path / "clip.gif") as image:
        total = 0
        for index in range(image.n_frames):
            image.seek(index)
            total += image.info["duration"]
        assert image.info["loop"] == 0
    assert total == pytest.approx(8000 / rate, abs=6)


def test_gif_of_frames_that_stand_still(tmp_path: Path) -> None:
    """Pillow merges equal frames; their time must not be lost."""
    frame = next(clip())
    write_frames([frame] * 5, tmp_path / "clip.gif", 10)
    with Image.open(tmp_path / "clip.gif") as image:
        assert image.size == (64, 48)
        if image.n_frames == 1:
            assert image.info.get("duration", 500) == 500


@pytest.mark.parametrize("name", ["clip.mp4", "clip.gif"])
@pytest.mark.parametrize("background", [None, (10, 120, 200)])
def test_transparent_frames_lie_on_the_background(tmp_path: Path, name: str, background: tuple | None) -> None:
    if background is None:
        write_frames(clip(alpha=True), tmp_path / name, 12)
    else:
        write_frames(clip(alpha=True), tmp_path / name, 12, background)
    corner = read(tmp_path / name)[0][-5, -5].astype(int)
    assert np.abs(corner - (background or LIGHT_GREY)).max() <= 5


@pytest.mark.parametrize("name", ["clip.mp4", "clip.gif", "clip.webp"])
def test_a_file_says_where_it_comes_from(tmp_path: Path, name: str) -> None:
    write_frames(clip(), tmp_path / name, 12, note="made from a photo")
    if name.endswith(".mp4"):
        with av.open(str(tmp_path / name)) as container:
            assert container.metadata["comment"] == "made from a photo"
        return
    with Image.open(tmp_path / name) as image:
        told = image.info["comment"].decode() if name.endswith(".gif") else image.getexif()[0x010E]
    assert told == "made from a photo"


def test_half_transparent_pixels_are_mixed(tmp_path: Path) -> None:
    frame = np.full((8, 8, 4), (200, 100, 0, 128), np.uint8)
    write_frames([frame], tmp_path / "clip.gif", 12, background=(0, 100, 200))
    assert np.abs(read(tmp_path / "clip.gif")[0].astype(int) - (100, 100, 100)).max() <= 1


def test_png_frames_keep_their_transparency(tmp_path: Path) -> None:
    write_frames(clip(alpha=True), tmp_path / "clip", 12)
    assert [entry.name for entry in sorted((tmp_path / "clip").iterdir())][:2] == ["frame_00000.png", "frame_00001.png"]
    assert np.array_equal(read(tmp_path / "clip")[2], list(clip(alpha=True))[2])


def test_png_folder_replaces_an_earlier_clip_only(tmp_path: Path) -> None:
    write_frames(clip(6), tmp_path / "clip", 12)
    write_frames(clip(3), tmp_path / "clip", 12)
    assert len(list((tmp_path / "clip").iterdir())) == 3
    (tmp_path / "clip" / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="something else"):
        write_frames(clip(2), tmp_path / "clip", 12)
    assert len(list((tmp_path / "clip").iterdir())) == 4


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_failure_leaves_the_old_clip(tmp_path: Path, name: str) -> None:
    def broken() -> Iterator[np.ndarray]:
        yield from clip(3)
        raise RuntimeError("the power went")

    write_frames(clip(2), tmp_path / name, 12)
    before = [frame.tobytes() for frame in read(tmp_path / name)]
    with pytest.raises(RuntimeError, match="power"):
        write_frames(broken(), tmp_path / name, 12)
    assert [frame.tobytes() for frame in read(tmp_path / name)] == before
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["clip.mp4", "clip"])
def test_frames_are_not_kept(tmp_path: Path, name: str) -> None:
    """At any time only a few frames are alive: all have their own array, and it is freed."""
    alive, most = set(), 0

    class Watched(np.ndarray):
        def __del__(self) -> None:
            alive.discard(id(self))

    def frames() -> Iterator[np.ndarray]:
        nonlocal most
        for frame in clip(40, (16, 512)):
            watched = frame.view(Watched)
            alive.add(id(watched))
            most = max(most, len(alive))
            yield watched

    write_frames(frames(), tmp_path / name, 12)
    assert 1 <= most < 10


def unread() -> Iterator[np.ndarray]:
    pytest.fail("frames were read though the path will not do")
    yield


@pytest.mark.parametrize(
    "name", ["clip.avi", "clip.png", "clip.double", "missing/clip.mp4", "missing/clip", "a.gif/b", ".."]
)
def test_a_bad_path_is_told_before_any_frame_is_made(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    with pytest.raises(InputError, match="cannot write"):
        write_frames(unread(), inside / name, 12)
    assert not list(inside.iterdir())


@pytest.mark.parametrize("rate", [0, -5, float("nan"), float("inf"), 1e6])
def test_a_bad_frame_rate(tmp_path: Path, rate: float) -> None:
    with pytest.raises(InputError, match="frames per second"):
        write_frames(unread(), tmp_path / "clip.mp4", rate)


@pytest.mark.parametrize("name", OUTPUTS)
@pytest.mark.parametrize(
    "frames",
    [
        [],
        [np.zeros((4, 4), np.uint8)],
        [np.zeros((4, 4, 3), np.float32)],
        [np.zeros((0, 4, 3), np.uint8)],
        [np.zeros((4, 4, 3), np.uint8), np.zeros((4, 6, 3), np.uint8)],
    ],
    ids=["none", "grey", "float", "empty", "two sizes"],
)
def test_bad_frames(tmp_path: Path, name: str, frames: list[np.ndarray]) -> None:
    with pytest.raises(InputError, match="frame"):
        write_frames(frames, tmp_path / name, 12)
    assert not list(tmp_path.iterdir())
