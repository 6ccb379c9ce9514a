"""Poses for synthetic people: as for a fitting photo, as recorded, and as a body can."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from bodydouble.body.skinning import skin
from bodydouble.geometry.rotation import axis_angle_from_matrix, matrix_from_axis_angle
from bodydouble.values import Pose
from workshop.synthesis.poses.anatomy import SIDES, Array, Body, JointAnatomy, average_anatomy, share_twist, turn
from workshop.synthesis.poses.collide import TOUCH_M, depths, hulls_of, push_out
from workshop.synthesis.poses.free_poses import a_pose_turns, free_turns
from workshop.synthesis.poses.hands import sample_expression, with_hands
from workshop.synthesis.poses.pose_bank import PoseBank

KINDS = {"a-pose": 0.25, "mocap": 0.4, "free": 0.35}  # and their shares in "mix"

_TRIES = 4  # poses drawn before the best of them is pushed out of itself
_NOISE = {"spine_2": 3.0, "spine_3": 2.0, "neck": 4.0, "head": 5.0} | {  # degrees, added to recorded poses
    f"{side}_{name}": degrees
    for side, _ in SIDES
    for name, degrees in (("hip", 2.0), ("ankle", 2.0), ("shoulder", 5.0), ("elbow", 4.0), ("wrist", 6.0))
}


def sample_pose(
    rng: np.random.Generator,
    body: Body,
    bank: PoseBank,
    kind: str = "mix",
    *,
    test: bool = False,
    anatomy: JointAnatomy | None = None,
) -> Pose:
    """A random pose that faces +z, stands on the ground, and does not pass through itself.

    Args:
        bank: recorded poses of the same body model.
        kind: "a-pose" (arms 30 to 50 degrees off the body, as People-Snapshot's), "mocap" (a recorded pose with noise),
            "free" (angles within anatomical limits) or "mix" (each of these by its share in `KINDS`).
        test: recorded poses come from the bank's clips for testing, and only from them.
        anatomy: of the body that will take the pose; its mean shape's by default.

    Returns:
        Tensors on the CPU; the pelvis stays where it is at rest but for its height.
    """
    anatomy = anatomy or average_anatomy(body)
    if kind == "mix":
        kind = str(rng.choice(list(KINDS), p=list(KINDS.values())))
    joints, root = _sample_clear(rng, anatomy, bank, kind, test)
    pose = Pose(
        joints=joints,
        root_rotation=root,
        root_translation=torch.zeros(3),
        expression=sample_expression(rng, body.expression_names),
    )
    return stand_on_ground(anatomy, pose)


def stand_on_ground(anatomy: JointAnatomy, pose: Pose) -> Pose:
    """The pose moved up or down until the body's lowest point is at y = 0."""
    bare = Pose(
        joints=pose.joints,
        root_rotation=pose.root_rotation,
        root_translation=pose.root_translation,
        expression=torch.zeros(0),
    )
    lowest = skin(anatomy.grounded, bare)[:, 1].min()
    translation = pose.root_translation - torch.tensor([0.0, 1.0, 0.0]) * lowest
    return Pose(
        joints=pose.joints, root_rotation=pose.root_rotation, root_translation=translation, expression=pose.expression
    )


def draft_pose(
    rng: np.random.Generator, anatomy: JointAnatomy, bank: PoseBank, kind: str, test: bool = False
) -> tuple[Tensor, Tensor]:
    """Joints J×3 and root rotation (3,) of a kind of pose, which may pass through itself."""
    if kind == "mocap":
        joints, root = _sample_recorded(rng, anatomy, bank, test)
    else:
        turns = a_pose_turns(rng) if kind == "a-pose" else free_turns(rng)
        root = _axis_angle(turns.pop("root"))
        joints = anatomy.joints(turns)
    joints = share_twist(anatomy, with_shoulder_rhythm(anatomy, joints))
    return with_hands(rng, anatomy, joints, relaxed=kind == "a-pose"), root


def _sample_clear(
    rng: np.random.Generator, anatomy: JointAnatomy, bank: PoseBank, kind: str, test: bool
) -> tuple[Tensor, Tensor]:
    """The first draft that does not pass through itself, or the least bad of some with its limbs pushed out."""
    hulls = hulls_of(anatomy)
    drafts: list[tuple[float, Tensor, Tensor]] = []
    for _ in range(_TRIES):
        joints, root = draft_pose(rng, anatomy, bank, kind, test)
        depth = float(depths(anatomy, hulls, joints).max())
        if depth <= TOUCH_M:
            return joints, root
        drafts.append((depth, joints, root))
    _, joints, root = min(drafts, key=lambda each: each[0])
    return push_out(anatomy, hulls, joints), root


def _sample_recorded(
    rng: np.random.Generator, anatomy: JointAnatomy, bank: PoseBank, test: bool
) -> tuple[Tensor, Tensor]:
    """A pose of the bank, mirrored half of the time, with some noise."""
    rows = (bank.test == test).nonzero()[:, 0]
    row = int(rows[rng.integers(len(rows))])
    joints, root = bank.joints[row].clone(), bank.root_rotation[row].clone()
    if rng.random() < 0.5:
        across = torch.tensor([1.0, -1.0, -1.0])
        joints, root = joints[list(anatomy.mirror_joints)] * across, root * across
    roles = [anatomy.roles[role] for role in _NOISE]
    spread = np.deg2rad(list(_NOISE.values()))[:, None] / np.sqrt(3)
    noise = torch.from_numpy(rng.normal(0, 1, (len(roles), 3)) * spread).float()
    joints[roles] = axis_angle_from_matrix(matrix_from_axis_angle(joints[roles]) @ matrix_from_axis_angle(noise))
    return joints, root


def with_shoulder_rhythm(anatomy: JointAnatomy, joints: Tensor) -> Tensor:
    """The pose J×3 with clavicles that follow the arms; upper arms point as before, against the chest.

    Of an arm's elevation a third is the shoulder girdle's (Inman, Saunders and Abbott, Observations on the function of
    the shoulder joint, 1944): here a third of what exceeds the arms' 40 degrees at rest, at most 30 degrees. An arm
    raised forward pulls the clavicle forward as well.
    """
    joints = joints.clone()
    for side, sign in SIDES:
        chain = anatomy.path(f"{side}_clavicle", f"{side}_shoulder")
        elbow = anatomy.roles[f"{side}_elbow"]
        local = matrix_from_axis_angle(joints[chain])
        total, between = torch.eye(3), torch.eye(3)
        for turned in local:
            total = total @ turned
        for turned in local[1:-1]:
            between = between @ turned
        arm = total @ (anatomy.rest.joints[elbow] - anatomy.rest.joints[chain[-1]])
        x, y, z = (arm / arm.norm()).tolist()
        elevation, forward = np.degrees(np.arccos(np.clip(-y, -1, 1))), max(z, 0.0)
        rise = min((elevation - 40) / 3, 30.0) if elevation > 40 else (elevation - 40) / 6
        clavicle = torch.from_numpy(turn("yz", -14 * forward, rise * (1 - 0.4 * forward), side=sign)).float()
        joints[chain[0]] = axis_angle_from_matrix(clavicle)
        joints[chain[-1]] = axis_angle_from_matrix((clavicle @ between).T @ total)
    return joints


def _axis_angle(rotation: Array) -> Tensor:
    return axis_angle_from_matrix(torch.from_numpy(rotation).float())
