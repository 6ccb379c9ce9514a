"""How a recorded skeleton is held in a neutral stance: the common ground on which two skeletons can be compared.

In most files the zero pose is a stance (T-pose, A-pose, arms hanging). In some it is none: every bone points along an
axis of its own joint, or arms and legs are folded, and the rotations of a frame make a person of it. What does not
stand in the zero pose is found from the recording: the trunk from its most upright frames, a limb from how it bends.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.motion.clip import Clip
from bodydouble.motion.joint_roles import ARM, LEG, find_across, find_middle, find_spine
from bodydouble.motion.limb_stance import Recording, build_arm, build_leg, find_bone_end, find_foot, is_flat, level_foot
from bodydouble.motion.upright_frames import find_upright_frames, mean_rotation, rotation_angle, upright_axes
from bodydouble.person.landmarks import SIDES

_NEAR_AXIS = math.cos(math.radians(20))  # a skeleton that stands so near to the file's axes is meant to stand on them
_UNTWISTED = math.cos(math.radians(25))  # between hips and shoulders of a zero pose whose trunk is straight
_STRAIGHT_LIMB = 0.7  # cosine of 45° between the two bones of a limb
_DOWN = 0.7  # cosine of 45° between a leg and the vertical
_UNDER_TRUNK = math.cos(math.radians(25))  # between the mean of both legs and the trunk
_ARM_UP = 0.5  # sine of 30° above the horizontal
_ARM_ACROSS = 0.3  # sine of 17° to the other side
_NEAR_UPRIGHT = 20.0  # degrees between the zero pose's trunk and that of the upright frames: a posture of their own


@dataclass(frozen=True, kw_only=True)
class ZeroPose:
    """What of a skeleton's zero pose is a stance."""

    axes: Tensor | None  # 3×3: from the file's axes to those of the stance; None where the trunk is no stance
    legs: bool
    arms: bool

    @property
    def up(self) -> Tensor | None:
        """(3,) direction of the file along which the zero pose stands; None where it does not."""
        return None if self.axes is None else self.axes[1]


@dataclass(frozen=True, kw_only=True)
class Neutral:
    """A skeleton's joints in a neutral stance: y up, facing +z, the left at +x."""

    turns: Tensor  # J×3×3: world rotation of each joint in the stance
    directions: dict[str, Tensor]  # (3,) direction of a role's bone in the stance, for limbs, fingers and hands
    zero_pose: bool  # True: the stance is the zero pose, turned to face +z


def judge_zero_pose(clip: Clip, roles: dict[str, int]) -> ZeroPose:
    """What of a skeleton's zero pose is a stance, judged by all of its bones."""
    axes = torch.eye(3) if clip.neutral else _zero_axes(clip, roles)
    if axes is None:
        return ZeroPose(axes=None, legs=False, arms=False)
    zero = clip.zero_pose() @ axes.T
    legs, arms = _stands(zero, roles, LEG), _stands(zero, roles, ARM)
    return ZeroPose(axes=axes if legs or arms else None, legs=legs, arms=arms)


def neutral_stance(
    clip: Clip, roles: dict[str, int], rotations: Tensor, positions: Tensor, zero_pose: ZeroPose
) -> Neutral:
    """The stance of a skeleton.

    Args:
        rotations: (T, J, 3, 3) rotations of its joints over time in a world with y up.
        positions: (T, J, 3) the joints' positions there.
    """
    axes, legs, arms = zero_pose.axes, zero_pose.legs, zero_pose.arms
    upright = find_upright_frames(positions, rotations, roles)
    recording = Recording(clip=clip, roles=roles, rotations=rotations, positions=positions, upright=upright)
    if axes is None or not (legs and arms or _is_upright(axes, recording)):
        turns, directions, legs, arms = _build_trunk(recording), {}, False, False
    else:
        legs &= _has_flat_feet(axes, recording)
        turns, directions = axes.repeat(len(clip.parents), 1, 1), _zero_directions(clip, roles, axes)
    limbs = [build_leg(recording, side) for side in SIDES if not legs]
    limbs += [build_arm(recording, side) for side in SIDES if not arms]
    for limb in limbs:
        directions |= limb.directions
        for joint, turn in limb.turns.items():
            turns[joint] = turn
    if not clip.neutral:
        for side in SIDES:
            ankle = roles[f"{side}_ankle"]
            foot = [ankle, *clip.descendants(ankle)]
            turns[foot] = level_foot(recording, side, turns[ankle]) @ turns[foot]
    return Neutral(turns=turns, directions=directions, zero_pose=not limbs)


