"""Any image a caller may hand over becomes a `Photo`, upright, sRGB and of a workable size, or gets a clear no."""

from __future__ import annotations

import math
import mmap
import warnings
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
import torch
from PIL import Image

from bodydouble.errors import InputError
from bodydouble.person.colour import BadProfile, eight_bit, to_srgb
from bodydouble.person.exif import Tags, focal_length_px, read_tags, turned_upright
from bodydouble.person.heic import is_heic, open_heic
from bodydouble.person.raw import is_raw, largest_picture
from bodydouble.values import Photo

SMALLEST_SIDE = 64  # pixels; below, no detector sees a person
MOST_PIXELS = 250_000_000  # more is not decoded: 4 bytes each are 1 GB already
_SMALLEST_PREVIEW = 640  # pixels on the longer side; a RAW file's picture below this is a thumbnail

# Formats whose decoders are plain readers of pixels. Pillow knows others that start programs (EPS) or draw (WMF).
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "JPEG2000", "AVIF")
_READABLE = "give a JPEG, PNG, WebP, TIFF, BMP, GIF or HEIC photo"
_GAIN_MAPS = (  # how files name them: Adobe's and Android's, Apple's, those of ISO 21496-1
    b"http://ns.adobe.com/hdr-gain-map/1.0/",
    b"urn:com:apple:photo:2020:aux:hdrgainmap",
    b"HDRGainMapVersion",
    b"urn:iso:std:iso:ts:21496:-1",
)
_HEIF_GAIN_MAP, _HEIF_HEAD = b"tmap", 1 << 16  # the item's type, and bytes within which it is named
_ANIMATED = ("WEBP", "PNG", "AVIF")  # Pillow's names of formats whose animations are read as photos
_PILLOW_LIMIT = Lock()


def read_photo(source: str | Path | Image.Image | np.ndarray, max_pixels: int = 20_000_000) -> Photo:
    """Read an image.

    Args:
        source: an image file, a PIL image, or an H×W, H×W×3 or H×W×4 uint8 array in sRGB (a fourth channel is
            straight alpha). EXIF orientation and colour profile are applied; of an animation the first frame is taken,
            of a RAW file the largest finished picture inside.
        max_pixels: larger images are reduced to this many pixels.

    Returns:
        The photo. `alpha` is set only where some pixel is transparent; colours under alpha are straight, and
        meaningless where it is 0. `focal_px` comes from EXIF, and is None where EXIF is silent or absurd.

    Raises:
        InputError: the file is missing, no image, damaged, too small (a side under 64 pixels) or too large (over
            250 megapixels), a RAW file with no more than a thumbnail, or the array is not of that kind.
    """
    # Pillow warns of odd metadata; what matters of it is told by the errors here.
    with warnings.catch_warnings(action="ignore", category=UserWarning):
        if isinstance(source, np.ndarray):
            return _photo(_Opened(_image_from_array(source), "the array", "photo"), max_pixels)
        if isinstance(source, Image.Image):
            name = Path(getattr(source, "filename", "") or "photo").name
            return _photo(_Opened(source, "the image", name), max_pixels)
        if isinstance(source, str | Path):
            opened = _open_file(Path(source))
            with opened.image:
                return _photo(opened, max_pixels)
    raise InputError(f"a photo is a path, a PIL image or an H×W×3 uint8 array, not a {type(source).__name__}")


@dataclass(frozen=True)
class _Opened:
    """An image of which, at best, only the header has been read."""

    image: Image.Image
    what: str  # for errors
    name: str
    from_file: bool = False  # no one else holds `image`, so it may be told to decode at a smaller size
    tags: Tags | None = None  # where they do not stand in the image itself
    notes: tuple[str, ...] = ()


def _open_file(path: Path) -> _Opened:
    """Raises InputError."""
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder; give the image file")
        if not path.exists():
            raise InputError(f"{path} does not exist; check the name")
        if path.is_file() and path.stat().st_size == 0:
            raise InputError(f"{path} is empty (0 bytes); {_READABLE}")
        if is_raw(path):
            return _open_raw(path)
        image = open_heic(path, MOST_PIXELS) if is_heic(path) else _open_image(path)
        return _Opened(image, str(path), path.name, from_file=True, notes=_notes(image, path))
    except InputError:
        raise
    except PermissionError as error:
        raise InputError(f"{path} may not be read; change its permissions") from error
    except Exception as error:  # a damaged header can raise anything
        raise InputError(f"{path} is not an image that can be read; {_READABLE}") from error


