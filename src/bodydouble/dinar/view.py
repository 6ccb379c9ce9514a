"""One picture through the neural renderer: the body is rasterised, the network draws it (paper equation 3).

Only the part of the picture around the body is computed, on the grid of the network's coarsest pixels, so that a body
that moves a little is not drawn anew in a different way.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble import raster
from bodydouble.dinar.renderer import NeuralRenderer, for_inference, signed_uv
from bodydouble.geometry.camera import clip_from_world, cropped, project, resized
from bodydouble.raster.shade import interpolate, sample_texture
from bodydouble.values import Camera, Mesh, Texture, UvLayout

_SUPERSAMPLE = 2  # samples of the high-resolution colours along each side of a pixel
_AROUND = 0.08  # share of the body's height that hair and loose clothes may reach beyond it


@dataclass(frozen=True, kw_only=True)
class NeuralLook:
    """A texture made ready for many pictures."""

    renderer: NeuralRenderer  # its fast copy
    features: Tensor  # 1×F×N×N: the neural texture after the renderer's own layers
    rgb: Tensor  # 3×S×S, [0, 1]: high-resolution colours

    @staticmethod
    @torch.no_grad()
    def of(renderer: NeuralRenderer, texture: Texture, dtype: torch.dtype | None = None) -> NeuralLook:
        """The look of a texture that has a neural one, on the texture's device; `dtype` as in `for_inference`."""
        assert texture.neural is not None
        fast = for_inference(copy.deepcopy(renderer).to(texture.rgb.device), dtype)
        return NeuralLook(renderer=fast, features=fast.texture_features(texture.neural[None]), rgb=texture.rgb)


@torch.no_grad()
def render_neural(
    mesh: Mesh, layout: UvLayout, look: NeuralLook, camera: Camera, rasterise: raster.Rasteriser | None = None
) -> Tensor:
    """The mesh as the camera sees it and the renderer draws it.

    Args:
        rasterise: the built-in one when None.

    Returns:
        4×H×W, [0, 1], straight alpha; colour 0 where alpha is 0.
    """
    height, width = camera.size
    result = look.rgb.new_zeros(4, height, width)
    found = _window(mesh, camera, 2 ** (len(look.renderer.config.widths) - 1))
    if found is None:
        return result
    top, left, part = found
    drawn = _draw(mesh, layout, look, part, rasterise or raster.rasteriser())
    rows, columns = min(height - top, drawn.shape[1]), min(width - left, drawn.shape[2])
    result[:, top : top + rows, left : left + columns] = drawn[:, :rows, :columns]
    return result


def _draw(mesh: Mesh, layout: UvLayout, look: NeuralLook, camera: Camera, rasterise: raster.Rasteriser) -> Tensor:
    """4×h×w of a camera whose sides the renderer can halve as often as it does."""
    height, width = camera.size
    fine = (height * _SUPERSAMPLE, width * _SUPERSAMPLE)
    fragments = rasterise(clip_from_world(mesh.vertices, resized(camera, fine))[None], mesh.faces, fine)
    covered = (fragments.face >= 0).to(look.rgb.dtype)[:, None]
    share = functional.avg_pool2d(covered, _SUPERSAMPLE)
    uv = interpolate(fragments, layout.faces, layout.uv)
    detail = None
    if look.renderer.config.detail:
        colour = functional.avg_pool2d(sample_texture(look.rgb, uv) * covered, _SUPERSAMPLE)
        detail = colour / share.clamp_min(1e-6)
    # A mean of uv across a seam would lie anywhere: one sample of each pixel stands for it.
    at = (..., slice(_SUPERSAMPLE // 2, None, _SUPERSAMPLE), slice(_SUPERSAMPLE // 2, None, _SUPERSAMPLE))
    uv, covered = uv[at], covered[at]
    colour, mask = look.renderer.draw(look.features, signed_uv(uv, covered), covered, detail)
    if detail is not None:
        # To the network a pixel is body or is not. The outline is as smooth as the fine samples make it, but where the
        # network goes on beside the body.
        beside = mask * (1 - covered)
        colour = torch.where((covered == 0) & (share > beside), detail, colour)
        mask = torch.maximum(share, beside + functional.max_pool2d(beside, 3, 1, 1) * covered)
    return torch.cat([colour * (mask > 0), mask], 1)[0]


def _window(mesh: Mesh, camera: Camera, step: int) -> tuple[int, int, Camera] | None:
    """Top, left and camera of the part around the body, its sides multiples of `step`; None where none is in sight."""
    pixels = project(mesh.vertices, camera)
    low, high = pixels[:, :2].amin(0), pixels[:, :2].amax(0)
    if float(pixels[:, 2].min()) < 0.05:  # some of it is behind the camera, and its pixels mean nothing
        low, high = torch.zeros_like(low), high.new_tensor([camera.size[1], camera.size[0]])
    margin = max(2.0 * step, _AROUND * float(high[1] - low[1]))
    left, right = _steps(float(low[0]) - margin, float(high[0]) + margin, camera.size[1], step)
    top, bottom = _steps(float(low[1]) - margin, float(high[1]) + margin, camera.size[0], step)
    if right <= left or bottom <= top:
        return None
    part = cropped(camera, left, top, (bottom - top, right - left))
    return top, left, replace(part, intrinsics=part.intrinsics.to(mesh.vertices))


def _steps(low: float, high: float, side: int, step: int) -> tuple[int, int]:
    """The range widened to multiples of `step`; within the picture, but for its last incomplete step."""
    first = max(0, int(low // step))
    last = min(-(-side // step), int(-(-high // step)))
    # Reflections at the border need more than one coarse pixel.
    return first * step, max(last, first + 2) * step if last > first else first * step
