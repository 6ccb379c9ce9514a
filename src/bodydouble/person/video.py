"""Reading a caller's video frame by frame: what is no video gets a clear no, and two frames are never held at once.

Frames come as a player shows them: turned and mirrored by the display matrix, with square pixels, in sRGB. The
container is told by the file's first bytes, never guessed from its contents: a playlist that names other files or
addresses is not followed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import Colorspace

from bodydouble.errors import InputError
from bodydouble.person.hdr import needs_conversion, to_srgb
from bodydouble.person.photo import SMALLEST_SIDE

# Names by which a file is answered as a video even where its content tells nothing; .gif where it moves.
SUFFIXES = (
    *(".mp4", ".m4v", ".mov", ".3gp", ".webm", ".mkv", ".avi"),
    *(".ts", ".mts", ".m2ts", ".mpg", ".mpeg", ".wmv", ".flv", ".ogv"),
)
MOST_SECONDS = 300.0
MOST_FRAMES = 20_000
MOST_FRAME_PIXELS = 40_000_000

_READABLE = "give an MP4, MOV, WebM, MKV, AVI or GIF in which one person turns around"
_STILLS = (  # brands of files that begin as MP4 does, and are photos
    *(b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"),
    *(b"jp2 ", b"jpx ", b"crx "),
)
_ATOMS = (b"moov", b"mdat", b"wide", b"free", b"skip")  # how QuickTime files older than `ftyp` begin
_MAGICS = {  # other containers' first bytes, and FFmpeg's names of them
    b"\x1aE\xdf\xa3": "matroska",
    b"\0\0\x01\xba": "mpeg",
    b"0&\xb2u\x8ef\xcf\x11": "asf",
    b"FLV\x01": "flv",
    b"OggS": "ogg",
    b"GIF87a": "gif",
    b"GIF89a": "gif",
}
_TS_SYNC, _TS_PACKETS = 0x47, ((0, 188), (4, 192))  # MPEG-TS: first and second packet's sync byte; camcorders add 4
_LONGEST_PIXEL = 4.0  # aspect ratio of a pixel beyond which the file is not believed
_UNSPECIFIED = 2  # of a frame's colour matrix
_HD_HEIGHT = 720  # from which an unspecified colour matrix is BT.709, as players take it


@dataclass(frozen=True)
class Frame:
    """One picture of a video, upright."""

    number: int  # 0 is the first
    seconds: float  # from the first
    rgb: np.ndarray  # H×W×3 uint8, sRGB
    scale: float  # pixels of `rgb` for one of the video, as it is shown


def is_video(source: object) -> bool:
    """Whether a source is the path of a video, by its first bytes or, if they tell nothing, its name."""
    if not isinstance(source, str | Path):
        return False
    path = Path(source)
    kind = _container(path)
    if kind == "gif":
        return _moves(path)
    return kind is not None or path.suffix.lower() in SUFFIXES


def read_frames(path: str | Path, most_pixels: int) -> Iterator[Frame]:
    """The frames of a video, one after the other.

    Damage after the first frame ends the video there.

    Args:
        most_pixels: larger frames are reduced to this many.

    Raises:
        InputError: the file is missing, no video, holds no pictures, or is too long, too large or too small; told
            before the first frame comes, or, where the file does not say how long it is, when it has gone on too long.
    """
    path = Path(path)
    kind = _checked_container(path)
    first, number = None, 0
    try:
        with av.open(str(path), format=kind) as container:
            stream = _checked_stream(container, path)
            aspect = _pixel_aspect(stream)
            for number, frame in enumerate(container.decode(stream)):
                seconds = float(frame.time) if frame.time is not None else number / 30
                first = seconds if first is None else first
                if seconds - first > MOST_SECONDS or number >= MOST_FRAMES:
                    raise InputError(_too_long(path))
                width, height = frame.width * max(1.0, aspect), frame.height * max(1.0, 1 / aspect)
                scale = min(1.0, math.sqrt(most_pixels / (width * height)))
                size = max(1, int(width * scale)), max(1, int(height * scale))
                yield Frame(number, seconds - first, _turned(_pixels(frame, stream, size), frame), scale)
    except av.error.FFmpegError as error:
        if first is None:
            raise InputError(f"{path} is damaged or no video that can be read; {_READABLE}") from error
    if first is None:
        raise InputError(f"{path} holds no pictures; {_READABLE}")


def _container(path: Path) -> str | None:
    """FFmpeg's name of the container, by the file's first bytes; None where they are of none that is known."""
    try:
        with path.open("rb") as file:
            head = file.read(256)
    except OSError:
        return None
    if head[4:8] == b"ftyp":
        return None if head[8:12] in _STILLS else "mp4"
    if head[4:8] in _ATOMS:
        return "mov"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    for first, length in _TS_PACKETS:
        if head[first : first + length + 1 : length] == bytes((_TS_SYNC, _TS_SYNC)):
            return "mpegts"
    return next((name for magic, name in _MAGICS.items() if head.startswith(magic)), None)


def _checked_container(path: Path) -> str:
    if path.is_dir():
        raise InputError(f"{path} is a folder; give the video file")
    if not path.exists():
        raise InputError(f"{path} does not exist; check the name")
    if path.stat().st_size == 0:
        raise InputError(f"{path} is empty (0 bytes); {_READABLE}")
    kind = _container(path)
    if kind is None:
        raise InputError(f"{path} is not a video that can be read; {_READABLE}")
    return kind


def _checked_stream(container: av.container.InputContainer, path: Path) -> av.VideoStream:
    if not container.streams.video:
        raise InputError(f"{path} holds no pictures; {_READABLE}")
    stream = container.streams.video[0]
    width, height = stream.codec_context.width, stream.codec_context.height
    if min(width, height) < SMALLEST_SIDE:
        raise InputError(f"{path} has {width}×{height} pixels; a video needs {SMALLEST_SIDE} on its shorter side")
    if width * height > MOST_FRAME_PIXELS:
        raise InputError(f"{path} has {width}×{height} pixels a frame; give a smaller copy, 1920×1080 is plenty")
    if container.duration is not None and container.duration / av.time_base > MOST_SECONDS + 1:
        raise InputError(_too_long(path))
    stream.thread_type = "AUTO"
    return stream


def _too_long(path: Path) -> str:
    return f"{path} is longer than {MOST_SECONDS / 60:.0f} minutes or {MOST_FRAMES} frames; cut it to one turn"


def _pixel_aspect(stream: av.VideoStream) -> float:
    """Width of a pixel by its height."""
    aspect = float(stream.sample_aspect_ratio or 1)
    return aspect if 1 / _LONGEST_PIXEL <= aspect <= _LONGEST_PIXEL else 1.0


def _pixels(frame: av.VideoFrame, stream: av.VideoStream, size: tuple[int, int]) -> np.ndarray:
    """H×W×3 uint8, sRGB, of `size` (width, height), as they lie in the file."""
    transfer, primaries = int(stream.codec_context.color_trc or 0), int(stream.codec_context.color_primaries or 0)
    convert = needs_conversion(transfer, primaries)
    untold = frame.colorspace == _UNSPECIFIED and frame.height >= _HD_HEIGHT
    pixels = frame.reformat(
        width=size[0],
        height=size[1],
        format="rgb48le" if convert else "rgb24",
        src_colorspace=Colorspace.ITU709 if untold else None,
        interpolation="AREA" if size[0] < frame.width or size[1] < frame.height else None,
    ).to_ndarray()
    return to_srgb(pixels, transfer, primaries) if convert else pixels


def _turned(pixels: np.ndarray, frame: av.VideoFrame) -> np.ndarray:
    """Turned and mirrored as the frame's display matrix says.

    It maps a pixel (x, y) to (a x + c y, b x + d y), up to a shift; matrices between quarter turns are taken for the
    nearest one.
    """
    data: Any = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return np.ascontiguousarray(pixels)
    (a, b), (c, d) = np.frombuffer(data, "<i4").reshape(3, 3)[:2, :2].tolist()
    if abs(a) + abs(d) < abs(b) + abs(c):
        pixels, a, d = pixels.transpose(1, 0, 2), c, b
    return np.ascontiguousarray(pixels[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1])


def _moves(path: Path) -> bool:
    """Whether a GIF has more than one frame."""
    from PIL import Image

    try:
        with Image.open(path, formats=["GIF"]) as image:
            return bool(getattr(image, "is_animated", False))
    except Exception:  # a damaged header can raise anything; `read_photo` tells what is wrong
        return False
