"""Joints as glTF nodes, under names that game engines and modelling programs know."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pygltflib as gl

from bodydouble.body import BodyModel
from bodydouble.body.joints import FINGERS
from bodydouble.export.accessors import Accessors, to_array
from bodydouble.values import RestBody, Surface

# The names of Mixamo's rig, which most tools that carry motions from rig to rig know.
_MIDDLE = {
    "pelvis": "Hips",
    "spine_1": "Spine",
    "spine_2": "Spine1",
    "spine_3": "Spine2",
    "neck": "Neck",
    "head": "Head",
}
_SIDED = {
    "hip": "UpLeg",
    "knee": "Leg",
    "ankle": "Foot",
    "toe": "ToeBase",
    "clavicle": "Shoulder",
    "shoulder": "Arm",
    "elbow": "ForeArm",
    "wrist": "Hand",
    **{f"{finger}_{n}": f"Hand{finger.capitalize()}{n}" for finger in FINGERS for n in (1, 2, 3)},
}


def add_skeleton(
    gltf: gl.GLTF2, accessors: Accessors, body: BodyModel, rest: RestBody, attached: Sequence[Surface]
) -> list[int]:
    """Nodes 0 to J-1 are the body's joints, none of them turned at rest; chain joints follow; skin 0 binds all of them.

    Returns:
        for each attached surface, the node of its first chain joint.
    """
    joints, parents = to_array(rest.joints), list(rest.parents)
    names, firsts = list(bone_names(body.joint_names, body.roles)), []
    for surface in attached:
        firsts.append(len(parents))
        if surface.chains is not None:
            own = surface.chains.parents.numpy()
            parents += np.where(own >= len(rest.parents), own - len(rest.parents) + firsts[-1], own).tolist()
            joints = np.concatenate([joints, to_array(surface.chains.positions)])
            taken = set(names)
            for name in surface.chains.names:
                names.append(_free(_cleaned(name), taken))
                taken.add(names[-1])
    origin = np.zeros((1, 3), np.float32)
    offsets = joints - np.concatenate([joints, origin])[parents]  # the root's parent, -1, is the origin
    children: list[list[int]] = [[] for _ in parents]
    for joint, parent in enumerate(parents[1:], start=1):
        children[parent].append(joint)
    for bone, offset, below in zip(names, offsets, children, strict=True):
        gltf.nodes.append(gl.Node(name=bone, translation=offset.tolist(), children=below))
    bind = np.tile(np.eye(4, dtype=np.float32), (len(joints), 1, 1))
    bind[:, 3, :3] = -joints  # glTF stores matrices by columns: the last one is the translation
    gltf.skins.append(
        gl.Skin(name="skeleton", joints=list(range(len(joints))), skeleton=0, inverseBindMatrices=accessors.add(bind))
    )
    return firsts


def bone_names(joint_names: Sequence[str], roles: Mapping[str, int]) -> tuple[str, ...]:
    """Unique names of letters, digits and underscores, one for each joint.

    Joints with a role of `body.joints.ROLES` are named as in Mixamo's rig ("LeftForeArm"); the others keep their own
    name, with the side in front ("upperarm02.L" becomes "LeftUpperarm02").
    """
    of_role = {joint: _role_name(role) for role, joint in roles.items()}
    taken = set(of_role.values())
    names = []
    for joint, own in enumerate(joint_names):
        name = of_role.get(joint) or _free(_cleaned(own), taken)
        taken.add(name)
        names.append(name)
    return tuple(names)


def _role_name(role: str) -> str:
    if role in _MIDDLE:
        return _MIDDLE[role]
    side, _, part = role.partition("_")
    return side.capitalize() + _SIDED[part]


def _cleaned(name: str) -> str:
    """Side in front, words capitalised, only letters, digits and underscores."""
    side = ""
    for pattern, prefix in ((r"^left_|\.L$", "Left"), (r"^right_|\.R$", "Right")):
        name, found = re.subn(pattern, "", name)
        side = prefix if found else side
    words = re.sub(r"(?<=\d)\W+(?=\d)", "_", name)  # "toe2-1": the numbers stay apart
    return side + "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9_]+|(?<=\D)_", words))


def _free(name: str, taken: set[str]) -> str:
    candidate, number = name or "Bone", 2
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    return candidate
