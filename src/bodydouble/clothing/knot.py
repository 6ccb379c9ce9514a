"""A bun on top of the head: found in the photo as what stands narrow above the skull, and hung there as a ball."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from bodydouble.clothing.garment_view import GarmentView
from bodydouble.clothing.ring_grid import ring_angles
from bodydouble.clothing.row_spans import row_borders
from bodydouble.parsing.labels import HAIR

RINGS, COLUMNS = 14, 24
_HIGH_M = 0.05  # above the fitted skull, at least: other hair stood 2 to 5 cm, hats 4 to 5
_DOWN_M, _WIDE_M = (
    0.035,
    0.095,
)  # so far below its top it is at most so wide: the one bun had 8.6 cm, 12 others 10.9 to 17
_TIED_HIGH_M, _TIED_DOWN_M = 0.025, 0.028  # the same of hair that is tied for sure
_SINK_M = 0.028  # how far it reaches into the hair beneath
_BEHIND_M = 0.03  # of the skull's top, where buns are tied
_DEEP = 0.9  # of its width: how deep it is


@dataclass(frozen=True, kw_only=True)
class KnotShape:
    """An upright ellipsoid in its view."""

    x: float  # pixels
    y: float
    half_width: float
    half_height: float
    depth: float  # metres, of its middle
    pixels: Tensor  # S×S, bool: where it is


def find_knot(view: GarmentView, tied: bool = False) -> KnotShape | None:
    """The bun on top that the photo shows; None where there is none.

    Args:
        tied: the hair is tied for sure, which a lower and flatter one is believed of.
    """
    high, down = (_TIED_HIGH_M, _TIED_DOWN_M) if tied else (_HIGH_M, _DOWN_M)
    skull = torch.isfinite(view.near)
    hair = view.labels[HAIR] > 0.5
    if not bool(skull.any()) or not bool(hair.any()):
        return None
    top, above = view.skull_top, int(hair.any(1).float().argmax())
    if top - above < view.pixels(high):
        return None
    rows = _widths(hair[above:top])
    wide = np.flatnonzero(rows > view.pixels(_WIDE_M))
    height = int(wide[0]) if len(wide) else len(rows)
    if height < view.pixels(down):
        return None
    left, right = row_borders(hair[above : above + height].numpy())
    bottom = above + height + view.pixels(_SINK_M)
    crown = view.near[top : top + 2]
    pixels = hair.clone()
    pixels[above + height :] = False
    return KnotShape(
        x=float(np.nanmedian((left + right) / 2)),
        y=(above + bottom) / 2,
        half_width=float(np.nanquantile(right - left, 0.8)) / 2,
        half_height=(bottom - above) / 2,
        depth=float(crown[torch.isfinite(crown)].mean()) + _BEHIND_M,
        pixels=pixels,
    )


def knot_points(knot: KnotShape, view: GarmentView) -> Tensor:
    """RINGS×COLUMNS×3: x, y in pixels of the view and depth in metres, as `ring_grid` orders them."""
    polar = torch.linspace(0.02, math.pi - 0.02, RINGS)[:, None]
    around = ring_angles(COLUMNS)
    metres = knot.half_width / view.pixels(1.0)
    x = knot.x + knot.half_width * polar.sin() * around.sin()
    y = (knot.y - knot.half_height * polar.cos()).expand(RINGS, COLUMNS)
    depth = knot.depth - _DEEP * metres * polar.sin() * around.cos()
    return torch.stack([x, y, depth], -1)


def _widths(rows: Tensor) -> np.ndarray:
    """(R,) pixels from the first to the last column of each row; NaN where there is none."""
    left, right = row_borders(rows.numpy())
    return right - left
