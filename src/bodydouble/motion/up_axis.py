"""Which axis of a recording points up: by its format, by the skeleton, and by where the floor is.

Not by how the person is held on the whole: who lies all the time, lies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.errors import InputError
from bodydouble.motion.clip import Clip
from bodydouble.motion.joint_roles import find_middle, leg_length

UP_AXES = {"y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}
_AXES = [*torch.eye(3), *-torch.eye(3)]
_UPRIGHT = math.cos(math.radians(30))  # between the vertical and trunk and legs of somebody who stands
_LEVEL = 0.5  # sine of 30°, the steepest trunk of somebody who lies
# In lengths of a leg, for skeletons of every unit:
_FLOOR = 0.15  # how far from 0 the lowest joint of somebody who stands on the floor may be
_LOW = (0.06, 0.25)  # height of the hips of somebody who lies on the floor
# Shares of the frames:
_SOMETIMES = 0.05  # in which standing on the floor is no accident
_ALWAYS = 0.95


@dataclass(frozen=True, kw_only=True)
class _Evidence:
    """What the recording says for one axis being up, as shares of its frames in [0, 1]."""

    upright: float  # trunk and legs are upright
    standing: float  # and the feet are on a floor at 0
    lying: float  # the trunk is level, just above a floor at 0


def named_axis(name: str) -> Tensor:
    """(3,) of "y" or "z". Raises InputError for other names."""
    if name not in UP_AXES:
        raise InputError(f"unknown up axis {name!r}; known: {', '.join(UP_AXES)}")
    return torch.tensor(UP_AXES[name])


def find_up(clip: Clip, roles: dict[str, int], positions: Tensor, zero_up: Tensor | None) -> Tensor:
    """(3,) the file's axis that points up.

    It is the one along which the zero pose stands, or the format's where that is no stance, unless the recording
    speaks against it: nobody ever stands or lies on the floor there, but somebody stands on the floor of another axis,
    at the height that their legs have. Where no floor is seen at all and the skeleton does not tell, somebody who is
    upright along another axis all the time is taken to stand.

    Args:
        positions: (T, J, 3) of the joints.
        zero_up: (3,) direction in which the zero pose stands; None where it does not.
    """
    by_format = named_axis(clip.format_up)
    axes = sorted(_AXES, key=lambda axis: not torch.equal(axis, by_format))
    by_skeleton = None
    if zero_up is not None and not clip.neutral:
        by_skeleton = next((axis for axis in axes if axis @ zero_up > _UPRIGHT), None)
    expected = by_format if by_skeleton is None else by_skeleton
    evidence = [_find_evidence(axis, roles, positions) for axis in axes]
    there = next(e for axis, e in zip(axes, evidence, strict=True) if torch.equal(axis, expected))
    if there.standing or there.lying >= _ALWAYS:
        return expected
    standing, lying, upright = ([getattr(e, name) for e in evidence] for name in ("standing", "lying", "upright"))
    if max(standing) >= _SOMETIMES:
        return axes[standing.index(max(standing))]
    # Without a floor the skeleton is believed; the format is, too, where it agrees with the recording.
    if by_skeleton is not None:
        return by_format if upright[0] >= _ALWAYS else by_skeleton
    if max(lying) >= _ALWAYS:
        return axes[lying.index(max(lying))]
    return axes[upright.index(max(upright))] if max(upright) >= _ALWAYS else expected


def _find_evidence(up: Tensor, roles: dict[str, int], positions: Tensor) -> _Evidence:
    shoulders, hips, knees, ankles = (
        find_middle(positions, roles, name) for name in ("shoulder", "hip", "knee", "ankle")
    )
    leg = leg_length(positions[0], roles)
    trunk, thighs, legs = (
        normalize(upper - lower, dim=-1) @ up for upper, lower in ((shoulders, hips), (hips, knees), (hips, ankles))
    )
    upright = torch.stack([trunk, thighs, legs]).amin(0) > _UPRIGHT
    lowest = positions[:, sorted(set(roles.values()))].matmul(up).amin(1) / leg
    height = hips @ up / leg
    on_floor = (height > _LOW[0]) & (height < _LOW[1]) & (shoulders @ up / leg < _LOW[1] + _FLOOR)
    frames = {
        "upright": upright,
        "standing": upright & (lowest.abs() < _FLOOR),
        "lying": on_floor & (trunk.abs() < _LEVEL),
    }
    return _Evidence(**{name: float(there.float().mean()) for name, there in frames.items()})
