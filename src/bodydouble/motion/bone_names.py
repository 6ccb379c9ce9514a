"""The names under which joints leave this library, and come back: those of Mixamo's rig, which most tools know."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bodydouble.body.joints import FINGERS

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
    for joint, plain in enumerate(joint_names):
        name = of_role.get(joint) or free_name(clean_name(plain), taken)
        taken.add(name)
        names.append(name)
    return tuple(names)


def _role_name(role: str) -> str:
    if role in _MIDDLE:
        return _MIDDLE[role]
    side, _, part = role.partition("_")
    return side.capitalize() + _SIDED[part]


def clean_name(name: str) -> str:
    """The name with the side in front, words capitalised, only letters, digits and underscores."""
    side = ""
    for pattern, prefix in ((r"^left_|\.L$", "Left"), (r"^right_|\.R$", "Right")):
        name, found = re.subn(pattern, "", name)
        side = prefix if found else side
    words = re.sub(r"(?<=\d)\W+(?=\d)", "_", name)  # "toe2-1": the numbers stay apart
    return side + "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9_]+|(?<=\D)_", words))


def free_name(name: str, taken: set[str]) -> str:
    """The name, with a number behind it where it is taken."""
    candidate, number = name or "Bone", 2
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    return candidate
