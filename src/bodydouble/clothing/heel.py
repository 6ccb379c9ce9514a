"""Feet on heels: tilted about the ankle, flat again in front of the ball, in the rest pose."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.clothing.footwear import FootFrame, Footwear, foot_frame, tilt
from bodydouble.person.landmarks import SIDES
from bodydouble.values import RestBody

BALL = 0.7  # of the foot's length: here a foot on heels bends
_BEND = 0.16  # of the foot's length, over which it does


def raise_heel(points: Tensor, along: Tensor, frame: FootFrame, ankle: Tensor, pitch: float) -> Tensor:
    """N×3: points of a foot or its shoe, tilted by a heel, and flat in front of the ball; between the two is an arc.

    What moves with the foot in part is to be tilted by that part: as much as the ankle, turned back, undoes.

    Args:
        points: N×3, metres.
        along: (N,), metres from the heel, where on the foot each of them lies.
        ankle: (3,), metres, the joint, which stays where it is.
        pitch: radians, more than 0.
    """
    start = (BALL - _BEND / 2) * frame.length
    angle, ahead, down = _bend_sole(along - start, _BEND * frame.length, pitch)
    # What is behind the bend turns as a whole, with the sole's place where the bend begins.
    zero = torch.zeros_like(along)
    flat_sole = frame.to_world(torch.stack([along.clamp_min(start), zero, zero], -1))
    hinge = tilt(frame, pitch) @ (frame.to_world(torch.tensor([start, 0.0, 0.0])) - ankle) + ankle
    x, z = frame.forward
    sole = hinge + torch.stack([ahead * x, -down, ahead * z], -1)
    return sole + _turn_toes_down(points - flat_sole, angle, frame)


def _bend_sole(beyond: Tensor, bend: float, pitch: float) -> tuple[Tensor, Tensor, Tensor]:
    """(N,) each: how far a sole is tilted, radians, and where it lies ahead of and below its bend's begin, metres.

    Args:
        beyond: (N,), metres along the sole from there; below 0 behind it, where 0 is ahead and below.
        bend: metres, the bend's length.
        pitch: radians, how far the sole is tilted behind the bend.
    """
    into = beyond.clamp(0, bend)
    angle = pitch * (1 - into / bend)
    radius = bend / pitch
    ahead = beyond - into + radius * (math.sin(pitch) - angle.sin())
    down = radius * (angle.cos() - math.cos(pitch))
    return angle, torch.where(beyond < 0, 0.0, ahead), torch.where(beyond < 0, 0.0, down)


def _turn_toes_down(offsets: Tensor, angle: Tensor, frame: FootFrame) -> Tensor:
    """N×3: offsets, each turned by its own angle, (N,) radians; see `tilt`."""
    x, z = frame.forward
    forward = offsets[:, 0] * x + offsets[:, 2] * z
    ahead = forward * angle.cos() + offsets[:, 1] * angle.sin()
    up = offsets[:, 1] * angle.cos() - forward * angle.sin()
    return offsets + torch.stack([(ahead - forward) * x, up - offsets[:, 1], (ahead - forward) * z], 1)


def heel_offsets(rest: RestBody, body: BodyModel, footwear: Footwear) -> Tensor:
    """V×3, metres: how feet stand on the heels that they wear; 0 without heels, and beyond the feet."""
    offsets = torch.zeros_like(rest.vertices)
    if not footwear.pitch:
        return offsets
    for side in SIDES:
        frame, ankle = foot_frame(rest, body, side), rest.joints[body.roles[f"{side}_ankle"]]
        raised = raise_heel(rest.vertices, frame.along, frame, ankle, footwear.pitch)
        offsets = offsets + frame.weight[:, None] * (raised - rest.vertices)
    return offsets
