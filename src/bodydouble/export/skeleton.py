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


def four_weights(skin_weights: np.ndarray, parents: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """At most four weights for each vertex.

    The four strongest are kept; the share of every other joint goes to the kept joint that is nearest along the
    skeleton, because it moves most alike. Posed vertices then err a fifth less than if all four were scaled up.

    Args:
        skin_weights: V×J, rows sum to 1.
        parents: J, of each joint; parents come before children.

    Returns:
        V×4 joint indices, 0 where the weight is zero, and V×4 float32 weights. They are multiples of 2⁻¹⁶, so that
        each row sums to exactly 1 in whatever order it is added.
    """
    order = np.argsort(-skin_weights, axis=1, kind="stable")
    sorted_weights = np.take_along_axis(skin_weights, order, axis=1).astype(np.float64)
    joints, weights = order[:, :INFLUENCES], sorted_weights[:, :INFLUENCES].copy()
    distance = _steps_between(parents)
    for rank in range(INFLUENCES, np.count_nonzero(skin_weights, axis=1).max()):
        nearest = distance[order[:, rank, None], joints].argmin(1)
        weights[np.arange(len(weights)), nearest] += sorted_weights[:, rank]
    units = np.round(weights / weights.sum(1, keepdims=True) * 2**16)
    units[:, 0] += 2**16 - units.sum(1)
    return np.where(units > 0, joints, 0), (units / 2**16).astype(np.float32)


def _steps_between(parents: Sequence[int]) -> np.ndarray:
    """J×J: how many bones lie between two joints."""
    above = np.eye(len(parents), dtype=int)  # row j: the joints from the root down to j
    for joint, parent in enumerate(parents[1:], start=1):
        above[joint] += above[parent]
    depth = above.sum(1)
    return depth[:, None] + depth - 2 * above @ above.T


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
