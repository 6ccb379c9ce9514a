"""A ponytail or braid over one shoulder: hair that comes from behind the neck, and no curtain on that side.

Found where hair hangs below the ear on one side alone, while the ear itself stands free of hair. It becomes a tube from
the nape, around the side of the neck, and down where the photo shows it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.clothing.garment_view import GarmentView
from bodydouble.clothing.hair_chains import CHIN_M
from bodydouble.clothing.hang import unproject
from bodydouble.clothing.ring_grid import ring_angles
from bodydouble.clothing.row_spans import even_line, main_parts, row_borders
from bodydouble.parsing.labels import HAIR
from bodydouble.values import StyleEstimate, style_chance

COLUMNS = 20
_RINGS = (7, 17)  # from the nape to where the photo shows it, and from there down
_LIKELY = 0.25  # chance of tied hair, which the labels confirm
_BELOW_EAR_M = 0.012  # below the head's joint, where a tail begins to be looked for
_EAR_M = 0.035  # above it, down to which no hair lies beside a head whose hair is tied
_FREE_M = 0.018  # of hair beside the head there, on average
_LEAST_M2, _LEAST_M = 0.001, 0.035  # of a tail's area and length
_OTHER = 0.2  # share of its area that may lie on the other side
_WIDEST_M = 0.1
_FLAT = 0.75  # how thick it is, of its width
_TIED_M = (0.02, 0.008, 0.026)  # above the head's joint, behind it, and half its width: where it is tied
_JOINED, _JOINED_M = 0.35, 0.04  # of its length in the photo, and metres at most: down to there it still comes around
_BESIDE_M = 0.03  # behind the neck's middle, where it comes around
_SIGMA_M = 0.015  # of the evening of its middle, width and depth
_TIP = 0.2  # of its width, at its end


@dataclass(frozen=True, kw_only=True)
class TailShape:
    """A tail in its view; R rows from `top` down."""

    pixels: Tensor  # S×S, bool, below the ear
    top: int
    middle: Tensor  # (R,) pixels, across
    half: Tensor  # (R,) pixels
    chin: float  # pixels


def find_tail(view: GarmentView, style: StyleEstimate | None) -> TailShape | None:
    """The tail over a shoulder that the photo shows; None where there is none."""
    if style_chance(style, "tied", "yes") < _LIKELY:
        return None
    x, y = view.joints[view.head, :2].tolist()
    hair, square = view.labels[HAIR] > 0.5, view.pixels(1.0) ** 2
    top = round(y + view.pixels(_BELOW_EAR_M))
    below, columns = hair.clone(), torch.arange(hair.shape[1]) + 0.5
    below[:top] = False
    sides = [below & (columns < x), below & (columns >= x)]
    smaller, larger = sorted(range(2), key=lambda number: int(sides[number].sum()))
    if int(sides[larger].sum()) < _LEAST_M2 * square or int(sides[smaller].sum()) > _OTHER * int(sides[larger].sum()):
        return None
    beside = hair & ~torch.isfinite(view.near) & (columns < x if larger == 0 else columns >= x)
    if float(beside[round(y - view.pixels(_EAR_M)) : round(y)].sum(1).float().mean()) > view.pixels(_FREE_M):
        return None
    pixels = main_parts(sides[larger], sides[larger])
    rows = pixels.any(1).nonzero()[:, 0]
    if not len(rows):  # specks alone
        return None
    first, end = int(rows[0]), int(rows[-1]) + 1
    left, right = row_borders(pixels[first:end].numpy())
    if end - first < view.pixels(_LEAST_M) or float(np.nanmax(right - left)) > view.pixels(_WIDEST_M):
        return None
    middle, half = (even_line(line, view.pixels(_SIGMA_M)) for line in ((left + right) / 2, (right - left) / 2))
    return TailShape(pixels=pixels, top=first, middle=middle, half=half, chin=y + view.pixels(CHIN_M))


def tail_points(tail: TailShape, view: GarmentView) -> Tensor:
    """R×COLUMNS×3 metres, of the posed world: rings from the nape down to the tip, as `ring_grid` orders them."""
    count = len(tail.middle)
    joined = min(round(_JOINED * count), round(view.pixels(_JOINED_M)))
    row = torch.linspace(joined, count - 1, _RINGS[1]).round().long()
    metre, depth = view.pixels(1.0), _tail_depths(tail, view)
    half = tail.half[row] / metre
    half[-3:] *= torch.linspace(1, _TIP, 3)
    shown = torch.stack([tail.middle[row], tail.top + row + 0.5, depth[row]], 1)
    path = torch.cat([_around_neck(tail, shown[0], view), shown])
    width = torch.cat([torch.linspace(_TIED_M[2], float(half[0]), _RINGS[0] + 1)[:-1], half])
    return _sweep(unproject(path, view.camera), width)


def _tail_depths(tail: TailShape, view: GarmentView) -> Tensor:
    """(R,) metres: its middle lies before the body, and beside the neck where there is none."""
    rows = torch.arange(tail.top, tail.top + len(tail.middle))
    front = view.front[rows, tail.middle.round().long().clamp(0, view.front.shape[1] - 1)]
    before = torch.where(torch.isfinite(front), front - _FLAT * tail.half / view.pixels(1.0), torch.nan)
    if not bool(torch.isfinite(before).any()):
        before = torch.full_like(before, float(view.joints[view.head, 2]))
    return even_line(before.numpy(), view.pixels(_SIGMA_M))


def _around_neck(tail: TailShape, first: Tensor, view: GarmentView) -> Tensor:
    """N×3, pixels and metres: from where it is tied, behind the neck, to its first row in the photo, without that."""
    x, y = view.joints[view.head, :2].tolist()
    above, out, _ = _TIED_M
    y -= view.pixels(above)
    far = view.far[round(y), max(0, round(x) - 3) : round(x) + 4]
    middle = float(view.joints[view.head, 2])
    behind = float(far[torch.isfinite(far)].amax()) if bool(torch.isfinite(far).any()) else middle + 0.07
    tied = torch.tensor([x, y, behind + out])
    side = torch.tensor([float(first[0]), (y + float(first[1])) / 2, middle + _BESIDE_M])
    way = torch.linspace(0, 1, _RINGS[0] + 1)[:-1, None]
    return tied * (1 - way) ** 2 + side * 2 * way * (1 - way) + first * way**2


def _sweep(path: Tensor, width: Tensor) -> Tensor:
    """R×COLUMNS×3: ellipses across a path, R×3 metres, whose frames turn no more than the path does.

    Args:
        width: (R,) metres, half the width of each.
    """
    along = functional.normalize(torch.gradient(path, dim=0)[0], dim=1)
    across = torch.zeros_like(path)
    sideways = torch.tensor([1.0, 0.0, 0.0])
    for ring in range(len(path) - 1, -1, -1):  # from the tip, which hangs down, up to the nape
        sideways = functional.normalize(sideways - (sideways @ along[ring]) * along[ring], dim=0)
        across[ring] = sideways
    towards = torch.linalg.cross(along, across)
    angle = ring_angles(COLUMNS)
    flat = (width * _FLAT)[:, None, None] * towards[:, None] * angle.cos()[None, :, None]
    return path[:, None] + width[:, None, None] * across[:, None] * angle.sin()[None, :, None] + flat
