"""A shoe in rings: from its opening down over the upper to the sole's edge, and on to the middle of the bottom.

Places are metres along the foot, across it and up, as in `shoe_last.py`; columns go around from the heel over the
foot's outer side to the toes and back over the inner one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from bodydouble.clothing.shoe_last import Last, resample
from bodydouble.geometry.smoothstep import smoothstep

COLUMNS = 48
UPPER_ROWS, SOLE_ROWS = 13, 4
# Of the way from a heel's top down to its tip, where its rings lie: closer where thin ones slim; the last closes it.
_HEEL_DEPTHS = (0.0, 0.12, 0.3, 0.55, 0.8, 1.0, 1.0)
HEEL_ROWS, HEEL_COLUMNS = len(_HEEL_DEPTHS), 20
# Where rings lie in the texture, from its top; the upper's are even, then come the sole's edge and its bottom.
UPPER_END, SOLE_EDGE, SOLE_END, HEEL_START = 0.6, 0.61, 0.7, 0.84
SHAFT_ROWS = 10  # of a boot's shaft, above the upper's
_TOE_SPRING = 0.018  # of the foot's length, how far the tip is off the ground
_INSET_M = 0.006  # how much narrower the opening is than the footprint
_COLLAR_INSET_M = 0.002  # the same of a collar's around the leg, at most: a leg that is wider would cut through it
_LOW_CUT = 0.6  # throats farther in front leave the instep bare
_BULGE_M = 0.005  # how far the counter stands out behind the heel, halfway up
_COLLAR_M = 0.004  # how far a collar stands off the leg
_SEAT = 0.21  # of the foot's length, how far a heel's seat reaches to the front
_HEEL_OUT_M = 0.0005  # by which a heel's top stands out of the sole's edge
_INTO_SOLE_M = 0.001  # by which it reaches into the sole: beside its edge, narrower further down, both were saw teeth
_SEAT_STEPS = 60  # in which the line of a heel's top is drawn
_SLIMMING = 2.0  # how much more of that thin heels lose near their top
_HEEL_LEAN = 0.25  # of what a heel gets shorter to its tip, how much that is behind
_BALL = 0.66  # of the foot's length


@dataclass(frozen=True, kw_only=True)
class ShoeStyle:
    """What makes a shoe the kind that it is. Shares are of the foot's length, heights metres above its ground."""

    throat: float  # share from the heel to where the opening ends in front
    back: float  # the opening's height behind
    side: float  # the same beside the ankle
    sole: float  # height of the sole's edge
    toe: float  # height of the toe box
    pointed: bool = False  # its toe narrows
    straps: bool = False  # its upper lies on the foot, and is not there between straps
    behind: float = 0.015  # share by which it goes on behind the heel; less than 0: the heel stands out over the sole
    ahead: float = 0.05  # share by which it goes on in front of the toes
    below: float = 0.005  # metres, how far the sole goes on below the bare foot
    welt: float = 0.003  # metres, how far the sole's edge stands out beyond the upper
    lean: float = 2.0  # exponent of how walls lean in to the opening on their way up: 1 is straight
    heel_width: float = 0.8  # of a raised heel's tip, of the width of its top