def _open_image(path: Path) -> Image.Image:
    """With its header read and nothing decoded."""
    # Pillow warns of large images on its own terms and through the whole process; the limit is checked by `_photo`.
    with _PILLOW_LIMIT:
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            Image.init()
            return Image.open(path, formats=[name for name in FORMATS if name in Image.OPEN])
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def _open_raw(path: Path) -> _Opened:
    found = largest_picture(path)
    size = (0, 0) if found is None else found[0].size
    if found is None or max(size) < _SMALLEST_PREVIEW:
        inside = (
            "no finished picture" if found is None else f"no finished picture larger than {size[0]}×{size[1]} pixels"
        )
        raise InputError(f"{path} is a camera's RAW file with {inside} inside; develop it to a JPEG or PNG first")
    image, tags = found
    note = f"{path.name} is a RAW file; the largest finished picture inside it was taken, {size[0]}×{size[1]} pixels"
    return _Opened(image, str(path), path.name, tags=tags, notes=(note,))


def _notes(image: Image.Image, path: Path) -> tuple[str, ...]:
    """What of the file is not taken."""
    notes = (f"{path.name} has an HDR gain map; its base picture was taken",) if _has_gain_map(path) else ()
    if image.format in _ANIMATED and getattr(image, "is_animated", False):
        notes = (*notes, f"{path.name} is an animation; its first picture was taken (an MP4 or GIF is taken whole)")
    return notes


def _has_gain_map(path: Path) -> bool:
    """Whether a file holds what turns its picture into one for brighter screens."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        in_heif = data[4:8] == b"ftyp" and data.find(_HEIF_GAIN_MAP, 0, _HEIF_HEAD) >= 0
        return in_heif or any(data.find(name) >= 0 for name in _GAIN_MAPS)


def _image_from_array(array: np.ndarray) -> Image.Image:
    if array.dtype != np.uint8 or not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))):
        raise InputError(
            f"a photo as an array is H×W×3 or H×W×4 uint8, not {'×'.join(map(str, array.shape))} {array.dtype}; "
            "convert it first (0 is black, 255 is white)"
        )
    if min(array.shape[:2]) == 0:
        raise InputError("the array has no pixels; give an image of at least 64×64")
    return Image.fromarray(np.ascontiguousarray(array))


def _photo(opened: _Opened, max_pixels: int) -> Photo:
    width, height = opened.image.size
    if min(width, height) < SMALLEST_SIDE:
        raise InputError(
            f"{opened.what} has {width}×{height} pixels; a photo needs {SMALLEST_SIDE} on its shorter side"
        )
    if width * height > MOST_PIXELS:
        raise InputError(_too_large(opened.what, width, height))
    try:
        tags = read_tags(opened.image) if opened.tags is None else opened.tags
        decoded = _decoded(opened.image, max_pixels, opened.from_file)
        pixels, notes = _in_srgb(decoded, opened)
    except Exception as error:  # decoders raise many kinds of error on damaged files
        raise InputError(
            f"{opened.what} is damaged or cut short and cannot be decoded; save or copy it again"
        ) from error
    focal_px = focal_length_px(tags, pixels.size, (width, height))
    planes = torch.from_numpy(np.array(turned_upright(pixels, tags))).permute(2, 0, 1).contiguous()
    channels = planes.float().div_(255)
    alpha = channels[3].contiguous() if len(channels) == 4 and channels[3].min() < 1 else None
    return Photo(
        rgb=channels[:3].contiguous(),
        alpha=alpha,
        focal_px=focal_px,
        name=opened.name,
        warnings=notes,
        file_scale=pixels.width / width,
    )


def _decoded(image: Image.Image, max_pixels: int, from_file: bool) -> Image.Image:
    """Pixels of 8 bits a channel, at most `max_pixels` of them, colours weighted by alpha where they are averaged."""
    scale = math.sqrt(max_pixels / (image.width * image.height))
    size = (max(1, int(image.width * scale)), max(1, int(image.height * scale)))
    if scale < 1 and from_file:
        image.draft(None, size)  # a JPEG is decoded at a half, a quarter or an eighth
    image.load()
    pixels = eight_bit(image)
    return pixels if scale >= 1 else pixels.resize(size, Image.Resampling.BOX, reducing_gap=2.0)


def _in_srgb(pixels: Image.Image, opened: _Opened) -> tuple[Image.Image, tuple[str, ...]]:
    """RGB or RGBA, and what there is to say of the file."""
    profile = opened.image.info.get("icc_profile")
    try:
        # Pillow names a profile that it could not put together, and gives None for it.
        if profile is None and "icc_profile" in opened.image.info:
            raise BadProfile("is damaged")
        return to_srgb(pixels, profile or None), opened.notes
    except BadProfile as error:
        passed_over = f"{opened.name} has a colour profile that {error}; it was passed over, and sRGB assumed"
        return to_srgb(pixels, None), (*opened.notes, passed_over)


def _too_large(what: str, width: int, height: int) -> str:
    return f"{what} has {width}×{height} pixels, more than {MOST_PIXELS // 1_000_000} million; give a smaller copy"
