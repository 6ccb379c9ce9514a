"""One picture of a textured mesh: anti-aliased, with a transparent background."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor
from torch.nn import functional

from bodydouble import raster
from bodydouble.files import whole_file
from bodydouble.geometry import window
from bodydouble.geometry.camera import clip_from_world, resized
from bodydouble.raster.shade import interpolate, sample_texture
from bodydouble.values import Camera, Mesh, UvLayout


def eight_bits(image: Tensor) -> np.ndarray:
    """H×W×C uint8 of C×H×W in [0, 1]; what lies beyond is cut off."""
    return window.eight_bits(image.clamp(0, 1))


def write_png(picture: np.ndarray, path: str | Path, note: str) -> None:
    """Write a PNG, whole or not at all, that says what it is and what made it.

    Args:
        picture: H×W×3 or H×W×4 uint8, sRGB.
        note: its description, as `metadata.describe_provenance` words it.

    Raises:
        InputError: the folder of `path` does not exist.
    """
    with whole_file(path) as temporary:
        Image.fromarray(picture).save(temporary, "PNG", pnginfo=png_texts(note))


def png_texts(note: str) -> PngInfo:
    """A note under the keywords that the PNG specification has for it; anything but Latin-1 becomes iTXt."""
    texts = PngInfo()
    texts.add_text("Software", "Bodydouble")
    texts.add_text("Description", note)
    return texts


@torch.no_grad()
def render_mesh(
    mesh: Mesh,
    layout: UvLayout,
    rgb: Tensor,
    camera: Camera,
    supersample: int = 2,
    rasterise: raster.Rasteriser | None = None,
) -> Tensor:
    """The mesh as the camera sees it, with the texture's own colours: no light is added.

    Args:
        rgb: 3×S×S, [0, 1], in `layout`.
        supersample: samples a pixel along each side; 1 leaves hard edges.
        rasterise: the built-in one when None.

    Returns:
        4×H×W, [0, 1], straight alpha; colour 0 where alpha is 0.
    """
    height, width = camera.size
    fine = (height * supersample, width * supersample)
    clip = clip_from_world(mesh.vertices, resized(camera, fine))[None]
    fragments = (rasterise or raster.rasteriser())(clip, mesh.faces, fine)
    alpha = (fragments.face >= 0).to(rgb.dtype)[:, None]
    colour = sample_texture(rgb, interpolate(fragments, layout.faces, layout.uv))
    # Averaging colour times alpha keeps the empty samples' colour out of the edges.
    averaged = functional.avg_pool2d(torch.cat([colour * alpha, alpha], 1), supersample)[0]
    colour, alpha = averaged[:3], averaged[3:]
    return torch.cat([colour / torch.where(alpha > 0, alpha, 1), alpha])
