"""The largest finished picture inside a camera's RAW file.

Developing sensor data is not done here. Most RAW files carry a JPEG of the whole picture beside it, or a smaller one.
Files are searched, not parsed maker by maker: JPEGs begin with the same three bytes everywhere, and TIFF directories
(DNG, NEF, ARW, CR2, PEF) tell where plain pixels lie.
"""

from __future__ import annotations

import io
import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from bodydouble.person.exif import EXIF_FOLDER, Tags, read_tags

_MAGICS = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb", b"\0MRM")
_CANON_3, _CANON_3_TAGS = b"ftypcrx ", b"CMT1"
_TIFF = (b"II*\0", b"MM\0*")
_SUBFILE_TYPE, _REDUCED = 254, 1
_WIDTH, _HEIGHT, _COMPRESSION, _PHOTOMETRIC = 256, 257, 259, 262
_SUB_DIRECTORIES, _DNG_VERSION = 330, 50706
_SENSOR = (32803, 34892)  # photometric interpretations: colour filter array, linear raw
_FINISHED = (2, 6)  # RGB, YCbCr
_PLAIN = (1, 5, 8, 32773)  # compressions that are no JPEG of their own: none, LZW, Deflate, PackBits
_MOST_DIRECTORIES = 32
_JPEG = b"\xff\xd8\xff"
_MOST_JPEGS = 256
_JPEG_HEAD = 1 << 18  # bytes that hold a JPEG's header, thumbnail and maker notes included


@dataclass(frozen=True)
class _Candidate:
    """A finished picture, by its header."""

    pixels: int
    offset: int  # of a JPEG's first byte, or of a TIFF directory
    form: str  # Pillow's name of the format


def is_raw(path: Path) -> bool:
    """Whether a file is a camera's RAW, by what it holds."""
    try:
        with path.open("rb") as file:
            head = file.read(16)
            if head.startswith(_MAGICS) or head[4:12] == _CANON_3:
                return True
            if not head.startswith(_TIFF):
                return False
            directories = [tags for _, tags in _directories(file)]
    except Exception:  # a damaged header can raise anything
        return False
    # What begins with a small copy of itself keeps the sensor's data behind it.
    first = directories[0] if directories else {}
    small_first = first.get(_SUBFILE_TYPE) == _REDUCED and _SUB_DIRECTORIES in first
    return small_first or any(tags.get(_PHOTOMETRIC) in _SENSOR or _DNG_VERSION in tags for tags in directories)


def largest_picture(path: Path) -> tuple[Image.Image, Tags] | None:
    """The largest picture in a RAW file that can be decoded, and its EXIF tags; None where there is none."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        candidates = [*_jpegs(data), *_plain_pictures(file)]
        for candidate in sorted(candidates, key=lambda one: -one.pixels):
            try:
                image = _opened(data, candidate)
                image.load()
            except Exception:  # sensor data can look like the beginning of anything
                continue
            tags = {**_container_tags(file, data), **read_tags(image)}
            return image, tags
    return None


def _jpegs(data: mmap.mmap) -> Iterator[_Candidate]:
    start = data.find(_JPEG)
    for _ in range(_MOST_JPEGS):
        if start < 0:
            return
        try:
            with Image.open(io.BytesIO(data[start : start + _JPEG_HEAD]), formats=["JPEG"]) as image:
                yield _Candidate(image.width * image.height, start, "JPEG")
        except Exception:  # three bytes that are no JPEG's, or one in which sensor data is packed
            pass
        start = data.find(_JPEG, start + len(_JPEG))


def _plain_pictures(file: IO[bytes]) -> Iterator[_Candidate]:
    for offset, tags in _directories(file):
        if tags.get(_PHOTOMETRIC) in _FINISHED and tags.get(_COMPRESSION) in _PLAIN:
            yield _Candidate(int(tags.get(_WIDTH, 0)) * int(tags.get(_HEIGHT, 0)), offset, "TIFF")


def _opened(data: mmap.mmap, candidate: _Candidate) -> Image.Image:
    if candidate.form == "JPEG":
        return Image.open(io.BytesIO(data[candidate.offset :]), formats=["JPEG"])
    # The same file, with this directory as its first.
    order: Any = "little" if data[:2] == b"II" else "big"
    changed = b"".join((data[:4], candidate.offset.to_bytes(4, order), data[8:]))
    return Image.open(io.BytesIO(changed), formats=["TIFF"])


def _directories(file: IO[bytes]) -> Iterator[tuple[int, dict[int, Any]]]:
    """A TIFF's directories and those below them: where they lie, and their tags."""
    file.seek(0)
    head = file.read(8)
    if not head.startswith(_TIFF):
        return
    waiting = [ImageFileDirectory_v2(head).next]
    visited: set[int] = set()
    while waiting and len(visited) < _MOST_DIRECTORIES:
        offset = waiting.pop(0)
        if not offset or offset in visited:
            continue
        visited.add(offset)
        directory = ImageFileDirectory_v2(head)
        file.seek(offset)
        directory.load(file)
        tags = dict(directory)
        yield offset, tags
        below = tags.get(_SUB_DIRECTORIES, ())
        waiting += [directory.next, *(below if isinstance(below, tuple) else (below,))]


def _container_tags(file: IO[bytes], data: mmap.mmap) -> Tags:
    """EXIF that stands in the RAW file and not in the picture."""
    try:
        if data[4:12] == _CANON_3:
            start = data.find(_CANON_3_TAGS)
            file = io.BytesIO(data[start + len(_CANON_3_TAGS) : start + _JPEG_HEAD])
        (_, tags), *_ = _directories(file)
        if EXIF_FOLDER not in tags:
            return tags
        file.seek(0)
        folder = ImageFileDirectory_v2(file.read(8))
        file.seek(int(tags[EXIF_FOLDER]))
        folder.load(file)
        return {**tags, **dict(folder)}
    except Exception:  # a photo without EXIF is still a photo
        return {}
