"""The unseen part of a tube around the body, a skirt above all: what was seen of it goes on around.

Texture columns run around the tube. From the border of what was seen, colours are mirrored: at each border first, so
that the flank shows the cloth next to it at its true scale, then at the flank, so that the far side shows what the near
side does. Nothing is stretched, and no step shows anywhere.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

from bodydouble.geometry.uv import spread_colours
from bodydouble.inpaint.curls import draw_sheet_curls
from bodydouble.inpaint.strands import complete_hair
from bodydouble.texture.multi_view import fill_unseen
from bodydouble.values import Surface, SurfaceKind, Texture

_BORDER = 0.18  # of the way around from the near side's middle: usual border of what is seen
_CURLY = 0.5  # of curl, from which on strands turn
_SIGMA = 0.08  # of the texture's height, of the border's smoothing


def complete_sheet(surface: Surface, curl: float = 0.0) -> Texture:
    """The whole texture of what hangs off the body, as its kind is completed.

    Args:
        curl: of hair, 0 straight to 1 curly.
    """
    if surface.kind == SurfaceKind.HAIR:
        return complete_hair(surface.texture, curls=draw_sheet_curls(surface) if curl > _CURLY else None)
    return complete_tube(surface.texture) if surface.kind == SurfaceKind.SKIRT else fill_unseen(surface.texture)


def complete_tube(partial: Texture) -> Texture:
    """The whole texture of a tube whose near side's middle is the texture's. Seen texels stay as they are."""
    size = partial.rgb.shape[-1]
    seen = partial.confidence > 0
    if not bool(seen.any()):
        return fill_unseen(partial)
    near = _complete_near(partial.rgb, seen)
    left, right = _borders(seen)
    angle = (torch.arange(size) + 0.5) / size - 0.5
    source = torch.where(angle >= 0, _mirrored(angle, right), -_mirrored(-angle, left))
    column = ((source + 0.5) * size).floor().long().clamp(0, size - 1)
    rgb = near.gather(2, column.expand(3, -1, -1))
    return replace(partial, rgb=torch.where(seen, partial.rgb, rgb))


def _mirrored(angle: Tensor, border: Tensor) -> Tensor:
    """S×S: where each column's colour comes from, as a share of the way around; `border` is (S,), of each row."""
    border = border[:, None]
    angle = angle.expand(len(border), -1)
    flank = torch.where(angle > 0.25, 0.5 - angle, angle)  # the far side as the near one
    return torch.where(flank > border, 2 * border - flank, flank)


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
