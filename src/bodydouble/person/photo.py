"""Any image a caller may hand over becomes a `Photo`, upright, sRGB and of a workable size, or gets a clear no."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from threading import Lock

import numpy as np
import torch
from PIL import Image

from bodydouble.errors import InputError
from bodydouble.values import Photo

SMALLEST_SIDE = 64  # pixels; below, no detector sees a person
MOST_PIXELS = 250_000_000  # more is not decoded: 4 bytes each are 1 GB already

# Formats whose decoders are plain readers of pixels. Pillow knows others that start programs (EPS) or draw (WMF).
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "JPEG2000", "AVIF")
_READABLE = "give a JPEG, PNG, WebP, TIFF, BMP or GIF (an HEIC photo has to be saved as JPEG first)"

_ORIENTATION = 0x0112
_EXIF_FOLDER = 0x8769
_FOCAL_LENGTH, _FOCAL_LENGTH_35MM = 0x920A, 0xA405
_PIXELS_ACROSS, _PLANE_RESOLUTION, _PLANE_UNIT = 0xA002, 0xA20E, 0xA210
_MILLIMETRES = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}  # of each focal plane resolution unit
_FILM_DIAGONAL = math.hypot(36, 24)  # millimetres

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_PILLOW_LIMIT = Lock()


def read_photo(source: str | Path | Image.Image | np.ndarray, max_pixels: int = 20_000_000) -> Photo:
    """Read an image.

    Args:
        source: an image file, a PIL image, or an H×W, H×W×3 or H×W×4 uint8 array in sRGB (a fourth channel is
            straight alpha). EXIF orientation is applied; of an animation the first frame is taken.
        max_pixels: larger images are reduced to this many pixels.

    Returns:
        The photo. `alpha` is set only where some pixel is transparent; colours under alpha are straight, and
        meaningless where it is 0. `focal_px` comes from EXIF, and is None where EXIF is silent or absurd.

    Raises:
        InputError: the file is missing, no image, damaged, too small (a side under 64 pixels) or too large (over
            250 megapixels), or the array is not of that kind.
    """
    # Pillow warns of odd metadata; what matters of it is told by the errors here.
    with warnings.catch_warnings(action="ignore", category=UserWarning):
        if isinstance(source, np.ndarray):
            return _photo(_image_from_array(source), "the array", "photo", max_pixels)
        if isinstance(source, Image.Image):
            name = Path(getattr(source, "filename", "") or "photo").name
            return _photo(source, "the image", name, max_pixels)
        if isinstance(source, str | Path):
            with _open(Path(source)) as image:
                return _photo(image, str(source), Path(source).name, max_pixels, ours=True)
    raise InputError(f"a photo is a path, a PIL image or an H×W×3 uint8 array, not a {type(source).__name__}")


def _open(path: Path) -> Image.Image:
    """The image with its header read and nothing decoded."""
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder; give the image file")
        if not path.exists():
            raise InputError(f"{path} does not exist; check the name")
        if path.is_file() and path.stat().st_size == 0:
            raise InputError(f"{path} is empty (0 bytes); {_READABLE}")
        # Pillow warns of large images on its own terms and through the whole process; the limit is checked here.
        with _PILLOW_LIMIT:
            limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
            try:
                Image.init()
                return Image.open(path, formats=[name for name in FORMATS if name in Image.OPEN])
            finally:
                Image.MAX_IMAGE_PIXELS = limit
    except InputError:
        raise
    except PermissionError as error:
        raise InputError(f"{path} may not be read; change its permissions") from error
    except Exception as error:  # a damaged header can raise anything
        raise InputError(f"{path} is not an image that can be read; {_READABLE}") from error


def _image_from_array(array: np.ndarray) -> Image.Image:
    if array.dtype != np.uint8 or not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))):
        raise InputError(
            f"a photo as an array is H×W×3 or H×W×4 uint8, not {'×'.join(map(str, array.shape))} {array.dtype}; "
            "convert it first (0 is black, 255 is white)"
        )
    if min(array.shape[:2]) == 0:
        raise InputError("the array has no pixels; give an image of at least 64×64")
    return Image.fromarray(np.ascontiguousarray(array))


def _photo(image: Image.Image, what: str, name: str, max_pixels: int, ours: bool = False) -> Photo:
    """`ours`: no one else holds `image`, so it may be told to decode at a smaller size."""
    width, height = image.size
    if min(width, height) < SMALLEST_SIDE:
        raise InputError(f"{what} has {width}×{height} pixels; a photo needs {SMALLEST_SIDE} on its shorter side")
    if width * height > MOST_PIXELS:
        raise InputError(
            f"{what} has {width}×{height} pixels, more than {MOST_PIXELS // 1_000_000} million; give a smaller copy"
        )
    try:
        exif = _exif(image)
        pixels = _eight_bit(_decoded(image, max_pixels, ours))
    except Exception as error:  # decoders raise many kinds of error on damaged files
        raise InputError(f"{what} is damaged or cut short and cannot be decoded; save or copy it again") from error
    focal_px = _focal_px(exif, pixels.size, (width, height))
    turn = _UPRIGHT.get(int(_number(exif.get(_ORIENTATION)) or 1))
    if turn is not None:
        pixels = pixels.transpose(turn)
    channels = torch.from_numpy(np.array(pixels)).permute(2, 0, 1).float() / 255
    alpha = channels[3].contiguous() if len(channels) == 4 and channels[3].min() < 1 else None
    return Photo(rgb=channels[:3].contiguous(), alpha=alpha, focal_px=focal_px, name=name)


def _decoded(image: Image.Image, max_pixels: int, ours: bool) -> Image.Image:
    """The pixels, of at most `max_pixels`, colours weighted by alpha where they are averaged."""
    scale = math.sqrt(max_pixels / (image.width * image.height))
    size = (max(1, int(image.width * scale)), max(1, int(image.height * scale)))
    if scale < 1 and ours:
        image.draft(None, size)  # a JPEG is decoded at a half, a quarter or an eighth
    image.load()
    if scale >= 1:
        return image
    return _eight_bit(image).resize(size, Image.Resampling.BOX, reducing_gap=2.0)


def _eight_bit(image: Image.Image) -> Image.Image:
    """As RGB, or RGBA where the file knows transparency."""
    if image.mode.startswith("I"):
        # 16 bits in one channel; Pillow's own conversion would cut off at 255.
        values = np.asarray(image)
        image = Image.fromarray((values.clip(0, 65535) // 257).astype(np.uint8))
    elif image.mode == "F":
        values = np.nan_to_num(np.asarray(image))
        image = Image.fromarray((values / max(1.0, values.max()) * 255).clip(0, 255).astype(np.uint8))
    transparent = "transparency" in image.info or image.mode in ("RGBA", "LA", "PA", "RGBa", "La")
    if image.mode == "La":
        image = image.convert("LA")
    mode = "RGBA" if transparent else "RGB"
    return image if image.mode == mode else image.convert(mode)


def _exif(image: Image.Image) -> dict[int, object]:
    """Tags of the file and of its EXIF folder; none where they are damaged."""
    try:
        tags = image.getexif()
        return {**tags, **tags.get_ifd(_EXIF_FOLDER)}
    except Exception:  # a photo with damaged EXIF is still a photo
        return {}


def _focal_px(exif: dict[int, object], size: tuple[int, int], file_size: tuple[int, int]) -> float | None:
    """Focal length in pixels of an image of `size` (width, height) that was `file_size` in the file."""
    film, millimetres, resolution = (
        _number(exif.get(tag)) for tag in (_FOCAL_LENGTH_35MM, _FOCAL_LENGTH, _PLANE_RESOLUTION)
    )
    if film:
        focal = film * math.hypot(*size) / _FILM_DIAGONAL
    elif millimetres and resolution:
        per_millimetre = resolution / _MILLIMETRES.get(int(_number(exif.get(_PLANE_UNIT)) or 2), 25.4)
        focal = millimetres * per_millimetre * size[0] / (_number(exif.get(_PIXELS_ACROSS)) or file_size[0])
    else:
        return None
    return focal if 0.2 < focal / max(size) < 30 else None


def _number(value: object) -> float | None:
    """A positive finite number, or None."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) and number > 0 else None
