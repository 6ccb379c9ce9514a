"""Bringing a recorded clip to a body model, by what the two skeletons look like in a neutral stance.

    target(t) = posed_source(t) · neutral_source⁻¹ · align

`align` turns the bone of the target's rest pose to where the source's bone is in its neutral stance (T-pose, arms
hanging, ...), so the bones of both point the same way in every frame. It is the shortest such turn, taken from the
trunk outwards, so that limbs are not twisted.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.joints import FINGERS
from bodydouble.errors import InputError
from bodydouble.geometry.quaternion import matrix_from_quaternion, slerp
from bodydouble.geometry.rotation import (
    axis_angle_from_matrix,
    matrix_from_axis_angle,
    quaternion_from_matrix,
    rotation_between,
)
from bodydouble.motion.clip import Clip
from bodydouble.motion.ground import put_on_ground
from bodydouble.motion.joint_roles import SIDES, find_roles, snapped
from bodydouble.motion.neutral_stance import UP, Neutral, neutral_stance
from bodydouble.values import Motion, RestBody

# Roles whose bones are aligned, each after the one it hangs on, and the role at the bone's end.
_LIMBS = (("hip", "", "knee"), ("knee", "hip", "ankle"), ("shoulder", "", "elbow"), ("elbow", "shoulder", "wrist"))
_HANDS = (
    ("wrist", "elbow", "middle_1"),
    *((f"{f}_{n}", "wrist" if n == 1 else f"{f}_{n - 1}", f"{f}_{min(n + 1, 3)}") for f in FINGERS for n in (1, 2, 3)),
)


def retarget(clip: Clip, body: BodyModel, rest: RestBody) -> Motion:
    """The clip on a body: first frame at the origin facing +z, feet on the ground.

    Raises:
        InputError: the clip's skeleton is not a person's, or its numbers are beyond use.
    """
    roles = find_roles(clip)
    rotations, positions = clip.world()
    neutral = neutral_stance(clip, roles, rotations)
    upright = _upright(clip, roles, positions)
    rotations, positions = upright @ rotations, positions @ upright.T
    posed = rotations @ neutral.turns.mT  # from the neutral stance to the frame, in world axes
    heading = _heading(posed[0, roles["pelvis"]])
    posed, positions = heading @ posed, positions @ heading.T
    world = _target_rotations(clip, roles, neutral, posed, body, rest)
    hips = _hips(positions, roles)
    scale = _leg_length(rest.joints, body.roles) / _leg_length(clip.zero_pose(), roles)
    travel = (hips - hips[0]) * scale
    rest_hips = _hips(rest.joints, body.roles)
    # The hips, not the root joint, travel as recorded: body models put the root at different heights.
    root = rest_hips + travel - (world[:, 0] @ (rest_hips - rest.joints[0])[:, None])[..., 0]
    local = world.clone()
    local[:, 1:] = world[:, list(rest.parents[1:])].mT @ world[:, 1:]
    joints = axis_angle_from_matrix(local)
    root_rotation = joints[:, 0].clone()
    joints[:, 0] = 0
    motion = Motion(
        joints=joints,
        root_rotation=root_rotation,
        root_translation=root - rest.joints[0],
        frames_per_second=clip.frames_per_second,
        name=clip.name,
    )
    root_height = positions[:, roles["pelvis"], 1]
    level = float(root_height.max() - root_height.min()) * scale < 1e-6  # up and down was not recorded
    heights = torch.zeros(len(clip)) if level else positions[..., 1].amin(1) * scale
    motion = put_on_ground(motion, rest, heights)
    if not all(torch.isfinite(values).all() for values in (joints, root_rotation, motion.root_translation)):
        raise InputError(f"{clip.name}: the motion's lengths or distances are too extreme to be brought to a body")
    return motion


def _upright(clip: Clip, roles: dict[str, int], positions: Tensor) -> Tensor:
    """(3, 3) rotation of the recording's axes that brings its up axis to +y."""
    middle = (positions[:, roles["left_hip"]] + positions[:, roles["right_hip"]]) / 2
    feet = (positions[:, roles["left_ankle"]] + positions[:, roles["right_ankle"]]) / 2
    up = torch.nn.functional.normalize(positions[:, roles["head"]] - middle, dim=-1)
    up = up + torch.nn.functional.normalize(middle - feet, dim=-1)
    return rotation_between(snapped(up.mean(0)), UP)


def _heading(pelvis: Tensor) -> Tensor:
    """(3, 3) turn about y after which a pelvis with this rotation faces +z."""
    forward = pelvis[:, 2]
    angle = -torch.atan2(forward[0], forward[2])
    return matrix_from_axis_angle(angle * UP)


def _hips(positions: Tensor, roles: dict[str, int]) -> Tensor:
    return (positions[..., roles["left_hip"], :] + positions[..., roles["right_hip"], :]) / 2


def _leg_length(positions: Tensor, roles: dict[str, int]) -> Tensor:
    """Mean length of thigh and shin together."""
    bones = [
        positions[roles[f"{side}_{end}"]] - positions[roles[f"{side}_{start}"]]
        for side in SIDES
        for start, end in (("hip", "knee"), ("knee", "ankle"))
    ]
    return torch.stack(bones).norm(dim=-1).sum() / 2


