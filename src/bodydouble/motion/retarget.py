"""Bringing a recorded clip to a body model: up is up, the first frame faces the viewer, the hips travel as recorded."""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import local_rotations
from bodydouble.errors import InputError
from bodydouble.geometry.rotation import (
    axis_angle_from_matrix,
    matrix_from_axis_angle,
    rotation_between,
)
from bodydouble.motion.clip import Clip
from bodydouble.motion.foot_contact import find_contacts
from bodydouble.motion.foot_lock import hold_feet
from bodydouble.motion.ground import put_on_ground
from bodydouble.motion.joint_roles import find_middle, find_roles, leg_length
from bodydouble.motion.limb_stance import UP
from bodydouble.motion.neutral_stance import judge_zero_pose, neutral_stance
from bodydouble.motion.target_pose import pose_from_neutral, target_rotations
from bodydouble.motion.up_axis import find_up, named_axis
from bodydouble.person.landmarks import SIDES
from bodydouble.values import Motion, RestBody

_LEVEL_M = 1e-6  # hips that move by less were recorded without their way
_LIES = 0.8  # sine of 53°: a pelvis whose front points so steeply up or down lies


def retarget(clip: Clip, body: BodyModel, rest: RestBody, up: str | None = None, lock_feet: bool = False) -> Motion:
    """The clip on a body: first frame at the origin facing +z, feet on the ground.

    Args:
        up: "y" or "z", the file's axis that points up; None: as `find_up` finds it.
        lock_feet: feet that stand neither slide nor float.

    Raises:
        InputError: the clip's skeleton is not a person's, its numbers are beyond use, or there is no such axis.
    """
    roles = find_roles(clip)
    rotations, positions = clip.world()
    zero_pose = judge_zero_pose(clip, roles)
    file_up = find_up(clip, roles, positions, zero_pose.up) if up is None else named_axis(up)
    upright = rotation_between(file_up, UP)
    rotations, positions = upright @ rotations, positions @ upright.T
    neutral = neutral_stance(clip, roles, rotations, positions, zero_pose)
    posed = pose_from_neutral(clip, roles, neutral, rotations, positions)
    heading = _find_heading(posed[0, roles["pelvis"]])
    posed, positions = heading @ posed, positions @ heading.T
    world = target_rotations(clip, roles, neutral, posed, positions, body, rest)
    scale = leg_length(rest.joints, body.roles) / leg_length(positions[0], roles)
    positions = positions * scale
    motion = _build_motion(clip, world, find_middle(positions, roles, "hip"), body, rest)
    heights = _heights(clip, roles, positions)
    contacts = find_contacts(clip, roles, positions, heights) if lock_feet else None
    motion = put_on_ground(motion, body, rest, heights, contacts)
    if contacts is not None:
        motion = hold_feet(motion, body, rest, contacts)
    values = (motion.joints, motion.root_rotation, motion.root_translation)
    if not all(torch.isfinite(tensor).all() for tensor in values):
        raise InputError(f"{clip.name}: the motion's lengths or distances are too extreme to be brought to a body")
    return motion


def _build_motion(clip: Clip, world: Tensor, hips: Tensor, body: BodyModel, rest: RestBody) -> Motion:
    """A motion from world rotations (T, J, 3, 3) of the body's joints and the way of the hips (T, 3), metres."""
    joints = axis_angle_from_matrix(local_rotations(world, rest.parents))
    root_rotation = joints[:, 0].clone()
    joints[:, 0] = 0
    # The hips, not the root joint, travel as recorded: body models put the root at different heights.
    rest_hips = find_middle(rest.joints, body.roles, "hip")
    turned_hips = (world[:, 0] @ (rest_hips - rest.joints[0])[:, None])[..., 0]
    return Motion(
        joints=joints,
        root_rotation=root_rotation,
        root_translation=rest_hips - rest.joints[0] + hips - hips[0] - turned_hips,
        frames_per_second=clip.frames_per_second,
        name=clip.name,
    )


def _heights(clip: Clip, roles: dict[str, int], positions: Tensor) -> Tensor:
    """(T,) height of the person's lowest joint, metres; 0 where up and down was not recorded.

    What is held in a hand, and a root that stays on the ground, are no part of the person.
    """
    pelvis = positions[:, roles["pelvis"], 1]
    if pelvis.max() - pelvis.min() < _LEVEL_M:
        return torch.zeros(len(clip))
    feet = [joint for side in SIDES for joint in clip.descendants(roles[f"{side}_ankle"])]
    return positions[:, [*roles.values(), *feet], 1].amin(1)


def _find_heading(pelvis: Tensor) -> Tensor:
    """(3, 3) turn about y after which a pelvis with this rotation faces +z.

    One that lies on its back or front faces +z once it is raised on the shortest way.
    """
    forward = pelvis[:, 2]
    if forward[1].abs() > _LIES:
        forward = (rotation_between(pelvis[:, 1], UP) @ pelvis)[:, 2]
    angle = -torch.atan2(forward[0], forward[2])
    return matrix_from_axis_angle(angle * UP)
