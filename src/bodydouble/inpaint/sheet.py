"""The unseen part of a tube around the body, a skirt above all: what was seen of it goes on around.

Texture columns run around the tube. From the border of what was seen, colours are mirrored: at each border first, so
that the flank shows the cloth next to it at its true scale, then at the flank, so that the far side shows what the near
side does. Nothing is stretched, and no step shows anywhere.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from scipy.ndimage import gaussian_filter, gaussian_filter1d
from torch import Tensor

from bodydouble.geometry.uv import spread_colours
from bodydouble.inpaint.strands import complete_hair
from bodydouble.texture.multi_view import fill_unseen
from bodydouble.values import Surface, SurfaceKind, Texture

_BORDER = 0.18  # of the way around from the near side's middle: usual border of what is seen
_MARK = 2.5  # times the usual distance of colour from the row's: what is farther is a mark
_PLAIN = 0.03  # of a colour channel, which plain cloth varies
_MARK_SIGMA = (0.008, 0.03)  # of the texture's size, of plain and of patterned cloth: what is coarser is a mark
_PATTERNED = (0.03, 0.09)  # usual distance of colour from the row's, of plain and of patterned cloth
_FADE = 0.03  # of the texture's size, over which what was seen goes over into what was not
_SHADING = 0.2  # of which this much stays
_ROW_SIGMA = 0.01  # of the texture's height, of the evening of what is usual in a row
_FRONT = 0.05  # of the way around from the middle, which a coat's front edges and buttons take up
_SIGMA = 0.08  # of the texture's height, of the border's smoothing


def complete_sheet(surface: Surface) -> Texture:
    """The whole texture of what hangs off the body, as its kind is completed."""
    if surface.kind == SurfaceKind.HAIR:
        return complete_hair(surface.texture)
    if surface.kind == SurfaceKind.COAT:
        return complete_tube(surface.texture, front=_FRONT)
    return complete_tube(surface.texture) if surface.kind == SurfaceKind.SKIRT else fill_unseen(surface.texture)


def complete_tube(partial: Texture, front: float = 0.0) -> Texture:
    """The whole texture of a tube whose near side's middle is the texture's. Seen texels stay as they are.

    Args:
        front: how far from that middle, as a share of the way around, the front edges with their buttons reach, which
            do not come again elsewhere.
    """
    size = partial.rgb.shape[-1]
    seen = partial.confidence > 0
    if not bool(seen.any()):
        return fill_unseen(partial)
    near = _complete_near(partial.rgb, seen)
    left, right = _borders(seen)
    angle = (torch.arange(size) + 0.5) / size - 0.5
    source = torch.where(angle >= 0, _mirrored(angle, right, front), -_mirrored(-angle, left, front))
    column = ((source + 0.5) * size).floor().long().clamp(0, size - 1)
    rgb = near.gather(2, column.expand(3, -1, -1))
    beside = torch.where(angle >= 0, angle < right[:, None], -angle < left[:, None])
    rgb = torch.where(beside, rgb, _without_marks(rgb, near, seen))
    return replace(partial, rgb=torch.where(seen, partial.rgb, rgb))


def _without_marks(rgb: Tensor, near: Tensor, seen: Tensor) -> Tensor:
    """3×S×S: cloth whose pattern stays, while a hand's shadow, a pocket or a button does not come again behind.

    Away from what was seen only what is finer than marks is taken from there, and no colour is farther from what is
    usual in its row than most of the cloth's.

    Args:
        rgb: 3×S×S, taken from elsewhere on the cloth.
        near: 3×S×S, the near side, whole.
        seen: S×S, bool.
    """
    size = rgb.shape[-1]
    columns = slice(round((0.5 - _BORDER) * size), round((0.5 + _BORDER) * size))
    usual = gaussian_filter1d(near[:, :, columns].median(2).values.numpy(), _ROW_SIGMA * size, axis=1, mode="nearest")
    row = torch.from_numpy(usual)[..., None]
    spread = (near - row)[:, seen].abs().median(1).values
    sigma = float(np.interp(float(spread.mean()), _PATTERNED, _MARK_SIGMA)) * size
    beside = torch.from_numpy(gaussian_filter(seen.float().numpy(), _FADE * size, mode=("nearest", "wrap")))
    coarse = gaussian_filter((rgb - row).numpy(), (0, sigma, sigma), mode=("nearest", "nearest", "wrap"))
    change = rgb - row - (1 - (2 * beside).clamp(_SHADING, 1)) * torch.from_numpy(coarse)
    farthest = (_MARK * spread).clamp_min(_PLAIN)[:, None, None]
    return (row + change.clamp(-farthest, farthest)).clamp(0, 1)


def _mirrored(angle: Tensor, border: Tensor, front: float) -> Tensor:
    """S×S: where each column's colour comes from, as a share of the way around; `border` is (S,), of each row."""
    border = border[:, None]
    angle = angle.expand(len(border), -1)
    flank = torch.where(angle > 0.25, 0.5 - angle, angle)  # the far side as the near one
    source = torch.where(flank > border, 2 * border - flank, flank)
    return front + (source - front).abs() if front else source


def _borders(seen: Tensor) -> tuple[Tensor, Tensor]:
    """(S,) each: how far to the left and to the right of the middle each row was seen."""
    size = len(seen)
    rows = seen.any(1).numpy()
    angle = (np.arange(size) + 0.5) / size - 0.5
    mask = seen.numpy()
    borders = []
    for side in (-1, 1):
        reach = np.where(mask & (side * angle > 0), side * angle, 0).max(1)
        reach = np.where(rows & (reach > _BORDER / 2), reach, np.nan)
        known = np.isfinite(reach)
        filled = (
            np.interp(np.arange(size), np.flatnonzero(known), reach[known]) if known.any() else np.full(size, _BORDER)
        )
        smooth = gaussian_filter1d(filled, _SIGMA * size, mode="nearest").clip(0.1, 0.24)
        borders.append(torch.from_numpy(smooth).float())
    return borders[0], borders[1]


def _complete_near(rgb: Tensor, seen: Tensor) -> Tensor:
    """3×S×S: what is missing on the near side from its mirrored texel, else from around."""
    twin, twin_seen = rgb.flip(2), seen.flip(1)
    filled = torch.where(seen, rgb, twin * twin_seen)
    known = seen | twin_seen
    return torch.where(known, filled, spread_colours(filled, known[None]))
