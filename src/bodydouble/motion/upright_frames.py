"""The frames of a recording in which the body is held most like someone who stands, whichever way the world is turned.

Joint positions are right in every frame, whatever the zero pose is. Where the body is straight (legs under the trunk,
nothing bent or twisted), they say how each joint is turned in a stance.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.motion.joint_roles import find_across, find_middle
from bodydouble.person.landmarks import SIDES

_STRAIGHT = 0.96  # least straightness of a frame in which somebody stands: 16° off in every part
_TOLERANCE = 0.004  # of straightness: frames so near to the best are used with it, 5° more in every part
_LEANS = 20.0  # degrees, the most that somebody who stands straightest may lean
_MOST = 0.1  # of all frames, at most: a recording of somebody who stands has enough of them


@dataclass(frozen=True, kw_only=True)
class UprightFrames:
    """The most upright frames of a recording, and what turns the body upright in each."""

    frames: Tensor  # (N,) rows of the recording
    pelvis: Tensor  # N×3×3: from the file's world to one in which the pelvis stands upright and faces +z
    chest: Tensor  # N×3×3: the same of the chest


def find_upright_frames(positions: Tensor, rotations: Tensor, roles: dict[str, int]) -> UprightFrames:
    """The frames of a recording in which the person stands straightest.

    Even then they may lean a little. The pelvis joint tells by how much, where its axes are nearly those of the body:
    they are meant to be them.

    Args:
        positions: (T, J, 3) of the joints.
        rotations: (T, J, 3, 3) of the joints.
    """
    trunk, legs = _straightness(positions, roles)
    standing = (trunk + legs) / 2
    straightness = standing if standing.max() >= _STRAIGHT else trunk
    near = (straightness >= straightness.max() - _TOLERANCE).nonzero()[:, 0]
    most = max(1, int(_MOST * len(positions)))
    frames = near[straightness[near].argsort(descending=True, stable=True)[:most]].sort().values
    chosen = positions[frames]
    up = find_middle(chosen, roles, "shoulder") - find_middle(chosen, roles, "hip")
    pelvis = upright_axes(find_across(chosen, roles, "hip"), up)
    chest = upright_axes(find_across(chosen, roles, "shoulder"), up)
    turn = mean_rotation(pelvis @ rotations[frames, roles["pelvis"]])
    righted = _nearest_axes(turn) @ turn.T
    if rotation_angle(righted) > _LEANS:
        righted = torch.eye(3)
    return UprightFrames(frames=frames, pelvis=righted @ pelvis, chest=righted @ chest)


def upright_axes(left: Tensor, up: Tensor) -> Tensor:
    """(…, 3, 3) rotations that turn `up` (…, 3) to +y and `left` (…, 3), as near as can be, to +x."""
    up = normalize(up, dim=-1)
    left = normalize(left - (left * up).sum(-1, keepdim=True) * up, dim=-1)
    return torch.stack([left, up, torch.linalg.cross(left, up)], -2)


def mean_rotation(rotations: Tensor) -> Tensor:
    """The rotation (3, 3) nearest to the mean of rotations (N, 3, 3)."""
    u, _, v = torch.linalg.svd(rotations.mean(0))
    sign = torch.ones(3)
    sign[2] = torch.det(u @ v)
    return u @ torch.diag(sign) @ v


def rotation_angle(rotation: Tensor) -> float:
    """Degrees in [0, 180] by which a rotation (3, 3) turns."""
    return math.degrees(math.acos(max(-1.0, min(1.0, (float(rotation.trace()) - 1) / 2))))


def _nearest_axes(rotation: Tensor) -> Tensor:
    """Of the 24 rotations (3, 3) that turn axes to axes, the one nearest to a rotation."""
    every = torch.eye(3)[torch.tensor(list(itertools.permutations(range(3))))]
    signs = torch.tensor(list(itertools.product((1.0, -1.0), repeat=3)))
    turns = (signs[:, None, :, None] * every).flatten(0, 1)
    turns = turns[torch.linalg.det(turns) > 0]
    return turns[(turns * rotation).sum((1, 2)).argmax()]


def _straightness(positions: Tensor, roles: dict[str, int]) -> tuple[Tensor, Tensor]:
    """(T,) of the trunk and (T,) of the legs, at most 1: mean cosine between parts that are in line in a stance."""
    hips, shoulders = find_middle(positions, roles, "hip"), find_middle(positions, roles, "shoulder")
    spine = shoulders - hips
    length = spine.norm(dim=-1)
    trunk = [
        _cosine(spine, positions[:, roles["head"]] - shoulders),
        _cosine(find_across(positions, roles, "hip"), find_across(positions, roles, "shoulder")),
        length / length.max().clamp_min(1e-9),  # a bent spine brings the shoulders nearer
    ]
    legs = [_cosine(spine, hips - find_middle(positions, roles, "ankle"))]
    for side in SIDES:
        hip, knee, ankle = (positions[:, roles[f"{side}_{name}"]] for name in ("hip", "knee", "ankle"))
        legs += [_cosine(hip - knee, knee - ankle), _cosine(spine, hip - knee)]
    return torch.stack(trunk).mean(0), torch.stack(legs).mean(0)


def _cosine(a: Tensor, b: Tensor) -> Tensor:
    return torch.nn.functional.cosine_similarity(a, b, dim=-1)
