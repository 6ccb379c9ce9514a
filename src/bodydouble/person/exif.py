"""What a photo's EXIF says: which way is up, and the focal length."""

from __future__ import annotations

import math
from collections.abc import Mapping

from PIL import Image

Tags = Mapping[int, object]  # of the file and of its EXIF folder, by number

EXIF_FOLDER = 0x8769
_ORIENTATION = 0x0112
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


def read_tags(image: Image.Image) -> Tags:
    """The image's own tags; none where they are damaged."""
    try:
        tags = image.getexif()
        return {**tags, **tags.get_ifd(EXIF_FOLDER)}
    except Exception:  # a photo with damaged EXIF is still a photo
        return {}


def turned_upright(image: Image.Image, tags: Tags) -> Image.Image:
    """The image as its orientation tag says it has to be shown."""
    turn = _UPRIGHT.get(int(_positive(tags.get(_ORIENTATION)) or 1))
    return image if turn is None else image.transpose(turn)


def focal_length_px(tags: Tags, size: tuple[int, int], file_size: tuple[int, int]) -> float | None:
    """Focal length in pixels of an image of `size` (width, height) that was `file_size` in the file; None where the
    tags are silent or absurd."""
    film, millimetres, resolution = (
        _positive(tags.get(tag)) for tag in (_FOCAL_LENGTH_35MM, _FOCAL_LENGTH, _PLANE_RESOLUTION)
    )
    if film:
        focal = film * math.hypot(*size) / _FILM_DIAGONAL
    elif millimetres and resolution:
        per_millimetre = resolution / _MILLIMETRES.get(int(_positive(tags.get(_PLANE_UNIT)) or 2), 25.4)
        focal = millimetres * per_millimetre * size[0] / (_positive(tags.get(_PIXELS_ACROSS)) or file_size[0])
    else:
        return None
    return focal if 0.2 < focal / max(size) < 30 else None


def _positive(value: object) -> float | None:
    """A positive finite number, or None."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) and number > 0 else None
