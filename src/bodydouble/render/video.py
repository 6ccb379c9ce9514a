"""Frames become a video file: MP4 (H.264), GIF, WebP, or a folder of numbered PNGs."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import Colorspace
from PIL import ExifTags, Image

from bodydouble.errors import InputError
from bodydouble.files import check_replaceable, check_writable, whole_file, whole_folder
from bodydouble.progress import Progress
from bodydouble.render.image import png_texts

LIGHT_GREY = (240, 240, 240)

_WEBP_QUALITY = 80  # of 100, Pillow's own default: 40 dB on photographs
_FRAME_NAME = re.compile(r"frame_\d{5,}\.png")
_SUFFIXES = (".mp4", ".gif", ".webp", "")  # the last: a folder


def tell_frames(frames: Iterable[np.ndarray], count: int, progress: Progress | None) -> Iterator[np.ndarray]:
    """The same `count` frames, telling `progress` as they pass."""
    for index, frame in enumerate(frames):
        yield frame
        if progress:
            progress("rendering", (index + 1) / count)


def check_frames_path(path: Path) -> None:
    """Raise InputError for where `write_frames` cannot write; to be asked before the frames are made."""
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES:
        raise InputError(
            f"cannot write {path}: use a name ending in .mp4, .gif or .webp, or one without a dot for PNG frames"
        )
    if suffix:
        check_writable(path)
    else:
        check_replaceable(path, _is_frame)


def write_frames(
    frames: Iterable[np.ndarray],
    path: str | Path,
    frames_per_second: float,
    background: tuple[int, int, int] = LIGHT_GREY,
    note: str = "",
) -> None:
    """Write frames one by one as they come; the file, or folder, appears under its name when it is whole.

    Args:
        frames: H×W×3 or H×W×4 (straight alpha) uint8 sRGB, all of one size. Read only after `path` was found good.
        path: ends in .mp4, .gif, .webp, or nothing: a folder for frame_00000.png and so on, with their transparency.
        frames_per_second: above 0, at most 240. A GIF counts in hundredths of a second and plays at most 50.
        background: colour, 0 to 255, behind transparent frames in an MP4, GIF or WebP.
        note: what the file says of where it comes from: an MP4's and GIF's comment, a WebP's (EXIF) and a
            PNG's description.

    Raises:
        InputError: the path's suffix or folder will not do, there is no frame, or frames differ in size.
    """
    path = Path(path)
    check_frames_path(path)
    if not 0 < frames_per_second <= 240:
        raise InputError(f"{frames_per_second} frames per second will not do; choose a number up to 240")
    suffix = path.suffix.lower()
    if suffix == ".mp4":
        with whole_file(path) as temporary:
            _write_mp4(_opaque(_checked(frames), background), temporary, frames_per_second, note)
    elif suffix == ".gif":
        with whole_file(path) as temporary:
            _write_gif(_opaque(_checked(frames), background), temporary, frames_per_second, note)
    elif suffix == ".webp":
        with whole_file(path) as temporary:
            _write_webp(_opaque(_checked(frames), background), temporary, frames_per_second, note)
    else:
        with whole_folder(path, _is_frame) as temporary:
            for index, frame in enumerate(_checked(frames)):
                Image.fromarray(frame).save(temporary / f"frame_{index:05d}.png", pnginfo=png_texts(note))


def _is_frame(name: str) -> bool:
    return _FRAME_NAME.fullmatch(name) is not None


def _checked(frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """The same frames; at least one, all alike.

    Raises:
        InputError: none, not an image, or not of the first one's shape.
    """
    shape = None
    for index, frame in enumerate(frames):
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] not in (3, 4) or 0 in frame.shape:
            raise InputError(f"frame {index} is {frame.dtype} of shape {frame.shape}; frames are H×W×3 or H×W×4 uint8")
        if shape is not None and frame.shape != shape:
            raise InputError(f"frame {index} has shape {frame.shape}, the first one {shape}; a video has one size")
        shape = frame.shape
        yield frame
    if shape is None:
        raise InputError("there is no frame to write")


def _opaque(frames: Iterable[np.ndarray], background: tuple[int, int, int]) -> Iterator[np.ndarray]:
    """H×W×3 frames: transparent ones laid over the background."""
    for frame in frames:
        yield frame if frame.shape[2] == 3 else _lay_over(frame, background)


def _lay_over(frame: np.ndarray, background: tuple[int, int, int]) -> np.ndarray:
    """H×W×3 of an H×W×4 frame. Most pixels are empty, few are partly transparent: only these are mixed."""
    colour, alpha = frame[..., :3], frame[..., 3]
    mixed = np.empty(colour.shape, np.uint8)
    mixed[:] = np.array(background, np.uint8)
    row, column = alpha.nonzero()
    mixed[row, column] = colour[row, column]
    partly = alpha[row, column] < 255
    row, column = row[partly], column[partly]
    weight = alpha[row, column, None].astype(np.float32) / 255
    over = colour[row, column] * weight + np.array(background, np.float32) * (1 - weight)
    mixed[row, column] = over.round().astype(np.uint8)
    return mixed


def _write_mp4(frames: Iterator[np.ndarray], path: Path, frames_per_second: float, note: str) -> None:
    """H.264 as every player takes it: yuv420p, BT.709, sizes made even by repeating the last row or column."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        container.metadata["comment"] = note
        stream = container.add_stream("libx264", rate=Fraction(frames_per_second).limit_denominator(1001))
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": "18"}
        # 1 is BT.709 for all three of these, and the range 16 to 235 for the fourth.
        context = stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = context.color_range = 1
        for index, frame in enumerate(frames):
            odd_rows, odd_columns = frame.shape[0] % 2, frame.shape[1] % 2
            padding = ((0, odd_rows), (0, odd_columns), (0, 0))
            even = np.pad(frame, padding, mode="edge") if odd_rows or odd_columns else frame
            if index == 0:
                stream.height, stream.width = even.shape[:2]
            picture = av.VideoFrame.from_ndarray(even, format="rgb24")
            picture = picture.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


def _write_gif(frames: Iterator[np.ndarray], path: Path, frames_per_second: float, note: str) -> None:
    """A looping GIF; every frame has its own 256 colours. Pillow holds all frames, at one byte a pixel."""
    hundredths = 100 / min(frames_per_second, 50)  # players slow down what is shorter than 2/100 s
    pictures = [Image.fromarray(frame).quantize(256, Image.Quantize.MEDIANCUT) for frame in frames]
    # Rounding the instants, not the steps, keeps the clip's length.
    instants = [10 * round(index * hundredths) for index in range(len(pictures) + 1)]
    durations = [after - before for before, after in itertools.pairwise(instants)]
    options: dict[str, Any] = {"duration": durations, "loop": 0, "comment": note.encode()}
    pictures[0].save(path, save_all=True, append_images=pictures[1:], **options)


def _write_webp(frames: Iterator[np.ndarray], path: Path, frames_per_second: float, note: str) -> None:
    """A looping WebP; frames are encoded as they come, so that none is kept."""
    pictures = (Image.fromarray(frame) for frame in frames)
    first = next(pictures)
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = note
    options: dict[str, Any] = {"duration": round(1000 / frames_per_second), "loop": 0, "exif": exif}
    first.save(path, save_all=True, append_images=pictures, quality=_WEBP_QUALITY, method=2, **options)
