"""The unseen part of a tube around the body, a skirt or a coat: what was seen of it goes on around.

Texture columns run around the tube. From the border of what was seen, colours are mirrored, so that the far side shows
what the near side does; the flanks between are a piece of the near side, cut to meet both. Nothing is stretched, and no
step shows anywhere. A bag or a hand before the cloth does not come again.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from scipy.ndimage import gaussian_filter, gaussian_filter1d
from torch import Tensor

from bodydouble.geometry.uv import spread_colours
from bodydouble.inpaint.quilt import bridge_gap
from bodydouble.inpaint.see_through import FRONT_ONLY, SheetThrough
from bodydouble.texture.multi_view import fill_unseen
from bodydouble.values import Texture

_BORDER = 0.18  # of the way around from the near side's middle: usual border of what is seen
_MARK_SIGMA = 0.015  # of the texture's side: finer patterns are no marks
_UNLIKE = 0.22  # distance of a mark's colour from the tube's usual one
_USUAL_BORDER = 0.8  # quantile of the rows' borders at which a flank begins
_OVERLAP = 0.06  # of the texture's side, within which a flank's piece is cut to meet what lies beside it
_TONE_FROM = 0.18  # of the way around: from here to the flank the far side's colour takes over
_TONE_SIGMA = 0.06  # of the texture's side: what is finer is the cloth's own
_UNLIKE_FAR = 0.3  # the same from the far side's colour, which is a guess, where the parser is sure of the cloth
_SURE = 0.5
_BAND = 0.8  # share of what was seen of a row, from which on it is a band around
_SIGMA = 0.08  # of the texture's height, of the border's smoothing
_MARK = 2.5  # times the usual distance of colour from the row's: what is farther is a mark
_PLAIN = 0.03  # of a colour channel, which plain cloth varies
_COARSE = (0.008, 0.03)  # of the texture's size, of plain and of patterned cloth: what is coarser is a mark
_PATTERNED = (0.03, 0.09)  # usual distance of colour from the row's, of plain and of patterned cloth
_FADE = 0.03  # of the texture's size, over which what was seen goes over into what was not
_SHADING = 0.2  # of which this much stays
_ROW_SIGMA = 0.01  # of the texture's height, of the evening of what is usual in a row


def complete_tube(partial: Texture, through: SheetThrough | None = None, front: float = 0.0) -> Texture:
    """The whole texture of a tube whose near side's middle is the texture's. Seen texels stay as they are.

    Args:
        through: what the parser sees through the tube: what of the near side does not go on, and the far side's colour.
        front: how far from the near side's middle, as a share of the way around, front edges with their buttons reach,
            which do not come again elsewhere.
    """
    size = partial.rgb.shape[-1]
    seen = partial.confidence > 0
    if not bool(seen.any()):
        return fill_unseen(partial)
    source = seen & ~_find_marks(partial.rgb, seen, through)
    near = _complete_near(partial.rgb, source if bool(source.any()) else seen)
    left, right = _borders(seen)
    angle = (torch.arange(size) + 0.5) / size - 0.5
    origin = torch.where(angle >= 0, _mirrored(angle, right, front), -_mirrored(-angle, left, front))
    column = ((origin + 0.5) * size).floor().long().clamp(0, size - 1)
    rgb = _quilt_flanks(near.gather(2, column.expand(3, -1, -1)), left, right)
    beside = torch.where(angle >= 0, angle < right[:, None], -angle < left[:, None])
    rgb = torch.where(beside, rgb, _without_marks(rgb, near, seen))
    if through is not None:
        rgb = _tone(rgb, angle, through)
    return replace(partial, rgb=torch.where(seen, partial.rgb, rgb))


def _quilt_flanks(rgb: Tensor, left: Tensor, right: Tensor) -> Tensor:
    """3×S×S: with flanks of the near side's own cloth in place of what was mirrored twice.

    Args:
        left, right: (S,), how far each row was seen to either side.
    """
    size = rgb.shape[-1]
    image = rgb.permute(1, 2, 0).numpy()
    for border in (right, left):
        first = round((0.5 + float(border.quantile(_USUAL_BORDER))) * size)
        last = round(1.5 * size) - first
        overlap = min(round(_OVERLAP * size), size - last)
        image = bridge_gap(image, first, last, overlap, size - first)[:, ::-1]
    return torch.from_numpy(image.copy()).permute(2, 0, 1)


def _tone(rgb: Tensor, angle: Tensor, through: SheetThrough) -> Tensor:
    """3×S×S: with the far side's colours, as the parser sees them, from a little before the flanks on.

    Args:
        angle: (S,), of the columns, shares of the way around.
    """
    sigma = _TONE_SIGMA * rgb.shape[-1]
    smooth = torch.stack([torch.from_numpy(gaussian_filter(plane.numpy(), sigma, mode="nearest")) for plane in rgb])
    behind = ((angle.abs() - _TONE_FROM) / (0.25 - _TONE_FROM)).clamp(0, 1)
    return (rgb + (through.colour - smooth) * behind * ((through.chance - _SURE) / _SURE).clamp(0, 1)).clamp(0, 1)


def _find_marks(rgb: Tensor, seen: Tensor, through: SheetThrough | None) -> Tensor:
    """S×S, bool: seen texels of what lies on the tube in front: a bag, a hand, a tie.

    Their colour is neither the tube's nor the far side's, or they take up only part of what was seen of their rows;
    bands around are none.
    """
    sigma = _MARK_SIGMA * rgb.shape[-1]
    weight = gaussian_filter(seen.double().numpy(), sigma).clip(1e-3)
    smooth = np.stack([gaussian_filter((plane * seen).double().numpy(), sigma) / weight for plane in rgb])
    usual = np.median(smooth[:, seen.numpy()], 1)[:, None, None]
    unlike = torch.from_numpy(np.linalg.norm(smooth - usual, axis=0) > _UNLIKE) & seen
    share = unlike.sum(1, keepdim=True) / seen.sum(1, keepdim=True).clamp_min(1)
    marks = unlike & (share < _BAND)
    if through is not None:
        far = torch.from_numpy(np.linalg.norm(smooth - through.colour.numpy(), axis=0) > _UNLIKE_FAR)
        marks |= seen & (through.front_only > FRONT_ONLY) | unlike & far & (through.chance > _SURE)
    return marks


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
    sigma = float(np.interp(float(spread.mean()), _PATTERNED, _COARSE)) * size
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
