"""Long hair as a surface of its own: whether the photo shows any, how far it reaches, and how it follows the head."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.clothing.garment_view import GarmentView
from bodydouble.clothing.hair_chains import CHIN_M, hair_root
from bodydouble.clothing.hair_locks import draw_tips
from bodydouble.clothing.ring_grid import ring_angles, unroll
from bodydouble.clothing.row_spans import RowSpans, main_parts, row_borders
from bodydouble.geometry.blur import blur_plane
from bodydouble.parsing.labels import HAIR, HAT, SKIN

_LONG_M = 0.05  # of hair below the chin; shorter hair is a head's own outline, but for a bob
_JAW_M = (0.0, 0.03)  # below the head's joint: rows of the jaw, beside which a bob falls
# Of hair in such a row, the geometric mean of both sides: of a tilted or turned head one shows less than the other.
# Bobs had 0.028 or more, and short hair none on one side.
_BOB_M = 0.02
_NECK_M = 0.06  # half the width of a neck with hair behind it, on a side where no hair falls
# How far that border runs to the other side for each metre below the side's own end, and to where.
_SWEPT, _SWEPT_M = 0.35, -0.02
_SPIKE_M, _ROUND_M = 0.06, 0.01  # width and height of a top that is a twig behind the head, or a bun: hair is round
_SPAN_SIGMA = 2.0  # rows, of the smoothing of the borders
_FREE_M = 0.1  # below the chin hair no longer follows the head
_HAIRLINE = 0.25  # of the way from the skull's top to the chin
_SOFT = 0.35  # of a probability, over which the hair's edge fades
# Deviation by which the hair's border is evened: on a cheek, seen from the side, labels' pixels were saw teeth.
_EVEN_M = 0.005
_OFF = 1  # pixels by which labels may miss the hair's border
_OTHER_SIDE = 0.3  # behind, of the way from the longer side's end to that of a side whose hair lies behind the shoulder


@dataclass(frozen=True, kw_only=True)
class HairShape:
    """Where long hair lies in its view."""

    hair: Tensor  # S×S, bool, its pixels, a hat's among them
    beneath: Tensor | None  # S×S, bool, of these, where it lies beneath a hat that is a surface of its own
    spans: RowSpans  # from the top to the end; face and neck lie between the borders
    chin: float  # pixels
    end: float  # pixels, how far down the far side reaches


def find_hair(view: GarmentView, body: BodyModel, hat: Tensor | None = None) -> HairShape | None:
    """The long hair that the photo shows; None where there is none.

    Args:
        hat: S×S, bool, pixels of a hat that is a surface of its own: beneath it hair covers the skull. None: a hat is
            part of the hair.
    """
    head = view.joints[body.roles["head"]]
    chin, middle = float(head[1]) + view.pixels(CHIN_M), float(head[0])
    above = torch.arange(len(view.near))[:, None] < chin
    skull = torch.isfinite(view.near) & above
    covered = view.labels[[HAIR, HAT]].sum(0) > 0.5
    if hat is not None:
        covered = (covered & ~hat) | (hat & skull)
    hair = main_parts(covered, skull)
    locks = hair & (view.labels[HAIR] > view.labels[HAT])
    columns = torch.arange(hair.shape[1])
    ends = sorted(_last_row(locks & side) for side in (columns < middle, columns >= middle))
    if ends[1] < chin + view.pixels(_LONG_M) and not _is_bob(locks, view):
        return None
    # Behind it reaches down to where both sides still have strands. A side that ends at the shoulder goes on behind it:
    # hair is about as long there as where it is seen to its end.
    shoulder = float(view.joints[[body.roles["left_shoulder"], body.roles["right_shoulder"]], 1].mean())
    end = ends[0] if ends[0] > shoulder + view.pixels(_LONG_M) else ends[1] + _OTHER_SIDE * (ends[0] - ends[1])
    spans = _hair_spans(hair, view, chin, middle)
    return HairShape(hair=hair, spans=spans, chin=chin, end=end, beneath=None if hat is None else hat & skull)


def _is_bob(locks: Tensor, view: GarmentView) -> bool:
    """Whether hair, S×S bool, falls beside the jaw on both sides."""
    x, y = view.joints[view.head, :2].tolist()
    first, last = (round(y + view.pixels(metres)) for metres in _JAW_M)
    rows, columns = locks[first : last + 1], torch.arange(locks.shape[1]) + 0.5
    sides = [(rows & side).sum(1).float().mean() for side in (columns < x, columns >= x)]
    return math.sqrt(float(sides[0] * sides[1])) > view.pixels(_BOB_M)


def _last_row(mask: Tensor) -> float:
    """The last row with two pixels or more; 0 where there is none."""
    rows = (mask.sum(1) > 1).nonzero()[:, 0]
    return float(rows[-1]) if len(rows) else 0.0


def _hair_spans(hair: Tensor, view: GarmentView, chin: float, middle: float) -> RowSpans:
    """The borders of the hair; on a side without any, the head's, and below the chin the neck's."""
    rows = hair.any(1).nonzero()[:, 0]
    top, bottom = _round_top(hair, int(rows[0]), view), int(rows[-1]) + 1
    left, right = row_borders(hair[top:bottom].numpy())
    head_left, head_right = row_borders(torch.isfinite(view.near[top:bottom]).numpy())
    rows_px, neck = np.arange(top, bottom), view.pixels(_NECK_M)
    below = rows_px > chin
    reaches = []
    for beside in (left < middle - neck / 2, right > middle + neck / 2):
        end = max(chin, top + float(np.flatnonzero(beside)[-1])) if beside.any() else chin
        # Hair that hangs on the other side alone is drawn to it behind the neck, too.
        swept = neck - _SWEPT * (rows_px - end).clip(0)
        reaches.append(np.maximum(swept, view.pixels(_SWEPT_M)))
    borders = (
        np.fmin(left, np.where(below, middle - reaches[0], head_left)),
        np.fmax(right, np.where(below, middle + reaches[1], head_right)),
    )
    centre = gaussian_filter1d((borders[0] + borders[1]) / 2, _SPAN_SIGMA, mode="nearest")
    half = _even_round((borders[1] - borders[0]) / 2)
    sides = [torch.from_numpy(side).float() for side in (centre - half, centre + half)]
    return RowSpans(top=top, left=sides[0], right=sides[1])


def _even_round(half: np.ndarray) -> np.ndarray:
    """(R,): half widths, evened. Below the top of a sphere their squares grow evenly: evened themselves, they were a
    knob on the crown."""
    reach = min(round(4 * _SPAN_SIGMA), len(half) - 1)
    squares = np.pad(half.clip(0) ** 2, (reach, 0), "reflect", reflect_type="odd")
    return np.sqrt(gaussian_filter1d(squares, _SPAN_SIGMA, mode="nearest")[reach:].clip(0))


def _round_top(hair: Tensor, top: int, view: GarmentView) -> int:
    """The row where hair begins, without a spike above it."""
    left, right = row_borders(hair[top:].numpy())
    wide = np.flatnonzero(right - left > view.pixels(_SPIKE_M))
    return top + max(0, int(wide[0]) - round(view.pixels(_ROUND_M))) if len(wide) else top


def hair_weights(points: Tensor, chin: float, view: GarmentView, body: BodyModel) -> Tensor:
    """N×J skin weights: the head's down to the chin, then more and more those of the joint on which chains hang.

    Args:
        points: N×3, x, y in pixels of the view, and depth.
        chin: pixels.
    """
    of_head = (1 - (points[:, 1] - chin) / view.pixels(_FREE_M)).clamp(0, 1)
    weights = torch.zeros(len(points), view.rest.skin_weights.shape[1])
    weights[:, body.roles["head"]] = of_head
    weights[:, hair_root(body)] = 1 - of_head
    return weights


def hair_alpha(
    points: Tensor,
    shape: HairShape,
    view: GarmentView,
    size: int,
    curl: float = 0.0,
    other_half: tuple[Tensor, Tensor] | None = None,
) -> Tensor:
    """S×S in [0, 1]: on the near side where the photo shows hair, behind down to where the locks end, here and there.

    Args:
        points: R×C×3, x, y in pixels of the view, and depth.
        size: texels a side.
        curl: 0 straight, 1 curly.
        other_half: what `find_free_face` tells of a turned face; None: nothing.
    """
    towards = ring_angles(points.shape[1]).cos().expand(points.shape[:2])
    x, y, facing = unroll(torch.cat([points[..., :2], towards[..., None]], -1), size)
    chance = view.labels[[HAIR, HAT]].sum(0)[None, None]
    if shape.beneath is not None:
        chance = view.labels[HAIR].maximum((shape.beneath & _above_hairline(shape, view)).float())[None, None]
    # The silhouette's pixels are half background; what lies there is hair if its neighbours are. Skin stays skin.
    chance = torch.where(view.labels[SKIN] > 0.5, chance, functional.max_pool2d(chance, 3, 1, 1))
    chance = torch.from_numpy(blur_plane(chance[0, 0].numpy(), view.pixels(_EVEN_M)))[None, None]
    place = torch.stack([x, y], -1)[None] * 2 / len(view.near) - 1
    shown = functional.grid_sample(chance, place, align_corners=False)[0, 0]
    near = ((shown - 0.5) / _SOFT + 0.5).clamp(0, 1)
    beside = functional.grid_sample(_background(shape, view)[None, None], place, align_corners=False)[0, 0]
    far = draw_tips((y - shape.end) / view.pixels(1.0), curl) * (1 - beside)
    alpha = torch.where(facing > 0, near, far)
    if other_half is None or not bool(other_half[1].any()):
        return alpha
    *twin, tells = unroll(torch.cat([other_half[0], other_half[1][..., None]], -1), size)
    place = torch.stack(twin, -1)[None] * 2 / len(view.near) - 1
    mirrored = functional.grid_sample(chance, place, align_corners=False)[0, 0]
    return alpha * (1 - tells * (1 - ((mirrored - 0.5) / _SOFT + 0.5).clamp(0, 1)))


def _background(shape: HairShape, view: GarmentView) -> Tensor:
    """S×S in {0, 1}: pixels beside the neck through which the photo shows that no hair hangs behind them."""
    covered = torch.isfinite(view.near) | view.person
    covered = functional.max_pool2d(covered.float()[None, None], 2 * _OFF + 1, 1, _OFF)[0, 0]
    return (1 - covered) * (torch.arange(len(covered))[:, None] > shape.chin)


def _above_hairline(shape: HairShape, view: GarmentView) -> Tensor:
    """S×1, bool: rows in which a head has hair and no forehead."""
    skull = view.skull_top
    return torch.arange(len(view.near))[:, None] < skull + _HAIRLINE * (shape.chin - skull)
