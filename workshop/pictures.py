"""Pictures as the workshop's sheets need them: on a background, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

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
