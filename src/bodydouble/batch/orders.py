"""Which photos are meant, and what their doubles are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bodydouble.batch import Order
from bodydouble.errors import InputError
from bodydouble.person.video import SUFFIXES as VIDEO_SUFFIXES

PICTURES = "pictures"  # the folder, within that of the doubles, of what each looks like
# By which a folder's photos are told from what else lies there; a file that is named itself may be called anything.
PHOTO_SUFFIXES = (
    *(".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".ppm", ".jp2", ".avif", ".heic", ".heif"),
    *(".dng", ".nef", ".cr2", ".cr3", ".arw", ".raf", ".orf", ".rw2", ".pef"),
)


def find_photos(sources: Sequence[Path]) -> list[Path]:
    """Files as they are; of folders the photos and videos that lie directly in them, by name. None comes twice.

    Raises:
        InputError: there is none, or a path does not exist.
    """
    photos: dict[Path, None] = {}
    for source in sources:
        if source.is_dir():
            photos |= dict.fromkeys(path for path in sorted(source.iterdir()) if _looks_like_photo(path))
        elif source.is_file():
            photos[source] = None
        else:
            raise InputError(f"{source}: there is no such file or folder")
    if not photos:
        raise InputError(f"{', '.join(map(str, sources))}: no photo or video lies in there")
    return list(photos)


def make_orders(photos: Sequence[Path], out_dir: Path, settings: Mapping[str, Any]) -> list[Order]:
    """An order for each photo. `NAME.double` is of NAME.jpg; where there is a NAME.png, too, they keep their suffixes.

    Raises:
        InputError: two photos have the same name.
    """
    stems = Counter(photo.stem.casefold() for photo in photos)  # some systems do not tell A from a
    names = [photo.stem if stems[photo.stem.casefold()] == 1 else photo.name for photo in photos]
    counts = Counter(name.casefold() for name in names)
    for name in names:
        if counts[name.casefold()] > 1:
            raise InputError(f"several photos are called {name}; give those of each folder an --out-dir of their own")
    pictures = out_dir / PICTURES
    return [
        Order(photo=photo, double=out_dir / f"{name}.double", picture=pictures / f"{name}.png", settings=settings)
        for photo, name in zip(photos, names, strict=True)
    ]


def _looks_like_photo(path: Path) -> bool:
    """By its name; hidden files are not meant."""
    suffix = path.suffix.lower()
    return path.is_file() and not path.name.startswith(".") and suffix in (*PHOTO_SUFFIXES, *VIDEO_SUFFIXES)
