"""What the photo tells of a neural texture's colours, through the renderer (DINAR section 3.5 and supplement B).

| paper | here |
|---|---|
| T_rgb ← α · T_rgb + β (Eq. 7) | `match_tone`: the decoder's colours, brought to the photo's |
| 64 steps on T_rgb, weighted by λ | `tune_colours` |

The renderer is a function here, because it lies downstream. Renderers that take high-resolution colours are tuned
through them too: both textures get the same change, so the finer one keeps its detail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.dinar.channels import FILLED, RGB, blend_mask
from bodydouble.dinar.neural_texture import NeuralView, visible_pixels
from bodydouble.geometry.uv import enlarge
from bodydouble.progress import Progress
from bodydouble.raster.shade import sample_texture
from bodydouble.texture.assembly import LIBRARY, TextureAssembly
from bodydouble.texture.square_view import SquareView
from bodydouble.values import Texture

Window = tuple[slice, slice]  # rows and columns of a view
# (neural texture 21×N×N, high-resolution colours at the window's pixels 3×h×w, window) -> picture 3×h×w
Draw = Callable[[Tensor, Tensor, Window], Tensor]

_GAIN = (0.5, 2.0)  # of α
_SMOOTH = 5  # texels, side of the square over which the change is a mean
_BORDER = 16  # pixels of a crop's border whose error does not count, for want of neighbours


@dataclass(frozen=True, kw_only=True)
class TuneConfig:
    """The refinement's steps."""

    steps: int = 64
    rate: float = 2e-3  # Adam's, in colours of [0, 1]
    crop: int | None = 256  # side in pixels of the random part that is looked at in each step; None: the whole view


@torch.no_grad()
def match_tone(restored: Tensor, view: SquareView, visible: Tensor, draw: Draw, rounds: int = 2) -> Tensor:
    """The decoder's texture (21×N×N) with its colours changed by one line each (Eq. 7), until its picture is as
    bright and as contrasty as the photo where that shows the person (`visible`, s×s).

    The picture changes nearly as the texture does, so each round fits a line from picture to photo and applies it to
    the texture. Where fewer than 64 pixels are visible, nothing is changed.
    """
    if int(visible.sum()) < 64:
        return restored
    window = _whole(view)
    result = restored.clone()
    wanted = view.rgb[:, visible]
    for _ in range(rounds):
        colours = result[RGB]
        drawn = draw(result, sample_texture(colours, view.uv[None])[0], window)[:, visible]
        mean, goal = drawn.mean(1, keepdim=True), wanted.mean(1, keepdim=True)
        covariance = ((drawn - mean) * (wanted - goal)).mean(1, keepdim=True)
        gain = (covariance / (drawn - mean).square().mean(1, keepdim=True).clamp_min(1e-6)).clamp(*_GAIN)
        result[RGB] = (colours - mean[..., None]) * gain[..., None] + goal[..., None]
    return result


def tune_colours(
    neural: NeuralView,
    texture: Texture,
    view: SquareView,
    draw: Draw,
    config: TuneConfig,
    seed: int = 0,
    assembly: TextureAssembly = LIBRARY,
    progress: Progress | None = None,
) -> tuple[NeuralView, Texture]:
    """The colours of what the photo showed, moved until the renderer's picture is the photo.

    L2 alone: neither LPIPS nor the discriminator ships. The change is one of 256² texels for both textures. λ stands
    before the change and not before its gradient, because Adam would divide it out again.

    Args:
        texture: whole; only texels with `confidence` above 0 are changed.
        seed: of the crops.
        assembly: as the networks learned it.
    """
    visible = visible_pixels(view, neural.texture, assembly)
    if config.steps == 0 or not bool(visible.any()):
        return neural, texture
    weight = neural.cosine.clamp(0, 1) * blend_mask(neural.texture[FILLED])[0]
    colours = sample_texture(texture.rgb, view.uv[None])[0]
    generator = torch.Generator().manual_seed(seed)
    change = torch.zeros_like(neural.texture[RGB], requires_grad=True)

    def smoothed() -> Tensor:
        # Some texels meet more pixels than others; on its own, each would go as far as it gets.
        return weight * functional.avg_pool2d(change, _SMOOTH, 1, _SMOOTH // 2)

    optimiser = torch.optim.Adam([change], config.rate, betas=(0.0, 0.99))
    for step in range(config.steps):
        if progress:
            progress("tuning colours", step / config.steps)
        window = random_window(visible, config.crop, generator)
        moved = smoothed()
        changed = torch.cat([neural.texture[: RGB.start], neural.texture[RGB] + moved, neural.texture[RGB.stop :]])
        fine = colours[(slice(None), *window)] + sample_texture(moved, view.uv[None][(..., *window)])[0]
        error = draw(changed, fine, window) - view.rgb[(slice(None), *window)]
        counted = _without_border(visible[window]) if config.crop else visible[window]
        loss = (error.square() * counted).sum() / counted.sum().clamp_min(1)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return _moved(neural, texture, smoothed().detach())


def _moved(neural: NeuralView, texture: Texture, moved: Tensor) -> tuple[NeuralView, Texture]:
    """Both textures with their colours moved by 3×N×N; in the fine one only where it was seen."""
    coarse = neural.texture.clone()
    coarse[RGB] = (coarse[RGB] + moved).clamp(0, 1)
    fine = enlarge(moved, texture.rgb.shape[-1])
    rgb = torch.where(texture.confidence > 0, (texture.rgb + fine).clamp(0, 1), texture.rgb)
    return replace(neural, texture=coarse), replace(texture, rgb=rgb)


def _whole(view: SquareView) -> Window:
    height, width = view.mask.shape
    return slice(0, height), slice(0, width)


def random_window(visible: Tensor, crop: int | None, generator: torch.Generator | None = None) -> Window:
    """A square of side `crop` around a random visible pixel (H×W, bool), on the grid of the renderer's coarsest pixels.

    The corner's square where nothing is visible. Random numbers are torch's own without a generator.
    """
    height, width = visible.shape
    side = min(crop or height, height, width)
    pixels = visible.nonzero()
    middle = pixels[int(torch.randint(len(pixels), (), generator=generator))].tolist() if len(pixels) else (0, 0)
    top, left = ((place - side // 2) // 16 * 16 for place in middle)
    top, left = max(0, min(top, height - side)), max(0, min(left, width - side))
    return slice(top, top + side), slice(left, left + side)


def _without_border(visible: Tensor) -> Tensor:
    """H×W, 0 or 1: the visible pixels of a crop whose surroundings are in it, if there are any."""
    inner = torch.zeros_like(visible)
    inner[_BORDER:-_BORDER, _BORDER:-_BORDER] = visible[_BORDER:-_BORDER, _BORDER:-_BORDER]
    return (inner if bool(inner.any()) else visible).float()
