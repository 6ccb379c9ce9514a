"""Pixels of every kind that Pillow knows become 8-bit sRGB, through the colour profile that the file carries.

Little CMS does the conversion (`PIL.ImageCms`), with the relative colorimetric intent and black point compensation, as
browsers show photos. A profile that says what sRGB says changes nothing, to the bit.
"""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

_SAME_LEVELS = 2  # of 255; a profile that moves no colour by more says sRGB in other words
_CUBE_STEPS = 9  # colours along each axis by which that is judged
_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}  # Pillow's, of the profiles' colour spaces
_TRANSPARENT = ("RGBA", "LA", "PA", "RGBa", "La")


class BadProfile(ValueError):
    """A colour profile that cannot be used; the message says why, as the end of a sentence."""


def eight_bit(image: Image.Image) -> Image.Image:
    """As L, RGB, CMYK or LAB with 8 bits a channel, or with alpha as LA or RGBA; colours as they are in the file."""
    if image.mode.startswith("I"):
        # 16 bits in one channel; Pillow's own conversion would cut off at 255.
        values = np.asarray(image)
        return Image.fromarray((values.clip(0, 65535) // 257).astype(np.uint8))
    if image.mode == "F":
        values = np.nan_to_num(np.asarray(image))
        return Image.fromarray((values / max(1.0, values.max()) * 255).clip(0, 255).astype(np.uint8))
    if image.mode == "La":
        return image.convert("LA")
    if "transparency" in image.info or image.mode in _TRANSPARENT:
        return image if image.mode in ("LA", "RGBA") else image.convert("RGBA")
    return image if image.mode in _MODES.values() else image.convert("RGB")


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The image of `eight_bit` as RGB, or RGBA where it has alpha.

    Args:
        profile: the file's colour profile; None for what is sRGB already.

    Raises:
        BadProfile: it is damaged, or of another kind than the pixels.
    """
    plain = image.convert("RGBA" if "A" in image.mode and image.mode != "LAB" else "RGB")
    if profile is None:
        return plain
    transform = _transform(profile, _colour_mode(image.mode))
    if transform is None:
        return plain
    colours = image.convert(_colour_mode(image.mode)) if image.mode in ("LA", "RGBA") else image
    converted = transform.apply(colours)
    if plain.mode == "RGBA":
        converted.putalpha(plain.getchannel("A"))
    return converted


def _colour_mode(mode: str) -> str:
    return {"LA": "L", "RGBA": "RGB"}.get(mode, mode)


@lru_cache(maxsize=4)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """From colours of that mode to sRGB; None where they are sRGB. Raises BadProfile."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = source.profile.xcolor_space.strip()
        if _MODES.get(space) != mode:
            raise BadProfile(f"is for {space or 'no'} colours, which these are not")
        transform = ImageCms.buildTransform(
            source,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        return None if _changes_nothing(transform, mode) else transform
    except (OSError, TypeError, ValueError, ImageCms.PyCMSError) as error:
        raise error if isinstance(error, BadProfile) else BadProfile("is damaged") from error


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    if mode not in ("L", "RGB"):
        return False
    steps = np.linspace(0, 255, _CUBE_STEPS).round().astype(np.uint8)
    axes = [steps] * len(mode)
    colours = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(_CUBE_STEPS, -1, len(axes))
    before = Image.fromarray(colours if mode == "RGB" else colours[..., 0])
    after = transform.apply(before)
    difference = np.asarray(after).astype(int) - np.asarray(before.convert("RGB"))
    return int(np.abs(difference).max()) <= _SAME_LEVELS