def shoe_rings(last: Last, style: ShoeStyle, outer: float) -> Tensor:
    """(UPPER_ROWS + SOLE_ROWS)×COLUMNS×3.

    Args:
        outer: 1 where the foot's outer side lies to the body's left, -1 for the other foot.
    """
    plan = torch.stack(last.outline(COLUMNS // 2), 1)
    if outer < 0:
        plan = plan.roll(-1, 0).flip(0)
    upper = _upper(last, style, plan, outer)
    welt, middle = _grown(plan, style.welt, outer), torch.stack([plan[:, 0], last.at(last.middle, plan[:, 0])], 1)
    middle[:, 0] = (middle[:, 0] - 0.5 * last.length) * 0.7 + 0.5 * last.length
    edge = style.sole - style.below
    rings = [(welt, edge), (welt, -style.below), (torch.lerp(middle, welt, 0.5), -style.below), (middle, -style.below)]
    sole = torch.stack([torch.cat([ring, torch.full((COLUMNS, 1), up)], 1) for ring, up in rings])
    shoe = torch.cat([upper, sole])
    shoe[..., 2] += toe_spring(shoe[..., 0], last.length)
    return shoe


def count_upper_rows(vertices: int) -> int:
    """Rings from a shoe's top down to its sole's edge, a shaft's among them, of both shoes' count of vertices."""
    rows, heel = divmod(vertices // 2, COLUMNS)
    return rows - SOLE_ROWS - (HEEL_ROWS * HEEL_COLUMNS // COLUMNS if heel else 0)


def toe_spring(along: Tensor, length: float) -> Tensor:
    """Metres by which a sole is off the ground at places along a foot of that length."""
    return _TOE_SPRING * length * ((along / length - _BALL) / (1 - _BALL)).clamp_min(0).square()


def _upper(last: Last, style: ShoeStyle, plan: Tensor, outer: float) -> Tensor:
    """UPPER_ROWS×COLUMNS×3, from the opening down to the sole's edge.

    Before the opening it follows the last; beside and behind it walls lean in to the opening's line.
    """
    opening = _opening(last, style, outer)
    front = ((opening[:, 0] / last.length - 0.2) / (style.throat - 0.2)).clamp(0, 1)
    front = smoothstep(front)[None]
    turn = torch.linspace(math.pi / 2, 0, UPPER_ROWS)[:, None]
    risen = turn.sin().pow(0.9)
    inward = torch.lerp(risen**style.lean, 1 - turn.cos(), front)
    counter = (1 - plan[:, 0].clamp_min(last.start) / (_SEAT * last.length)).clamp(0, 1)
    bulge = _BULGE_M * (math.pi * risen).sin() * counter
    wall = plan - torch.stack([bulge, torch.zeros_like(bulge)], -1)
    places = torch.lerp(wall, opening[:, :2].expand_as(wall), inward[..., None])
    on_last = last.height(places[..., 0], places[..., 1])
    middle = torch.stack([opening[:, 0], last.at(last.middle, opening[:, 0])], 1)
    throat = last.height(middle[:, 0], middle[:, 1])[COLUMNS // 2]
    rim = torch.lerp(opening[:, 2], throat.expand(COLUMNS), front[0])
    wall = rim * risen
    vamp = on_last * torch.lerp(torch.ones(()), rim / on_last[0].clamp_min(1e-3), turn.sin() ** 2)
    up = torch.lerp(wall, vamp, front)
    edge = style.sole - style.below
    up = edge + up * (1 - edge / rim.clamp_min(2 * edge))
    return torch.cat([places, up[..., None]], 2)


def _opening(last: Last, style: ShoeStyle, outer: float) -> Tensor:
    """COLUMNS×3: the opening's line, as high as the style says behind and beside the ankle."""
    collar = style.throat < _LOW_CUT
    inset, front = _COLLAR_INSET_M if collar else _INSET_M, style.throat * last.length
    back, narrow = last.start + inset, float(last.at(last.half, torch.tensor(0.3 * last.length))) - inset
    if collar:  # around the leg
        back, narrow = max(back, last.leg_back - _COLLAR_M), min(narrow, last.leg_half + _COLLAR_M)
    turn = torch.linspace(0, math.pi, 200)
    along = back + (front - back) * (1 - turn.cos()) / 2
    width = torch.minimum(last.at(last.half, along) - inset, torch.tensor(narrow))
    width = width * (1 - turn.cos().abs() ** 2.6).clamp_min(0).pow(1 / 2.6)
    middle, lines = last.at(last.middle, along), []
    up = style.side + (style.back - style.side) * (turn.cos().clamp_min(0)) ** 1.5
    for sign in (outer, -outer):
        line = torch.stack([along, middle + sign * width, up], 1)
        lines.append(resample(line, COLUMNS // 2 + 1))
    return torch.cat([lines[0][:-1], lines[1].flip(0)[:-1]])


def _grown(plan: Tensor, by: float, outer: float) -> Tensor:
    """COLUMNS×2: the footprint, `by` metres larger all around."""
    ahead = plan.roll(-1, 0) - plan.roll(1, 0)
    return plan + by * outer * torch.nn.functional.normalize(torch.stack([-ahead[:, 1], ahead[:, 0]], 1), dim=1)


def heel_rings(last: Last, style: ShoeStyle, outer: float) -> tuple[Tensor, Tensor]:
    """HEEL_ROWS×HEEL_COLUMNS×3 of a heel before the foot is tilted, from its seat under the sole down to its tip.

    Args:
        outer: as in `shoe_rings`.

    Returns:
        The rings, all at the height of the sole's bottom, and (HEEL_ROWS,) how far down to the ground each is to lie,
        [0, 1].
    """
    depth, tip = torch.tensor(_HEEL_DEPTHS), style.heel_width
    shares = tip + (1 - tip) * (1 - depth) ** (1 + _SLIMMING * (1 - tip))
    shares[-1] = 0.0  # closes the tip
    seat, middle = _SEAT * last.length, float(last.at(last.middle, torch.tensor(_SEAT / 2 * last.length)))
    margin = style.welt + _HEEL_OUT_M
    top = _draw_heel_top(last, seat, margin)
    rings = []
    for share in shares.tolist():
        back = last.start - margin + _HEEL_LEAN * (1 - share) * seat
        ring = torch.stack([back + (top[:, 0] - last.start + margin) * share, middle + outer * share * top[:, 1]], 1)
        rings.append(torch.cat([ring, torch.full((HEEL_COLUMNS, 1), _INTO_SOLE_M - style.below)], 1))
    return torch.stack(rings), depth


def _draw_heel_top(last: Last, seat: float, margin: float) -> Tensor:
    """HEEL_COLUMNS×2, metres along and off the middle line: the top of a heel, from behind over one side and back.

    Args:
        seat: metres along, where it ends in front.
        margin: metres, how far it stands out beyond the footprint.
    """
    turn = torch.linspace(0, 1, _SEAT_STEPS)
    along = last.start + (seat - last.start) * turn**2  # closer behind, where the line is round
    half = last.at(last.half, along) * last.cap(along) + margin * (1 - turn**2 * (1 - turn)).sqrt()
    side = torch.stack([along - margin * (1 - turn), half], 1)
    side = torch.cat([torch.tensor([[last.start - margin, 0.0]]), side, torch.tensor([[seat, 0.0]])])
    side = resample(side, HEEL_COLUMNS // 2 + 1)
    return torch.cat([side, side[1:-1].flip(0) * torch.tensor([1.0, -1.0])])
