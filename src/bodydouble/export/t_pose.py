"""A body in the T-pose of the VRM specification: arms along x, palms down, fingers straight, feet along z.

Source: vrm-c/vrm-specification, `VRMC_vrm-1.0/tpose.md`. Every bone is turned the shortest way from the rest pose,
outwards from the trunk; hands alone are turned about their own axis too, until the palms face down.
"""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.body import BodyModel
from bodydouble.body.joints import FINGERS
from bodydouble.body.skinning import joint_transforms, local_rotations
from bodydouble.geometry.rotation import axis_angle_from_matrix, rotation_between, turn_about_y
from bodydouble.motion.target_pose import joint_path, share_twist
from bodydouble.person.landmarks import SIDES
from bodydouble.values import Pose, RestBody

_OUTWARD = {"left": torch.tensor([1.0, 0.0, 0.0]), "right": torch.tensor([-1.0, 0.0, 0.0])}
_FORWARD = torch.tensor([0.0, 0.0, 1.0])
_THUMB_TURN = math.radians(45)  # of a thumb from the fingers' direction to the front
_MOSTLY = 0.5  # skin weight from which on a vertex belongs to a finger's last bone


def t_pose_transforms(body: BodyModel, rest: RestBody) -> tuple[Tensor, Tensor]:
    """J×3×3 rotations from the rest pose and J×3 positions, metres, of the joints of a body that faces +z.

    The root stays where it is: the soles are brought to the ground by whoever knows all surfaces.

    Args:
        rest: on the CPU.
    """
    world = _world_rotations(body, rest)
    joints = axis_angle_from_matrix(local_rotations(world, rest.parents))
    zero = torch.zeros(3)
    pose = Pose(joints=joints, root_rotation=zero, root_translation=zero, expression=zero)
    return joint_transforms(rest, pose)


def _world_rotations(body: BodyModel, rest: RestBody) -> Tensor:
    """J×3×3: rotations of the joints from the rest frame; those in between turn with the joint above them."""
    turned: dict[int, Tensor] = {}
    for side in SIDES:
        turned |= _leg(side, body, rest) | _arm(side, body, rest)
    world: list[Tensor] = []
    for joint, parent in enumerate(rest.parents):
        world.append(turned.get(joint, torch.eye(3) if parent < 0 else world[parent]))
    return torch.stack(world)


def _leg(side: str, body: BodyModel, rest: RestBody) -> dict[int, Tensor]:
    """Thigh and shin upright as seen from the front, and a foot that points forwards."""
    turned = {}
    for upper, lower in (("hip", "knee"), ("knee", "ankle")):
        joint = body.roles[f"{side}_{upper}"]
        bone = rest.joints[body.roles[f"{side}_{lower}"]] - rest.joints[joint]
        turned[joint] = rotation_between(bone, bone * torch.tensor([0.0, 1.0, 1.0]))
    ankle = body.roles[f"{side}_ankle"]
    toes = [joint for joint, parent in enumerate(rest.parents) if parent == ankle]
    foot = rest.joints[toes].mean(0) - rest.joints[ankle]
    turned[ankle] = turn_about_y(-torch.atan2(foot[0], foot[2]))
    return turned


def _arm(side: str, body: BodyModel, rest: RestBody) -> dict[int, Tensor]:
    """Arm, hand and fingers along x, the thumb half-way to the front."""
    outward, turned = _OUTWARD[side], {}
    turn = torch.eye(3)
    for upper, lower in (("shoulder", "elbow"), ("elbow", "wrist")):
        joint = body.roles[f"{side}_{upper}"]
        turn = _turn_bone(turn, rest.joints[body.roles[f"{side}_{lower}"]] - rest.joints[joint], outward)
        turned[joint] = turn
    wrist = body.roles[f"{side}_wrist"]
    turned[wrist] = _turn_hand(side, body, rest)
    path = joint_path(body, f"{side}_elbow", f"{side}_wrist")
    twisted = share_twist({joint: turned[joint][None] for joint in (path[0], wrist)}, rest, path)
    turned |= {joint: rotation[0] for joint, rotation in twisted.items()}
    for finger in FINGERS:
        along = outward
        if finger == "thumb":
            along = math.cos(_THUMB_TURN) * outward + math.sin(_THUMB_TURN) * _FORWARD
        turned |= _finger(finger, side, body, rest, turned[wrist], along)
    return turned


def _turn_hand(side: str, body: BodyModel, rest: RestBody) -> Tensor:
    """(3, 3): the hand along x, the index finger in front of the little one, so that the palm faces down."""
    index, middle, pinky, wrist = (
        rest.joints[body.roles[f"{side}_{name}"]] for name in ("index_1", "middle_1", "pinky_1", "wrist")
    )
    frames = (_frame(middle - wrist, index - pinky), _frame(_OUTWARD[side], _FORWARD))
    return frames[1] @ frames[0].mT


def _finger(finger: str, side: str, body: BodyModel, rest: RestBody, hand: Tensor, along: Tensor) -> dict[int, Tensor]:
    """A finger's three joints, each bone in that direction; the last one's end is where its vertices are."""
    joints = [body.roles[f"{side}_{finger}_{number}"] for number in (1, 2, 3)]
    bones = [rest.joints[below] - rest.joints[joint] for joint, below in itertools.pairwise(joints)]
    tip = rest.vertices[rest.skin_weights[:, joints[-1]] > _MOSTLY]
    bones.append(tip.mean(0) - rest.joints[joints[-1]] if len(tip) else bones[-1])
    turned, turn = {}, hand
    for joint, bone in zip(joints, bones, strict=True):
        turned[joint] = turn = _turn_bone(turn, bone, along)
    return turned


def _turn_bone(turn: Tensor, bone: Tensor, along: Tensor) -> Tensor:
    """(3, 3): the rotation, and then the shortest one that brings a bone of the rest pose to that direction."""
    return rotation_between(turn @ bone, along) @ turn


def _frame(along: Tensor, across: Tensor) -> Tensor:
    """3×3, orthonormal, in columns: a direction, the part of another that is square to it, and their normal."""
    first = normalize(along, dim=0)
    second = normalize(across - (across @ first) * first, dim=0)
    return torch.stack([first, second, torch.linalg.cross(first, second)], 1)
