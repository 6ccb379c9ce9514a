"""What game engines and modelling programs expect of a skeleton: familiar bone names, at most four weights a vertex."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from bodydouble.body.joints import FINGERS

INFLUENCES = 4  # weights a vertex; what one JOINTS_0/WEIGHTS_0 pair holds and every engine reads

# The names of Mixamo's rig, which Blender's add-ons and Unity's humanoid avatar recognise.
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


def four_weights(skin_weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The four strongest weights of each vertex.

    Args:
        skin_weights: V×J, rows sum to 1.

    Returns:
        V×4 joint indices, strongest first, 0 where the weight is zero, and V×4 float32 weights. They are multiples
        of 2⁻¹⁶, so that each row sums to exactly 1 in whatever order it is added.
    """
    joints = np.argsort(-skin_weights, axis=1, kind="stable")[:, :INFLUENCES]
    kept = np.take_along_axis(skin_weights, joints, axis=1).astype(np.float64)
    units = np.round(kept / kept.sum(1, keepdims=True) * 2**16)
    units[:, 0] += 2**16 - units.sum(1)
    return np.where(units > 0, joints, 0), (units / 2**16).astype(np.float32)


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
