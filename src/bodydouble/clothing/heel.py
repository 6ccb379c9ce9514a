"""Feet on heels: tilted about the ankle, flat again before the ball, in the rest pose."""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.clothing.footwear import SIDES, FootFrame, Footwear, foot_frame, tilt
from bodydouble.values import RestBody

BALL = 0.7  # of the foot's length: here a foot on heels bends
_BEND = 0.16  # of the foot's length, over which it does
_FOOT = 0.05  # skin weight from which a vertex is tilted with its foot, as far as it is not too high up
_LEG_M = (0.07, 0.13)  # heights between which a foot becomes a leg


def raise_heel(points: Tensor, along: Tensor, frame: FootFrame, ankle: Tensor, pitch: float) -> Tensor:
    """N×3: points of a foot or its shoe, at N places along it, tilted by `pitch` radians and flat before the ball.

    What is as high as the leg stands as that does.

    Args:
        ankle: (3,), metres, the joint, which stays where it is.
    """
    turn = tilt(frame, pitch)
    tilted = (points - ankle) @ turn.T + ankle
    ball = frame.to_world(torch.tensor([BALL * frame.length, 0.0, 0.0]))
    flat = points + (turn @ (ball - ankle) + ankle - ball)
    before = ((along / frame.length - BALL) / _BEND + 0.5).clamp(0, 1)[:, None]
    bent = torch.lerp(tilted, flat, before * before * (3 - 2 * before))
    low, high = _LEG_M
    return torch.lerp(points, bent, ((high - points[:, 1:2] + frame.ground) / (high - low)).clamp(0, 1))


def heel_offsets(rest: RestBody, body: BodyModel, footwear: Footwear) -> Tensor:
    """V×3, metres: how feet stand on the heels that they wear; 0 without heels, and beyond the feet."""
    offsets = torch.zeros_like(rest.vertices)
    if not footwear.pitch:
        return offsets
    for side in SIDES:
        frame, ankle = foot_frame(rest, body, side), rest.joints[body.roles[f"{side}_ankle"]]
        raised = raise_heel(rest.vertices, frame.along, frame, ankle, footwear.pitch)
        moved = (frame.weight / _FOOT).clamp(0, 1)[:, None]
        offsets = offsets + moved * (raised - rest.vertices)
    return offsets
