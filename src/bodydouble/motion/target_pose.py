"""The rotations of a body's joints that hold it as a recorded skeleton is held.

    target(t) = posed_source(t) · align,    posed_source(t) = source(t) · neutral_source⁻¹

`align` turns the bone of the target's rest pose to where the source's bone is in its neutral stance (T-pose, arms
hanging, ...), so the bones of both point the same way in every frame. It is the shortest such turn, taken from the
trunk outwards, so that limbs are not twisted.
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.body import BodyModel
from bodydouble.body.joints import FINGERS
from bodydouble.geometry.quaternion import matrix_from_quaternion, slerp
from bodydouble.geometry.rotation import matrix_from_axis_angle, quaternion_from_matrix, rotation_between
from bodydouble.motion.bone_names import bone_names
from bodydouble.motion.clip import Clip
from bodydouble.motion.joint_roles import find_across, find_middle, find_neck, find_spine
from bodydouble.motion.limb_stance import LEFT
from bodydouble.motion.neutral_stance import Neutral
from bodydouble.motion.upright_frames import upright_axes
from bodydouble.person.landmarks import SIDES
from bodydouble.values import RestBody

_CARRIES = (
    0.9  # mean cosine of 26° between the line of hip joints, or shoulders, and the axis of the joint that bears them
)

# Roles whose bones are aligned, each after the one it hangs on, and the role at the bone's end.
_LIMBS = (("hip", "", "knee"), ("knee", "hip", "ankle"), ("shoulder", "", "elbow"), ("elbow", "shoulder", "wrist"))
_HANDS = (
    ("wrist", "elbow", "middle_1"),
    *((f"{f}_{n}", "wrist" if n == 1 else f"{f}_{n - 1}", f"{f}_{min(n + 1, 3)}") for f in FINGERS for n in (1, 2, 3)),
)


def pose_from_neutral(
    clip: Clip, roles: dict[str, int], neutral: Neutral, rotations: Tensor, positions: Tensor
) -> Tensor:
    """(T, J, 3, 3) world rotations of a clip's joints from its neutral stance.

    In some recordings (poses estimated by networks, inverse kinematics) pelvis and chest have any turn, and joints
    without length put the limbs where they are. There the lines between hip joints and between shoulders tell.

    Args:
        rotations: (T, J, 3, 3) of the joints in a world with y up.
        positions: (T, J, 3) of the joints.
    """
    posed = rotations @ neutral.turns.mT
    spine = find_spine(clip, roles)
    trunk = find_middle(positions, roles, "shoulder") - find_middle(positions, roles, "hip")
    ends, carried = [], True
    for joint, name in ((spine[0], "hip"), (spine[-1], "shoulder")):
        across = find_across(positions, roles, name)
        carries = bool((normalize(across, dim=-1) * posed[:, joint, :, 0]).sum(-1).mean() > _CARRIES)
        ends.append(quaternion_from_matrix(posed[:, joint] if carries else upright_axes(across, trunk).mT))
        carried &= carries
    if not carried:
        for n, joint in enumerate(spine):
            fraction = torch.tensor([n / max(len(spine) - 1, 1)])
            posed[:, joint] = matrix_from_quaternion(slerp(ends[0], ends[1], fraction))
    return posed


def target_rotations(
    clip: Clip,
    roles: dict[str, int],
    neutral: Neutral,
    posed: Tensor,
    positions: Tensor,
    body: BodyModel,
    rest: RestBody,
) -> Tensor:
    """(T, J, 3, 3) world rotations of the body's joints; at rest they are the identity.

    Args:
        posed: (T, J, 3, 3) world rotations of the clip's joints from its neutral stance.
        positions: (T, J, 3) of the clip's joints.
    """
    align = _alignment(neutral, body, rest)
    driven = {0: posed[:, roles["pelvis"]]}
    driven |= _along_chain(posed, find_spine(clip, roles), joint_path(body, "pelvis", "spine_3"))
    driven |= _along_chain(posed, find_neck(clip, roles), joint_path(body, "spine_3", "head"))
    for role, turn in align.items():
        if role in roles and role in body.roles:
            driven[body.roles[role]] = posed[:, roles[role]] @ turn
            if role.endswith("_toe"):  # the other toes go with the one that has the role
                driven |= {toe: driven[body.roles[role]] for toe in _siblings(body, body.roles[role])}
    if neutral.zero_pose:
        driven |= _namesakes(clip, posed, body, align)
    for side in SIDES:
        driven |= share_twist(driven, rest, joint_path(body, f"{side}_elbow", f"{side}_wrist"))
    world: list[Tensor] = []
    for joint, parent in enumerate(rest.parents):
        world.append(driven[joint] if joint in driven else world[parent])
    return _point_limbs(torch.stack(world, 1), positions, roles, body, rest)


def _point_limbs(world: Tensor, positions: Tensor, roles: dict[str, int], body: BodyModel, rest: RestBody) -> Tensor:
    """The rotations (T, J, 3, 3) with thighs, shins and arms pointing exactly as between the recording's joints.

    They do so already where the recorded bones are stiff. The shortest turn brings them there where they are not.
    """
    world = world.clone()
    for side in SIDES:
        for name, _, end in _LIMBS:
            path = joint_path(body, f"{side}_{name}", f"{side}_{end}")
            bones = [(world[:, a] @ (rest.joints[b] - rest.joints[a])) for a, b in itertools.pairwise(path)]
            recorded = positions[:, roles[f"{side}_{end}"]] - positions[:, roles[f"{side}_{name}"]]
            world[:, path[:-1]] = rotation_between(torch.stack(bones).sum(0), recorded)[:, None] @ world[:, path[:-1]]
    return world


def _alignment(neutral: Neutral, body: BodyModel, rest: RestBody) -> dict[str, Tensor]:
    """(3, 3) for each role of the limbs: from the body's rest pose to the source's neutral stance."""
    align: dict[str, Tensor] = {}
    for side, outward in zip(SIDES, (LEFT, -LEFT), strict=True):
        align[f"{side}_clavicle"] = torch.eye(3)
        for name, before, end in _LIMBS + _HANDS:
            role = f"{side}_{name}"
            turn = align.get(f"{side}_{before}", torch.eye(3))
            source = neutral.directions.get(role)
            if source is not None and name[-1] != "3":
                bone = rest.joints[body.roles[f"{side}_{end}"]] - rest.joints[body.roles[role]]
                if name == "shoulder":  # by way of the T-pose, from which the twist of all stances is measured
                    turn = rotation_between(bone, outward)
                turn = rotation_between(turn @ bone, source) @ turn
            align[role] = turn
        align[f"{side}_ankle"] = torch.eye(3)
        align[f"{side}_toe"] = torch.eye(3)
    return align


def _siblings(body: BodyModel, joint: int) -> list[int]:
    return [other for other, parent in enumerate(body.parents) if parent == body.parents[joint]]


def _namesakes(clip: Clip, posed: Tensor, body: BodyModel, align: dict[str, Tensor]) -> dict[int, Tensor]:
    """Rotations of the body's joints without a role that the recording has under the same name and parent.

    Names are the body model's, or those under which its joints are exported.
    """
    turns = {body.roles[role]: turn for role, turn in align.items()}
    roles = set(body.roles.values())
    exported = bone_names(body.joint_names, body.roles)
    recorded = [name.rpartition(":")[2] for name in clip.joint_names]
    driven = {}
    for joint, parent in enumerate(body.parents):
        turns.setdefault(joint, turns.get(parent, torch.eye(3)))
        for names in (body.joint_names, exported):
            if joint in roles or names[joint] not in recorded:
                continue
            other = recorded.index(names[joint])
            if clip.parents[other] >= 0 and recorded[clip.parents[other]] == names[parent]:
                driven[joint] = posed[:, other] @ turns[joint]
    return driven


def share_twist(driven: dict[int, Tensor], rest: RestBody, path: list[int]) -> dict[int, Tensor]:
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


def joint_path(body: BodyModel, first: str, last: str) -> list[int]:
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
