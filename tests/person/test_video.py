"""Videos are read upright, frame by frame and within limits; what is no video gets one sentence."""

from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from bodydouble.errors import InputError
from bodydouble.person import video
from bodydouble.person.video import is_video, read_frames

CODECS = {
    **dict.fromkeys((".mp4", ".mov", ".mkv", ".ts", ".m2ts", ".3gp"), "libx264"),
    **{".webm": "libvpx-vp9", ".avi": "mpeg4", ".mpg": "mpeg2video", ".wmv": "wmv2", ".flv": "flv"},
}


def picture(number: int, height: int = 96, width: int = 128) -> np.ndarray:
    """Red above, blue below, and a bar that tells the number."""
    frame = np.zeros((height, width, 3), np.uint8)
    frame[: height // 2, :, 0], frame[height // 2 :, :, 2] = 200, 200
    frame[:, : 8 * (number + 1), 1] = 255
    return frame


def write_video(path, frames, codec=None, rate=10, pixel_aspect=1):
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec or CODECS[path.suffix], rate=rate)
        stream.height, stream.width, stream.pix_fmt = *frames[0].shape[:2], "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(pixel_aspect)
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("suffix", CODECS)
def test_frames_come_in_order_with_their_times(tmp_path, suffix):
    rate = 25 if suffix == ".mpg" else 10  # MPEG-2 knows a few rates only
    path = write_video(tmp_path / f"turn{suffix}", [picture(number) for number in range(6)], rate=rate)
    assert is_video(path) and is_video(str(path))
    frames = list(read_frames(path, 10**6))
    assert [frame.number for frame in frames] == list(range(6))
    assert [frame.seconds for frame in frames] == pytest.approx([number / rate for number in range(6)], abs=0.02)
    for number, frame in enumerate(frames):
        assert frame.scale == 1 and np.abs(frame.rgb.astype(int) - picture(number)).mean() < 12


def test_a_gif_that_moves_is_a_video_and_one_that_does_not_is_a_photo(tmp_path):
    pictures = [Image.fromarray(picture(number)) for number in range(3)]
    pictures[0].save(tmp_path / "moves.gif", save_all=True, append_images=pictures[1:], duration=100)
    pictures[0].save(tmp_path / "still.gif")
    assert is_video(tmp_path / "moves.gif") and not is_video(tmp_path / "still.gif")
    assert len(list(read_frames(tmp_path / "moves.gif", 10**6))) == 3


def test_photos_are_no_videos(tmp_path):
    Image.fromarray(picture(0)).save(tmp_path / "a.jpg")
    assert not is_video(tmp_path / "a.jpg") and not is_video(picture(0)) and not is_video(tmp_path / "absent.jpg")


def test_the_content_tells_a_video_whatever_its_name(tmp_path):
    path = write_video(tmp_path / "turn.mp4", [picture(0)] * 2)
    renamed = path.rename(tmp_path / "turn.jpg")
    assert is_video(renamed) and len(list(read_frames(renamed, 10**6))) == 2


def with_matrix(path, a, b, c, d):
    """The display matrix in the track's header, as phones write it: (x, y) is shown at (a x + c y, b x + d y)."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    data[at : at + 24] = b"".join(round(65536 * value).to_bytes(4, "big", signed=True) for value in (a, b, 0, c, d, 0))
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("down", [1, -1])
@pytest.mark.parametrize("right", [1, -1])
def test_all_eight_orientations(right, down, transposed, tmp_path):
    path = write_video(tmp_path / "turn.mp4", [picture(0)] * 2)
    with_matrix(path, *((0, down, right, 0) if transposed else (right, 0, 0, down)))
    shown = picture(0).transpose(1, 0, 2) if transposed else picture(0)
    # Whichever axis of the file comes to lie across the screen, `right` tells its direction there.
    shown = shown[::down, ::right]
    (first, *_) = read_frames(path, 10**6)
    assert first.rgb.shape == shown.shape
    assert np.abs(first.rgb.astype(int) - shown).mean() < 12


def test_a_phone_held_upright(tmp_path):
    path = write_video(tmp_path / "turn.mp4", [picture(0)] * 2)
    with_matrix(path, 0, 1, -1, 0)  # a quarter turn clockwise
    (first, *_) = read_frames(path, 10**6)
    assert np.abs(first.rgb.astype(int) - np.rot90(picture(0), -1)).mean() < 12


@pytest.mark.parametrize(("aspect", "size"), [("4/3", (96, 170)), ("3/4", (128, 128)), ("1/100", (96, 128))])
def test_pixels_become_square(aspect, size, tmp_path):
    path = write_video(tmp_path / "turn.mp4", [picture(0)] * 2, pixel_aspect=Fraction(aspect))
    frame = next(read_frames(path, 10**6))
    assert frame.rgb.shape[:2] == size and frame.scale == 1
    reduced = next(read_frames(path, size[0] * size[1] // 4))
    assert reduced.rgb.shape[:2] == pytest.approx((size[0] / 2, size[1] / 2), abs=1)
    assert reduced.scale == pytest.approx(0.5, rel=0.01)


def test_large_frames_are_reduced(tmp_path):
    path = write_video(tmp_path / "turn.mp4", [picture(0)] * 2)
    frame = next(read_frames(path, 96 * 128 // 4))
    assert frame.rgb.shape == (48, 64, 3) and frame.scale == pytest.approx(0.5)
    assert np.abs(frame.rgb.astype(int) - picture(0)[::2, ::2]).mean() < 12


def test_a_video_cut_short_is_used_as_far_as_it_goes(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (12, 96, 128, 3)).astype(np.uint8)
    path = write_video(tmp_path / "turn.mkv", list(noise), "mpeg4")
    data = path.read_bytes()
    path.write_bytes(data[: 2 * len(data) // 3])
    assert 4 <= len(list(read_frames(path, 10**6))) < 12


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("empty.mp4", b"", "empty"),
        ("text.mp4", b"hello, this is no video at all", "not a video"),
        ("list.mp4", b"#EXTM3U\n#EXTINF:1,\n/etc/hostname\n", "not a video"),
        ("header.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "damaged"),
    ],
)
def test_what_is_no_video_gets_one_sentence(tmp_path, name, data, told):
    (tmp_path / name).write_bytes(data)
    assert is_video(tmp_path / name)
    with pytest.raises(InputError, match=told):
        list(read_frames(tmp_path / name, 10**6))


def test_missing_small_large_and_long_ones_too(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="does not exist"):
        list(read_frames(tmp_path / "absent.mp4", 10**6))
    small = write_video(tmp_path / "small.mp4", [picture(0, 32, 32)])
    with pytest.raises(InputError, match="32×32 pixels"):
        list(read_frames(small, 10**6))
    path = write_video(tmp_path / "turn.mp4", [picture(0)] * 30)
    monkeypatch.setattr(video, "MOST_FRAMES", 20)
    with pytest.raises(InputError, match="cut it to one turn"):
        list(read_frames(path, 10**6))
    monkeypatch.setattr(video, "MOST_SECONDS", 1.0)
    with pytest.raises(InputError, match="cut it to one turn"):
        next(read_frames(path, 10**6))
    monkeypatch.setattr(video, "MOST_FRAME_PIXELS", 1000)
    with pytest.raises(InputError, match="smaller copy"):
        next(read_frames(path, 10**6))


def test_sound_alone_holds_no_pictures(tmp_path):
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 2048), np.float32), format="fltp", layout="mono")
        sound.sample_rate = 44100
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    with pytest.raises(InputError, match="holds no pictures"):
        list(read_frames(path, 10**6))
