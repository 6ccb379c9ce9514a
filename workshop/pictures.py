"""Pictures as the workshop's sheets need them, on a background, side by side; and folders of photographs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from bodydouble.errors import InputError

PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")  # of files in a folder that count as photographs


def lay_on_background(picture: Image.Image, colour: tuple[int, int, int]) -> Image.Image:
    """An RGB or RGBA picture as an opaque one, on a plain background (0…255)."""
    plain = Image.new("RGB", picture.size, colour)
    plain.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
    return plain


def join_in_a_row(pictures: Sequence[Image.Image], gap_px: int = 0) -> Image.Image:
    """Opaque pictures of one height next to each other, white between them."""
    width = sum(picture.width for picture in pictures) + gap_px * (len(pictures) - 1)
    row = Image.new("RGB", (width, pictures[0].height), (255, 255, 255))
    left = 0
    for picture in pictures:
        row.paste(picture, (left, 0))
        left += picture.width + gap_px
    return row


def add_photo_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask for the folder (`photos`) and the photos' file names (`names`)."""
    parser.add_argument("photos", type=Path, help="folder")
    parser.add_argument("names", nargs="*", help="of photos; all of the folder where none are given")


def list_photos(options: argparse.Namespace) -> list[str]:
    """The file names that are asked for. Raises InputError where there is no such folder."""
    if not options.photos.is_dir():
        raise InputError(f"there is no folder {options.photos}; give the folder with the photos")
    return options.names or sorted(p.name for p in options.photos.iterdir() if p.suffix.lower() in PHOTO_SUFFIXES)
