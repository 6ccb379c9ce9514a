"""What the joints of a recorded skeleton are called: namings of many programs, brought to our roles."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from bodydouble.body.joints import FINGERS
from bodydouble.person.landmarks import SIDES

# What the namings of many programs call a joint, best first. "LeftShoulder" is the shoulder in one family and the
# clavicle in the next: the longer-lived names stand first, and a joint once taken is not taken again. Where a naming
# has an ankle and a foot, or a wrist and a hand, the joints are the ankle and the wrist.
_SYNONYMS: dict[str, tuple[str, ...]] = {
    "hip": ("upperleg", "upleg", "thigh", "hip", "femur"),
    "knee": ("lowerleg", "lowleg", "shin", "calf", "knee", "leg", "tibia"),
    "ankle": ("ankle", "foot"),
    "toe": ("toebase", "toe", "toes", "ball", "toe1", "forefoot", "football", "foot"),
    "shoulder": ("upperarm", "uparm", "uarm", "arm", "shldr", "shoulder", "humerus"),
    "clavicle": ("clavicle", "collar", "collarbone", "shoulder"),
    "elbow": ("forearm", "lowerarm", "lowarm", "farm", "elbow", "radius"),
    "wrist": ("wrist", "hand"),
}
_FINGER_NAMES = {
    "thumb": ("thumb", "handthumb", "finger1"),
    "index": ("index", "handindex", "finger2"),
    "middle": ("middle", "mid", "handmiddle", "finger3"),
    "ring": ("ring", "handring", "finger4"),
    "pinky": ("pinky", "little", "handpinky", "finger5"),
}
_PHALANGES = ("proximal", "intermediate", "distal")  # as Unity and VRM number a finger's bones
_THUMB_BONES = ("metacarpal", "proximal", "distal")  # VRM 1.0's thumb, whose first bone is the palm's
_MOST = 0.6  # of the names, with a word in front that is part of none
_SUFFIX = re.compile(r"[_.\- ](jnt|joint|bone|bind)$", re.IGNORECASE)  # that some programs hang on every name


def split_name(name: str) -> tuple[str, str]:
    """A joint's name as (side, rest): ("left", "upleg") for "mixamorig:LeftUpLeg"; side is "" on the middle line."""
    plain = _SUFFIX.sub("", re.split(r"[:|]", name)[-1])
    words = re.sub(r"([a-z])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3 \2\4", plain)
    parts = [word for word in re.split(r"[^A-Za-z0-9]+", words.lower()) if word]
    for index in (0, -1):
        for side in SIDES:
            if parts and parts[index] in (side, side[0]):
                del parts[index]
                return side, "".join(parts)
    joined = "".join(parts)
    for side in SIDES:
        if joined.startswith(side):
            return side, joined.removeprefix(side)
        if joined.endswith(side):
            return side, joined.removesuffix(side)
    # Some skeletons carry the person's name in front ("jane_left_hip"): the side stands in the middle.
    for side in SIDES:
        for letter in (side, side[0]):
            if letter in parts:
                return side, "".join(parts[parts.index(letter) + 1 :])
    # "LUArm": a letter for the side, one for upper or fore, and the limb.
    if match := re.match(r"([lr])([uf])$", parts[0] if parts else ""):
        return ("left" if match[1] == "l" else "right"), match[2] + "".join(parts[1:])
    return "", joined


def name_roles(names: Sequence[str]) -> dict[str, int]:
    """Joint of each role that the names tell; the spine, the neck and the pelvis are left to the tree."""
    first: dict[tuple[str, str], int] = {}
    for joint, name in enumerate(_drop_prefix(names)):
        side, plain = split_name(name)
        first.setdefault((side, plain), joint)
        first.setdefault((side, re.sub(r"0?[01]$", "", plain)), joint)  # "upperarm01" is the arm's first joint
    roles: dict[str, int] = {}
    heads = [joint for (side, plain), joint in first.items() if not side and plain.endswith("head")]
    if heads:  # "bip01 head" and the like come after a plain "head"
        roles["head"] = first.get(("", "head"), heads[0])
    for side in SIDES:
        for role, synonyms in _SYNONYMS.items():
            joints = [first[side, name] for name in synonyms if (side, name) in first]
            free = [joint for joint in joints if joint not in roles.values()]
            if free:
                roles[f"{side}_{role}"] = free[0]
        roles |= _name_fingers(side, first)
    return roles


def _drop_prefix(names: Sequence[str]) -> list[str]:
    """The names without the first word, where most of them begin with the same: "DEF-thigh.L", "Bip01 L Thigh"."""
    parts = [re.split(r"[^A-Za-z0-9]+", name, maxsplit=1) for name in names]
    words = Counter(part[0] for part in parts if len(part) > 1)
    word, count = max(words.items(), key=lambda item: item[1], default=("", 0))
    if count < _MOST * len(names):
        return list(names)
    return [part[1] if len(part) > 1 and part[0] == word else name for part, name in zip(parts, names, strict=True)]


def _name_fingers(side: str, first: dict[tuple[str, str], int]) -> dict[str, int]:
    roles = {}
    for finger in FINGERS:
        titles = _THUMB_BONES if finger == "thumb" and (side, "thumbmetacarpal") in first else _PHALANGES
        for n in (1, 2, 3):
            forms = (f"{n}", f"0{n}", f"1{n}", titles[n - 1])
            names = [f"{name}{form}" for name in _FINGER_NAMES[finger] for form in forms]
            joint = next((first[side, name] for name in names if (side, name) in first), None)
            if joint is not None:
                roles[f"{side}_{finger}_{n}"] = joint
    return roles
