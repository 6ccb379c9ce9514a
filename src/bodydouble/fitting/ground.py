"""Feet of who stands are on one level ground, lie flat from side to side, and point ahead or a little outward.

One photo tells where feet are in the picture. Of two feet on one ground the lower one is nearer: seen from above, that
tells the depth of a step, which the detector only guesses.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.body import BodyModel
from bodydouble.body.skinning import subtree_weight
from bodydouble.person.landmarks import HIPS, SIDES
from bodydouble.values import RestBody

_MOVED = 0.5  # share of a vertex that the ankle moves, from which it is the foot's
_SOLE_M = 0.02  # metres above the ground, up to which a foot's vertices are its sole's
_BALL = 0.7  # of a foot's length from its heel: its ball, where it is widest
_BALL_LENGTH = 0.06  # of a foot's length: so near to the ball's place lie its two edges
_ANKLE = 0.4  # of the way from heel to ball, below the ankle: this place keeps its height when a sole is levelled
_ON_BALL = math.sin(math.radians(32))  # of toes that point down so far, the ball is what stands (`level_feet`)
_STEP_M = 0.04  # metres: of two feet higher apart than some of this, one stands on something, or is lifted
_STANDS_M = 0.06  # metres above the lower foot, up to which the other stands, too
# How much the terms count. Two feet 3 cm apart in height cost as much as a foot as far off in the picture; a foot that
# rolls by 20 degrees, as one that is 7 mm off. On ten photographs soles that rolled by up to 36 degrees then roll by up
# to 10; on six, levelled soles that stood 4 to 47 mm apart in height stand up to 3 mm apart. Landmarks fit as well, to
# 0.02 % of the height on average. Much more of the first costs lifted feet their place.
_LEVEL, _TILTED = 8.0, 3e-3
# Radians from where the pelvis faces, inward and outward, within which feet of who stands may point: what nearly all of
# the detector's feet do on those photographs, and textbooks say 5 to 10 degrees outward.
_INWARD, _OUTWARD = math.radians(5), math.radians(25)


def find_soles(rest: RestBody, body: BodyModel) -> Tensor:
    """2×3, int64: vertices under the left and the right foot of a body at rest: heel, the ball's inner and outer edge.

    Feet stand at y = 0 and point to +z.
    """
    rows = []
    for side, outward in zip(SIDES, (1.0, -1.0), strict=True):
        x, y, z = rest.vertices.detach().unbind(1)
        sole = (subtree_weight(rest, body.roles[f"{side}_ankle"]) > _MOVED) & (y < _SOLE_M)
        heel, toe = z.masked_fill(~sole, torch.inf).min(), z.masked_fill(~sole, -torch.inf).max()
        ball = sole & ((z - torch.lerp(heel, toe, _BALL)).abs() < _BALL_LENGTH * (toe - heel))
        across = (outward * x).masked_fill(~ball, torch.nan)
        inner, outer = across.nan_to_num(torch.inf).argmin(), across.nan_to_num(-torch.inf).argmax()
        rows.append(torch.stack([z.masked_fill(~sole, torch.inf).argmin(), inner, outer]))
    return torch.stack(rows)


def stand_on_ground(points: Tensor, soles: Tensor, standing: Tensor, height: float) -> Tensor:
    """What it costs that feet of who stands are not on one ground, roll to a side, lift their toes or turn too far.

    Args:
        points: 33×3, metres, y up; only the hips count, from which feet turn.
        soles: 2×3×3, metres, places of the vertices of `find_soles`.
        standing: scalar in [0, 1], see `losses.standing_upright`.
        height: metres, the body's.
    """
    heel, inner, outer = soles.unbind(1)
    ball = (inner + outer) / 2
    rise = normalize(ball - heel, dim=-1)[:, 1]
    below_ankle = torch.lerp(heel[:, 1], ball[:, 1], _ANKLE)
    lowest = torch.where(rise < -_ON_BALL, ball[:, 1], below_ankle)
    apart = (lowest[0] - lowest[1]).square()
    level = apart / (1 + apart / _STEP_M**2) / height**2
    stands = (lowest < lowest.min() + _STANDS_M).detach()
    roll = normalize(outer - inner, dim=-1)[:, 1]
    lifted = rise.relu()
    beyond = _beyond_turnout(ball - heel, points[HIPS[0]] - points[HIPS[1]])
    tilted = (stands * (roll.square() + lifted.square() + beyond.square())).sum()
    return standing * (_LEVEL * level + _TILTED * tilted)


def _beyond_turnout(feet: Tensor, left: Tensor) -> Tensor:
    """(2,), radians: how far feet point beyond where people who stand turn them.

    Args:
        feet: 2×3, from heel to ball.
        left: (3,), from the right hip to the left one.
    """
    level = torch.tensor([1.0, 0.0, 1.0])
    left = normalize(left.detach() * level, dim=0)
    ahead = torch.linalg.cross(left, torch.tensor([0.0, 1.0, 0.0]))
    outward = torch.atan2(feet @ left * torch.tensor([1.0, -1.0]), feet @ ahead)
    return (outward - _OUTWARD).relu() + (-_INWARD - outward).relu()
