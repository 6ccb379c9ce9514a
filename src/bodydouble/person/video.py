"""Reading a caller's video frame by frame: what is no video gets a clear no, and two frames are never held at once.

The container is told by the file's first bytes, never guessed from its contents: a playlist that names other files or
addresses is not followed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import Colorspace

from bodydouble.errors import InputError
from bodydouble.person.photo import SMALLEST_SIDE

SUFFIXES = (".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi")  # and .gif, where it moves
MOST_SECONDS = 300.0
MOST_FRAMES = 20_000
MOST_FRAME_PIXELS = 40_000_000

_READABLE = "give an MP4, MOV, WebM, MKV, AVI or GIF in which one person turns around"
_STILLS = (b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"jp2 ", b"jpx ")
_ATOMS = (b"moov", b"mdat", b"wide", b"free", b"skip")  # how QuickTime files older than `ftyp` begin
_UNSPECIFIED = 2  # of a frame's colour matrix
_HD_HEIGHT = 720  # from which an unspecified colour matrix is BT.709, as players take it


@dataclass(frozen=True)
class Frame:
    """One picture of a video, upright."""

    number: int  # 0 is the first
    seconds: float  # from the first
    rgb: np.ndarray  # H×W×3 uint8, sRGB
    scale: float  # pixels of `rgb` for one of the video


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
            for number, frame in enumerate(container.decode(stream)):
                seconds = float(frame.time) if frame.time is not None else number / 30
                first = seconds if first is None else first
                if seconds - first > MOST_SECONDS or number >= MOST_FRAMES:
                    raise InputError(_too_long(path))
                scale = min(1.0, math.sqrt(most_pixels / (frame.width * frame.height)))
                yield Frame(number, seconds - first, _upright(frame, scale), scale)
    except av.error.FFmpegError as error:
        if first is None:
            raise InputError(f"{path} is damaged or no video that can be read; {_READABLE}") from error
    if first is None:
        raise InputError(f"{path} holds no pictures; {_READABLE}")


def _container(path: Path) -> str | None:
    """FFmpeg's name of the container, by the file's first bytes; None where they are of none that is known."""
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError:
        return None
    if head[4:8] == b"ftyp":
        return None if head[8:12] in _STILLS else "mp4"
    if head[4:8] in _ATOMS:
        return "mov"
    if head[:4] == b"\x1aE\xdf\xa3":
        return "matroska"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    return "gif" if head[:6] in (b"GIF87a", b"GIF89a") else None


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


def _upright(frame: av.VideoFrame, scale: float) -> np.ndarray:
    """H×W×3: reduced, and turned as the file says it has to be shown."""
    untold = frame.colorspace == _UNSPECIFIED and frame.height >= _HD_HEIGHT
    rgb = frame.reformat(
        width=max(1, int(frame.width * scale)),
        height=max(1, int(frame.height * scale)),
        format="rgb24",
        src_colorspace=Colorspace.ITU709 if untold else None,
        interpolation="AREA" if scale < 1 else None,
    ).to_ndarray()
    return np.ascontiguousarray(np.rot90(rgb, round(frame.rotation / 90)))


def _moves(path: Path) -> bool:
    """Whether a GIF has more than one frame."""
    from PIL import Image

    try:
        with Image.open(path, formats=["GIF"]) as image:
            return bool(getattr(image, "is_animated", False))
    except Exception:  # a damaged header can raise anything; `read_photo` tells what is wrong
        return False