def _zero_axes(clip: Clip, roles: dict[str, int]) -> Tensor | None:
    """(3, 3) rotation that turns a skeleton's zero pose upright, facing +z; None where its trunk is twisted."""
    zero = clip.zero_pose()
    hips = normalize(find_across(zero, roles, "hip"), dim=0)
    shoulders = normalize(find_across(zero, roles, "shoulder"), dim=0)
    up = zero[roles["head"]] - find_middle(zero, roles, "hip")
    left = hips + shoulders
    if hips @ shoulders < _UNTWISTED or torch.linalg.cross(left, up).norm() < 1e-6:
        return None
    return upright_axes(_snap(left), _snap(up))


def _snap(direction: Tensor) -> Tensor:
    """The axis, with its sign, that a direction (3,) is near to; so a slightly uneven skeleton is not tilted."""
    direction = normalize(direction, dim=0)
    largest = int(direction.abs().argmax())
    return torch.eye(3)[largest] * direction[largest].sign() if direction[largest].abs() > _NEAR_AXIS else direction


def _stands(zero: Tensor, roles: dict[str, int], limb: tuple[str, ...]) -> bool:
    """True where both legs, or both arms, of a zero pose (J, 3) are those of a stance.

    All nearly straight; legs down, between them straight under the trunk; arms down, forward or out to their own side.
    """
    uppers = []
    for side, outward in zip(SIDES, (1.0, -1.0), strict=True):
        first, second, third = (zero[roles[f"{side}_{name}"]] for name in limb)
        upper, lower = normalize(second - first, dim=0), normalize(third - second, dim=0)
        if upper @ lower < _STRAIGHT_LIMB:
            return False
        if limb == LEG and upper[1] > -_DOWN:
            return False
        if limb == ARM and (upper[1] > _ARM_UP or upper[0] * outward < -_ARM_ACROSS):
            return False
        uppers.append(upper)
    if limb == LEG and normalize(uppers[0] + uppers[1], dim=0)[1] > -_UNDER_TRUNK:
        return False
    return bool(zero[roles[f"left_{limb[0]}"]][0] > zero[roles[f"right_{limb[0]}"]][0])


def _has_flat_feet(axes: Tensor, recording: Recording) -> bool:
    """True where the feet of the zero pose, turned by `axes`, point ahead, or the skeleton has none."""
    feet = [find_foot(recording, side) for side in SIDES]
    return all(foot is None or is_flat(axes @ foot) for foot in feet)


def _is_upright(axes: Tensor, recording: Recording) -> bool:
    """True where the zero pose's trunk, turned by `axes`, is held about as in the most upright frames."""
    roles, upright = recording.roles, recording.upright
    chest = find_spine(recording.clip, roles)[-1]
    for joint, frame in ((roles["pelvis"], upright.pelvis), (chest, upright.chest)):
        turn = mean_rotation(frame @ recording.rotations[upright.frames, joint])
        if rotation_angle(turn.T @ axes) > _NEAR_UPRIGHT:
            return False
    return True


def _zero_directions(clip: Clip, roles: dict[str, int], axes: Tensor) -> dict[str, Tensor]:
    """(3,) direction of each role's bone in the zero pose turned by `axes`, where the skeleton tells."""
    zero = clip.zero_pose() @ axes.T
    ends = {role: find_bone_end(clip, roles, role) for role in roles}
    bones = {role: zero[end] - zero[roles[role]] for role, end in ends.items() if end is not None}
    return {role: normalize(bone, dim=0) for role, bone in bones.items() if bone.norm() > 0}


def _build_trunk(recording: Recording) -> Tensor:
    """(J, 3, 3) turns with pelvis and spine held as in the upright frames.

    Neck, head, clavicles and all that has no role keep their mean turn against what they hang on.
    """
    clip, roles, upright = recording.clip, recording.roles, recording.upright
    spine = find_spine(clip, roles)
    middle = (upright.pelvis + upright.chest) / 2  # near to a rotation: an upright body is hardly twisted
    axes = dict.fromkeys(spine, middle) | {spine[-1]: upright.chest, spine[0]: upright.pelvis}
    turns: list[Tensor] = []
    for joint, parent in enumerate(clip.parents):
        if joint in axes:
            turns.append(mean_rotation(axes[joint] @ recording.rotations[upright.frames, joint]))
        elif parent < 0:
            turns.append(mean_rotation(upright.pelvis @ recording.rotations[upright.frames, joint]))
        else:
            turns.append(
                mean_rotation(turns[parent] @ recording.rotations[:, parent].mT @ recording.rotations[:, joint])
            )
    return torch.stack(turns)
