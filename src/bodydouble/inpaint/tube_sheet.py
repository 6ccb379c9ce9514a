"""The unseen part of a tube around the body, a skirt or a coat: what was seen of it goes on around.

Texture columns run around the tube, rows down. What is the same all along a row, a belt or a hem, is taken off first;
the rest is quilted around from pieces of the near side, and the far side has the tone that the parser sees. A bag or a
hand before the cloth does not come again; the jacket that hides its top goes on around by itself.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

from bodydouble.geometry.blur import blur_plane
from bodydouble.geometry.lengths import measure_lengths
from bodydouble.inpaint.cloth_layer import DARK, ClothLayer
from bodydouble.inpaint.cloth_quilt import quilt_garment
from bodydouble.inpaint.cloth_structure import measure_structure
from bodydouble.inpaint.large_marks import find_large_mark
from bodydouble.inpaint.see_through import FRONT_ONLY, SheetThrough
from bodydouble.inpaint.tube_flat import TubeShape
from bodydouble.inpaint.worn_over import measure_hem
from bodydouble.parsing.labels import BACKGROUND, OUTER
from bodydouble.surface.around import TRUNK
from bodydouble.texture.multi_view import fill_unseen
from bodydouble.values import Texture

_MARK_SIGMA = 0.015  # of the texture's side: finer patterns are no marks
_UNLIKE = 0.22  # distance of a mark's colour from the tube's usual one
_MOST, _SPREAD = 0.75, 1.5  # part of a tube that is no mark; times its largest distance, where a mark's is larger
_UNLIKE_FAR = 0.3  # the same from the far side's colour, which is a guess, where the parser is sure of the cloth
_SURE = 0.5
_BAND = 0.8  # share of what was seen of a row, from which on it is a band around
_TONE_FROM = 0.18  # of the way around: from here to the flank the far side's colour takes over
_TONE_SIGMA = 0.06  # of the texture's side: what is finer is the cloth's own
_MIXED_M = 0.06  # from another garment up to which the far side's colour is a mixture
_PLAIN = 0.15  # distance from the usual colour within which cloth is of it
_OF_ONE_COLOUR = 0.6  # share of such texels from which on a tube begins to be of one colour
_ROW_SIGMA = 0.01  # of the texture's height, of the evening of what is usual in a row
_SOFT_SIGMA = 0.1  # the same where nothing runs around
_BANDED = (0.2, 0.4)  # part of what is finer that lies between rows, of a tube without and with bands around
_LEAST_ROW = 0.05  # of the way around, that must be seen of a row to tell what is usual in it
_WAIST_M = 0.45  # from the neck down, where tubes begin
_WELL = 0.45  # cosine to the camera from which a texel is not stretched


def complete_tube(
    partial: Texture,
    through: SheetThrough | None = None,
    front: float = 0.0,
    shape: TubeShape | None = None,
    banded: bool = False,
) -> Texture:
    """The whole texture of a tube whose near side's middle is the texture's. Seen texels stay as they are.

    Where a top hides a skirt its labels are `OUTER`, elsewhere `BACKGROUND`; None where nothing hides it.

    Args:
        through: what the parser sees through the tube: what of the near side does not go on, and the far side's colour.
        front: how far from the near side's middle, as a share of the way around, front edges with their buttons reach,
            which do not come again elsewhere.
        shape: how large the tube is, and where its texels lie around it; None: a metre each way, and evenly.
        banded: its rows tell all of it, as a hat's with a band: they are no folds, it has no print, and nothing lies
            before it.
    """
    shape = shape or TubeShape()
    seen = partial.confidence > 0
    if not bool(seen.any()):
        return fill_unseen(partial)
    if through is None or front > 0 or bool(through.worn_over[seen].all()):
        around = _go_around(partial, seen, through, front, shape, banded)
        return replace(partial, rgb=torch.where(seen, partial.rgb, around))
    rgb = _go_around(partial, seen & ~through.worn_over, through, front, shape)
    hem, labels = measure_hem(through.worn_over, seen), None
    if hem > 0:
        rgb[:, :hem] = _go_around(partial, through.worn_over, None, front, shape)[:, :hem]
        hidden = ~seen & (torch.arange(len(seen)) < hem)[:, None] | through.worn_over
        labels = torch.where(hidden, OUTER, BACKGROUND).to(torch.uint8)
    return replace(partial, rgb=torch.where(seen, partial.rgb, rgb), labels=labels)


def is_printed(partial: Texture, shape: TubeShape) -> bool:
    """Whether what was seen of a tube shows a print."""
    seen, well = partial.confidence > 0, partial.confidence > _WELL
    return measure_structure([_lay_tube(partial.rgb, seen, well, shape)]).printed


def _go_around(
    partial: Texture,
    seen: Tensor,
    through: SheetThrough | None,
    front: float,
    shape: TubeShape,
    banded: bool = False,
) -> Tensor:
    """3×S×S, [0, 1]: a tube of which S×S texels are seen; see `complete_tube`."""
    angle = (torch.arange(len(seen)) + 0.5) / len(seen) - 0.5
    well = (partial.confidence > _WELL) & (angle.abs() > front)
    printed = not banded and measure_structure([_lay_tube(partial.rgb, seen, seen & well, shape)]).printed
    usable = seen
    if not banded:
        usable = seen & ~_find_marks(partial.rgb, seen, through, closed=front == 0, plain=not printed)
        usable = usable if bool(usable.any()) else seen
    source = usable & well
    row = _usual_rows(partial.rgb, usable, banded)
    usual = row.mean(1, keepdim=True)
    row = usual if printed else row  # a print comes again in its own colours
    rgb = row - usual + _quilt_around((partial.rgb - row) * usable + usual, usable, source, shape)
    if through is not None and not printed:
        colours = partial.rgb[:, usable]
        away = measure_lengths(colours - colours.median(1, keepdim=True).values, 0)
        rgb = _tone(rgb, angle, through, float((away < _PLAIN).float().mean()), shape)
    return rgb.clamp(0, 1)


def _usual_rows(rgb: Tensor, usable: Tensor, banded: bool) -> Tensor:
    """3×S×1: the usual colour of each row, of those near by where too little was seen of it.

    It has a belt or stripes around; where rows differ by folds alone, and it is not `banded`, it is smooth.
    """
    size = rgb.shape[-1]
    rows = np.flatnonzero(usable.sum(1).numpy() >= min(_LEAST_ROW * size, float(usable.sum(1).max())))
    usual = np.nanmedian(torch.where(usable, rgb, torch.nan).numpy()[:, rows], 2)
    filled = np.stack([np.interp(np.arange(size), rows, channel) for channel in usual])
    even = torch.from_numpy(gaussian_filter1d(filled, _ROW_SIGMA * size, axis=1, mode="nearest")).float()[..., None]
    if banded:
        return even
    soft = torch.from_numpy(gaussian_filter1d(filled, _SOFT_SIGMA * size, axis=1, mode="nearest")).float()[..., None]
    between, total = (((image - soft)[:, usable]).square().mean() for image in (even.expand_as(rgb), rgb))
    return torch.lerp(soft, even, float(np.interp(float(between / total.clamp_min(1e-6)), _BANDED, (0, 1))))


def _quilt_around(rgb: Tensor, usable: Tensor, source: Tensor, shape: TubeShape) -> Tensor:
    """3×S×S: quilted around.

    Args:
        rgb: 3×S×S, without what is the same all along a row.
        usable: S×S, bool, seen and of the tube.
        source: S×S, bool, of that, what may come again.
    """
    size = rgb.shape[-1]
    quilted = quilt_garment([_lay_tube(rgb, usable, source, shape)], hangs=True)[0]
    if quilted is None:
        return rgb
    shade, detail = (shape.draw(plane, size) for plane in quilted)
    colours = shade + detail * (shade.mean(2, keepdims=True) + DARK)
    return torch.from_numpy(colours).permute(2, 0, 1).float()


def _lay_tube(rgb: Tensor, usable: Tensor, source: Tensor, shape: TubeShape) -> ClothLayer:
    """A tube's texture with square pixels. Arguments are those of `_quilt_around`."""
    scale = rgb.shape[-1] / shape.girth_m
    observed = shape.lay(usable.numpy())
    return ClothLayer(
        limb=TRUNK,
        top=round(_WAIST_M * scale),
        scale=scale,
        observed=observed,
        gaps=~observed,
        source=shape.lay(source.numpy()),
        rgb=shape.lay(rgb.permute(1, 2, 0).contiguous().numpy()),
    )


