"""A motion as a `.vrma`: a glTF binary of VRM's humanoid bones alone, which plays on every VRM 1.0 avatar.

Source: vrm-c/vrm-specification, `VRMC_vrm_animation-1.0`. The bones stand in the T-pose, unturned, facing +z.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pygltflib as gl
import torch

from bodydouble.body import BodyModel
from bodydouble.body.skinning import joint_paths, local_rotations
from bodydouble.export.accessors import Accessors
from bodydouble.export.animation import add_animation
from bodydouble.export.at_t_pose import motion_from_t_pose, stand_in_t_pose
from bodydouble.export.glb import begin_file, write_file
from bodydouble.export.humanoid import gather_toes, humanoid_joints
from bodydouble.geometry.rotation import axis_angle_from_matrix
from bodydouble.values import Motion, RestBody, to_device

EXTENSION = "VRMC_vrm_animation"
_LEFT_OUT = ("leftEye", "rightEye")  # gaze is no rotation of a bone there


def write_vrma(
    path: str | Path, body: BodyModel, rest: RestBody, motion: Motion, notes: Mapping[str, Any] | None = None
) -> None:
    """Write a motion of a body. The same values give the same bytes.

    Args:
        rest: the body that the motion is made for.
        notes: what is to say of it, into the file's `asset.extras`.

    Raises:
        InputError: the folder of `path` does not exist.
    """
    rest, motion = to_device(rest, "cpu"), to_device(motion, "cpu")
    standing = gather_toes(body, stand_in_t_pose(body, rest, [])[0])
    bones = {name: joint for name, joint in humanoid_joints(body, standing).items() if name not in _LEFT_OUT}
    skeleton, clip = _keep_bones(standing, motion_from_t_pose(motion, body, rest, standing), list(bones.values()))
    gltf = begin_file()
    accessors = Accessors(gltf)
    names = {joint: name for name, joint in bones.items()}
    joints = sorted(names)
    offsets = skeleton.joints - torch.cat([skeleton.joints, torch.zeros(1, 3)])[list(skeleton.parents)]
    for row, joint in enumerate(joints):
        children = [child for child, parent in enumerate(skeleton.parents) if parent == row]
        gltf.nodes.append(gl.Node(name=names[joint], translation=offsets[row].tolist(), children=children))
    add_animation(gltf, accessors, skeleton, clip, [])
    gltf.scenes.append(gl.Scene(nodes=[0]))
    gltf.scene = 0
    humanoid = {"humanBones": {name: {"node": joints.index(joint)} for name, joint in bones.items()}}
    gltf.extensions = {EXTENSION: {"specVersion": "1.0", "humanoid": humanoid}}
    gltf.extensionsUsed = [EXTENSION]
    gltf.asset.extras = dict(notes or {})
    write_file(gltf, accessors, path)


def _keep_bones(rest: RestBody, motion: Motion, joints: list[int]) -> tuple[RestBody, Motion]:
    """A skeleton of these joints of a body alone, the root first, and the motion on it, with the turns between them."""
    joints = sorted(joints)
    rows = {joint: row for row, joint in enumerate(joints)}
    parents = []
    for joint in joints:
        parent = rest.parents[joint]
        while parent >= 0 and parent not in rows:
            parent = rest.parents[parent]
        parents.append(rows.get(parent, -1))
    rotations, positions = joint_paths(rest, motion)
    rotations = rotations[:, joints]
    turns = axis_angle_from_matrix(local_rotations(rotations, tuple(parents)))
    root_rotation = turns[:, 0].clone()
    turns[:, 0] = 0
    skeleton = RestBody(
        vertices=rest.vertices[:0],
        joints=rest.joints[joints],
        skin_weights=rest.skin_weights[:0, joints],
        expressions=rest.expressions[:, :0],
        parents=tuple(parents),
    )
    way = positions[:, joints[0]] - rest.joints[joints[0]]
    return skeleton, Motion(
        joints=turns,
        root_rotation=root_rotation,
        root_translation=way,
        frames_per_second=motion.frames_per_second,
        name=motion.name,
    )
