"""Hair that was not seen: the colour that the hair has at that height, in strands like those that were seen."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor

from bodydouble.clothing.hair_locks import draw_gaps
from bodydouble.geometry.blur import blur_plane
from bodydouble.geometry.smoothstep import smoothstep
from bodydouble.geometry.uv import spread_colours
from bodydouble.inpaint.hair_tones import tint_strands
from bodydouble.texture.hair_rim import usual_colours
from bodydouble.texture.multi_view import fill_unseen
from bodydouble.values import Texture

_STRAND_SIGMA = 0.02  # of the texture's width: what varies faster is strands
# Texels of strands, fine to coarse, at 512 texels around, and the share of each: coarse ones as strong are stripes.
_WIDTHS = ((0.7, 1.0), (1.6, 1.0), (4.0, 0.6), (9.0, 0.35))
_CROWN = 0.1  # of the texture's height, over which strands set in: at the crown all of them meet, and are a star
_FALL = 0.12  # of the texture's height along which a strand stays the same
_REACH = 0.16  # of the texture's width, over which the colours that were seen go over into the usual ones
_ENOUGH = 0.25  # share of the texture that was seen, from which on it alone tells the usual colour
_GAPS = 0.9  # deviations by which the gap between two locks is darker
_CONTRAST = 0.18  # relative deviation of the strands of hair of which nothing was seen


def complete_hair(
    partial: Texture,
    seed: int = 0,
    curls: Tensor | None = None,
    usual: Tensor | None = None,
    tones: Tensor | None = None,
    sheen: Tensor | None = None,
) -> Texture:
    """The whole texture of a sheet of hair. Seen texels stay as they are; strands run down.

    Args:
        curls: S×S, mean 0 and deviation 1: what is drawn instead of strands that run down.
        usual: (3,), the colour where little or nothing was seen; None: what was seen alone tells it, grey if nothing.
        tones: Q×3, of strands, as `hair_tones` tells; None: strands have the contrast of what was seen.
        sheen: S×S, deviations by which strands are lighter there (`inpaint.sheen`); None: by none.
    """
    seen = partial.confidence > 0
    size = partial.rgb.shape[-1]
    drawn = _draw_strands(size, seed) if curls is None else curls
    drawn = drawn if sheen is None else drawn + sheen
    if not bool(seen.any()):
        if usual is None:
            return fill_unseen(partial)
        strands = 1 + _CONTRAST * drawn if tones is None else tint_strands(drawn, tones)
        return replace(partial, rgb=(usual[:, None, None] * strands).clamp(0, 1))
    base = usual_colours(partial.rgb, seen)
    if usual is not None:
        base = torch.lerp(usual[:, None, None], base, min(1.0, float(seen.float().mean()) / _ENOUGH))
    contrast = _strand_contrast(partial.rgb, seen)
    if tones is None:
        strands = 1 + contrast * drawn
    else:  # at least as much contrast as was seen from strand to strand
        tint = tint_strands(drawn, tones)
        strands = tint + (contrast - tint.mean(0).std()).clamp_min(0) * drawn
    made = (base * strands).clamp(0, 1)
    near = spread_colours(partial.rgb * seen, seen[None].float())
    made = torch.lerp(made, (near * strands).clamp(0, 1), _nearness(seen))
    return replace(partial, rgb=torch.where(seen, partial.rgb, made))


def _nearness(seen: Tensor) -> Tensor:
    """S×S in [0, 1]: 1 beside what was seen, 0 from `_REACH` on; around the sheet it goes on over the seam."""
    size = len(seen)
    reach = round(_REACH * size)
    around = torch.cat([seen[:, -reach:], seen, seen[:, :reach]], 1).numpy()
    away = cv2.distanceTransform((~around).astype(np.uint8), cv2.DIST_L2, 5)[:, reach : reach + size]
    near = 1 - torch.from_numpy(away / reach).clamp(0, 1)
    return smoothstep(near)


def _strand_contrast(rgb: Tensor, seen: Tensor) -> float:
    """Relative deviation of the seen hair from its own surroundings."""
    light = (rgb.mean(0) * seen).numpy()
    sigma = _STRAND_SIGMA * rgb.shape[-1]
    weight = gaussian_filter(seen.float().numpy(), sigma).clip(1e-3)
    smooth = gaussian_filter(light, sigma) / weight
    relative = (light - smooth)[seen.numpy()] / np.maximum(smooth[seen.numpy()], 0.02)
    return float(np.clip(relative.std(), 0.05, 0.35))


def _draw_strands(size: int, seed: int) -> Tensor:
    """S×S, mean 0, deviation 1: strands of several widths, which run down and wander; darker between locks."""
    noise = np.random.default_rng(seed).standard_normal((len(_WIDTHS), size, size))
    total = np.zeros((size, size))
    for layer, (width, share) in zip(noise, _WIDTHS, strict=True):
        strand = blur_plane(layer, (_FALL * size, width * size / 512), mode="wrap")
        total += share * strand / strand.std()
    drawn = torch.from_numpy(total / total.std()).float() - _GAPS * draw_gaps(size)
    below = ((torch.arange(size)[:, None] + 0.5) / (_CROWN * size)).clamp(0, 1)
    return (drawn - drawn.mean()) / drawn.std() * smoothstep(below)