def _tone(rgb: Tensor, angle: Tensor, through: SheetThrough, plain: float, shape: TubeShape) -> Tensor:
    """3×S×S: with the far side's colours, as the parser sees them, from a little before the flanks on.

    These are smooth: near another garment they are a mixture, and of a tube of one colour they tell nothing.

    Args:
        angle: (S,), of the columns, shares of the way around.
        plain: share of the tube's texels that have its usual colour.
    """
    side = rgb.shape[-1]
    sigma = _TONE_SIGMA * side
    smooth = torch.stack([torch.from_numpy(blur_plane(plane.numpy(), sigma)) for plane in rgb])
    behind = ((angle.abs() - _TONE_FROM) / (0.25 - _TONE_FROM)).clamp(0, 1)
    reach = [1 + 2 * round(_MIXED_M / length * side) for length in (shape.length_m, shape.girth_m)]
    least = torch.from_numpy(cv2.erode(through.chance.numpy(), np.ones(reach, np.uint8)))
    several = min(1.0, (1 - plain) / (1 - _OF_ONE_COLOUR))
    return (rgb + (through.colour - smooth) * behind * several * ((least - _SURE) / _SURE).clamp(0, 1)).clamp(0, 1)


def _find_marks(
    rgb: Tensor, seen: Tensor, through: SheetThrough | None, closed: bool = True, plain: bool = True
) -> Tensor:
    """S×S, bool: seen texels of what lies on the tube in front: a bag, a hand, a tie.

    Their colour is neither the tube's nor the far side's, or they take up only part of what was seen of their rows;
    bands around are none.

    Args:
        closed: the tube has no front edges, between which more of something else may be seen than of it.
        plain: it has no print, whose own colours are unlike each other.
    """
    sigma = _MARK_SIGMA * rgb.shape[-1]
    weight = blur_plane(seen.numpy(), sigma, mode="reflect").clip(1e-3)
    smooth = np.stack([blur_plane((plane * seen).numpy(), sigma, mode="reflect") / weight for plane in rgb])
    usual = np.median(smooth[:, seen.numpy()], 1)[:, None, None]
    away = torch.from_numpy(np.linalg.norm(smooth - usual, axis=0))
    unlike = (away > max(_UNLIKE, _SPREAD * float(away[seen].quantile(_MOST)))) & seen
    share = unlike.sum(1, keepdim=True) / seen.sum(1, keepdim=True).clamp_min(1)
    marks = unlike & (share < _BAND) & plain
    if closed:
        marks |= torch.from_numpy(find_large_mark(smooth, seen.numpy()))
    if through is not None:
        far = torch.from_numpy(np.linalg.norm(smooth - through.colour.numpy(), axis=0) > _UNLIKE_FAR)
        marks |= (seen & (through.front_only > FRONT_ONLY) | unlike & far & (through.chance > _SURE)) & plain
    return marks
