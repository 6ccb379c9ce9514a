"""Textures of another size, for programs that have little memory, or want one size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from torch import Tensor
from torch.nn.functional import interpolate

from bodydouble.errors import InputError
from bodydouble.values import Surface, Texture

_RANGE = (128, 4096)  # texels a side


def resize_textures(texture: Texture, attached: Sequence[Surface], size: int) -> tuple[Texture, list[Surface]]:
    """The body's texture with `size` texels a side, and those of what hangs off it smaller or larger likewise.

    What is enlarged gets no finer.

    Raises:
        InputError: a size beyond 128 to 4096.
    """
    if not _RANGE[0] <= size <= _RANGE[1]:
        raise InputError(f"a texture of {size} texels is out of range; it may have {_RANGE[0]} to {_RANGE[1]} a side")
    scale = size / texture.rgb.shape[-1]
    return resize_texture(texture, size), [
        replace(surface, texture=resize_texture(surface.texture, max(1, round(scale * surface.texture.rgb.shape[-1]))))
        for surface in attached
    ]


def resize_texture(texture: Texture, size: int) -> Texture:
    """A texture with `size` texels a side; labels and what networks painted are left behind."""
    if size == texture.rgb.shape[-1]:
        return texture
    alpha = None if texture.alpha is None else _resize(texture.alpha[None], size)[0]
    rgb, confidence = _resize(texture.rgb, size), _resize(texture.confidence[None], size)[0]
    return Texture(rgb=rgb, confidence=confidence, alpha=alpha)


def _resize(image: Tensor, size: int) -> Tensor:
    return interpolate(image[None], (size, size), mode="bicubic", antialias=True)[0].clamp(0, 1)