def _target_rotations(
    clip: Clip, roles: dict[str, int], neutral: Neutral, posed: Tensor, body: BodyModel, rest: RestBody
) -> Tensor:
    """(T, J, 3, 3) world rotations of the body's joints; at rest they are the identity."""
    align = _alignment(neutral, body, rest)
    driven = {0: posed[:, roles["pelvis"]]}
    driven |= _along_chain(posed, neutral.spine, _path(body, "pelvis", "spine_3"))
    driven |= _along_chain(posed, neutral.neck, _path(body, "spine_3", "head"))
    for role, turn in align.items():
        if role in roles and role in body.roles:
            driven[body.roles[role]] = posed[:, roles[role]] @ turn
            if role.endswith("_toe"):  # the other toes go with the one that has the role
                driven |= {toe: driven[body.roles[role]] for toe in _siblings(body, body.roles[role])}
    if neutral.whole:
        driven |= _namesakes(clip, posed, body, align)
    for side in SIDES:
        driven |= _shared_twist(driven, rest, _path(body, f"{side}_elbow", f"{side}_wrist"))
    world: list[Tensor] = []
    for joint, parent in enumerate(rest.parents):
        world.append(driven[joint] if joint in driven else world[parent])
    return torch.stack(world, 1)


def _alignment(neutral: Neutral, body: BodyModel, rest: RestBody) -> dict[str, Tensor]:
    """(3, 3) for each role of the limbs: from the body's rest pose to the source's neutral stance."""
    align: dict[str, Tensor] = {}
    for side in SIDES:
        align[f"{side}_clavicle"] = torch.eye(3)
        for name, before, end in _LIMBS + _HANDS:
            role = f"{side}_{name}"
            turn = align.get(f"{side}_{before}", torch.eye(3))
            source = neutral.directions.get(role)
            if source is not None and name[-1] != "3":
                bone = rest.joints[body.roles[f"{side}_{end}"]] - rest.joints[body.roles[role]]
                turn = rotation_between(turn @ bone, source) @ turn
            align[role] = turn
        align[f"{side}_ankle"] = torch.eye(3)
        align[f"{side}_toe"] = torch.eye(3)
    return align


def _siblings(body: BodyModel, joint: int) -> list[int]:
    return [other for other, parent in enumerate(body.parents) if parent == body.parents[joint]]


def _namesakes(clip: Clip, posed: Tensor, body: BodyModel, align: dict[str, Tensor]) -> dict[int, Tensor]:
    """Rotations of the body's joints without a role that the recording has under the same name and parent."""
    turns = {body.roles[role]: turn for role, turn in align.items()}
    roles = set(body.roles.values())
    driven = {}
    for joint, (name, parent) in enumerate(zip(body.joint_names, body.parents, strict=True)):
        turns.setdefault(joint, turns.get(parent, torch.eye(3)))
        if joint in roles or name not in clip.joint_names:
            continue
        other = clip.joint_names.index(name)
        if clip.parents[other] >= 0 and clip.joint_names[clip.parents[other]] == body.joint_names[parent]:
            driven[joint] = posed[:, other] @ turns[joint]
    return driven


def _shared_twist(driven: dict[int, Tensor], rest: RestBody, path: list[int]) -> dict[int, Tensor]:
    """Rotations of the joints between elbow and wrist: the hand's turn about the forearm grows along it."""
    elbow, wrist, between = path[0], path[-1], [joint for joint in path[1:-1] if joint not in driven]
    if not between or elbow not in driven or wrist not in driven:
        return {}
    axis = torch.nn.functional.normalize(rest.joints[wrist] - rest.joints[elbow], dim=0)
    turn = quaternion_from_matrix(driven[elbow].mT @ driven[wrist])
    angle = 2 * torch.atan2(turn[:, 1:] @ axis, turn[:, 0])
    return {
        joint: driven[elbow] @ matrix_from_axis_angle(angle[:, None] * axis * (n / (len(between) + 1)))
        for n, joint in enumerate(between, start=1)
    }


def _path(body: BodyModel, first: str, last: str) -> list[int]:
    """Joints of the body from one role down to another, both included."""
    joint, path = body.roles[last], [body.roles[last]]
    while joint != body.roles[first]:
        joint = body.parents[joint]
        path.append(joint)
    return path[::-1]


def _along_chain(posed: Tensor, source: list[int], target: list[int]) -> dict[int, Tensor]:
    """Rotations of the joints after `target[0]`, spread along a chain that may have more or fewer joints."""
    if len(source) == 1:
        return {joint: posed[:, source[0]] for joint in target[1:]}
    if len(source) == len(target):
        return {joint: posed[:, other] for joint, other in zip(target[1:], source[1:], strict=True)}
    quaternions = quaternion_from_matrix(posed[:, source])
    spread = {}
    for n, joint in enumerate(target[1:], start=1):
        place = n / (len(target) - 1) * (len(source) - 1)
        before = min(int(place), len(source) - 2)
        share = torch.tensor([place - before])
        spread[joint] = matrix_from_quaternion(slerp(quaternions[:, before], quaternions[:, before + 1], share))
    return spread
