"""Which joint of a recorded skeleton plays which part: by name where names are known, by shape where they are not.

The spine and the pelvis are always found by where chains meet, so a naming has to tell head, arms and legs apart only.
"""

from __future__ import annotations

import re

import torch
from torch import Tensor

from bodydouble.body.joints import FINGERS
from bodydouble.errors import InputError
from bodydouble.motion.clip import Clip

SIDES = ("left", "right")
LEG = ("hip", "knee", "ankle")
ARM = ("shoulder", "elbow", "wrist")

# What the namings of many programs call a joint, best first. "LeftShoulder" is the shoulder in one family and the
# clavicle in the next: the longer-lived names stand first, and a joint once taken is not taken again.
_SYNONYMS: dict[str, tuple[str, ...]] = {
    "hip": ("upperleg", "upleg", "thigh", "hip", "femur"),
    "knee": ("lowerleg", "lowleg", "shin", "calf", "knee", "leg", "tibia"),
    "ankle": ("foot", "ankle"),
    "toe": ("toebase", "toe", "toes", "ball", "toe1"),
    "shoulder": ("upperarm", "uparm", "arm", "shldr", "shoulder", "humerus"),
    "clavicle": ("clavicle", "collar", "collarbone", "shoulder"),
    "elbow": ("forearm", "lowerarm", "lowarm", "elbow", "radius"),
    "wrist": ("hand", "wrist"),
}
_FINGER_NAMES = {
    "thumb": ("thumb", "handthumb", "finger1"),
    "index": ("index", "handindex", "finger2"),
    "middle": ("middle", "mid", "handmiddle", "finger3"),
    "ring": ("ring", "handring", "finger4"),
    "pinky": ("pinky", "little", "handpinky", "finger5"),
}


def find_roles(clip: Clip) -> dict[str, int]:
    """Joint of each role (`body.joints.ROLES`) the skeleton has; "spine_1" to "spine_3" are left out, see `spine`.

    Raises:
        InputError: the skeleton has no head, two arms and two legs.
    """
    roles = _by_name(clip)
    if not _is_humanoid(clip, roles):
        roles = _by_shape(clip)
        if not _is_humanoid(clip, roles):
            raise _not_humanoid(clip)
    roles["pelvis"] = _meeting(clip, roles["left_hip"], roles["right_hip"], roles["head"])
    if len(neck(clip, roles)) < 2:
        raise _not_humanoid(clip)
    return roles


def spine(clip: Clip, roles: dict[str, int]) -> list[int]:
    """The chain from the pelvis to the chest, both included: the chest is where both arms and the head meet."""
    chest = _meeting(clip, roles["left_shoulder"], roles["right_shoulder"], roles["head"])
    return _between(clip, roles["pelvis"], chest)


def neck(clip: Clip, roles: dict[str, int]) -> list[int]:
    """The chain from the chest to the head, both included."""
    return _between(clip, spine(clip, roles)[-1], roles["head"])


def plain_name(name: str) -> tuple[str, str]:
    """A joint's name as (side, rest): ("left", "upleg") for "mixamorig:LeftUpLeg"; side is "" on the middle line."""
    words = re.sub(r"([a-z])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3 \2\4", re.split(r"[:|]", name)[-1])
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
    return "", joined


def _by_name(clip: Clip) -> dict[str, int]:
    first: dict[tuple[str, str], int] = {}
    for joint, name in enumerate(clip.joint_names):
        side, plain = plain_name(name)
        first.setdefault((side, plain), joint)
        first.setdefault((side, re.sub(r"0?1$", "", plain)), joint)  # "upperarm01" is the arm's first joint
    roles: dict[str, int] = {}
    if ("", "head") in first:
        roles["head"] = first["", "head"]
    for side in SIDES:
        for role, synonyms in _SYNONYMS.items():
            found = [first[side, name] for name in synonyms if (side, name) in first]
            free = [joint for joint in found if joint not in roles.values()]
            if free:
                roles[f"{side}_{role}"] = free[0]
        roles |= _fingers(clip, side, first)
    return roles


def _fingers(clip: Clip, side: str, first: dict[tuple[str, str], int]) -> dict[str, int]:
    roles = {}
    for finger in FINGERS:
        for n in (1, 2, 3):
            names = [f"{name}{form}" for name in _FINGER_NAMES[finger] for form in (f"{n}", f"0{n}", f"1{n}")]
            joint = next((first[side, name] for name in names if (side, name) in first), None)
            if joint is not None:
                roles[f"{side}_{finger}_{n}"] = joint
    return roles


def _is_humanoid(clip: Clip, roles: dict[str, int]) -> bool:
    """True where head, arms and legs are there, each limb's joints follow one another, and its bones have a length."""
    if "head" not in roles or any(f"{side}_{name}" not in roles for side in SIDES for name in LEG + ARM):
        return False
    positions = clip.zero_pose()
    shortest = 0.01 * float((positions.amax(0) - positions.amin(0)).max())
    for side in SIDES:
        for limb in (LEG, ARM):
            first, second, third = (roles[f"{side}_{name}"] for name in limb)
            chain = clip.chain(third)
            if first not in chain or second not in chain or chain.index(first) >= chain.index(second):
                return False
            bones = positions[second] - positions[first], positions[third] - positions[second]
            if min(float(bone.norm()) for bone in bones) <= shortest:
                return False
    return True


def _by_shape(clip: Clip) -> dict[str, int]:
    """Roles from the tree alone: the five chain ends that lie farthest apart are head, hands and feet."""
    far = _far_ends(clip)
    chains = [clip.chain(end) for end in far]
    # The hands and the head leave the pelvis through the same joint; each leg has its own.
    fork = next(i for i in range(min(map(len, chains))) if len({chain[i] for chain in chains}) > 1)
    branches = [[chain for chain in chains if chain[fork] == joint] for joint in {chain[fork] for chain in chains}]
    sizes = sorted(map(len, branches))
    if sizes != [1, 1, 3]:
        raise _not_humanoid(clip)
    legs = [branch[0] for branch in branches if len(branch) == 1]
    upper = next(branch for branch in branches if len(branch) == 3)
    lengths = clip.offsets.norm(dim=1)
    reach = [float(lengths[chain].sum()) for chain in upper]
    head = upper[min(range(3), key=lambda n: reach[n])]
    arms = [chain for chain in upper if chain is not head]
    roles = {"head": head[-2] if clip.joint_names[head[-1]].endswith("_end") else head[-1]}
    for limb, pair in ((LEG, legs), (ARM, arms)):
        for side, chain in zip(SIDES, _left_first(clip, pair, roles["head"]), strict=True):
            roles |= {f"{side}_{name}": joint for name, joint in zip(limb, _two_long_bones(clip, chain), strict=True)}
    return roles


def _far_ends(clip: Clip) -> list[int]:
    """Five ends of chains, each as far as can be from those before it, along the bones."""
    ends = [joint for joint in range(len(clip.parents)) if not clip.children(joint)]
    lengths = clip.offsets.norm(dim=1)
    chains = {end: clip.chain(end) for end in ends}

    def apart(a: int, b: int) -> float:
        return float(lengths[sorted(set(chains[a]) ^ set(chains[b]))].sum())

    if len(ends) < 5:
        raise _not_humanoid(clip)
    far = [max(ends, key=lambda end: float(lengths[chains[end][1:]].sum()))]
    while len(far) < 5:
        far.append(max(ends, key=lambda end: min(apart(end, other) for other in far)))
    return far


def _two_long_bones(clip: Clip, chain: list[int]) -> tuple[int, int, int]:
    """The three joints of a limb: two bones that follow each other and are both long.

    A clavicle can be as long as a forearm, a hand cannot: of pairs almost equally good the outer one is taken.
    """
    lengths = clip.offsets.norm(dim=1)
    triples = [(chain[i], chain[i + 1], chain[i + 2]) for i in range(len(chain) - 2)]
    shorter = [float(torch.minimum(lengths[second], lengths[third])) for _, second, third in triples]
    if max(shorter, default=0.0) == 0:
        raise _not_humanoid(clip)
    return [triple for triple, length in zip(triples, shorter, strict=True) if length > 0.85 * max(shorter)][-1]


def _left_first(clip: Clip, pair: list[list[int]], head: int) -> list[list[int]]:
    """The two limbs, the left one first: by their names where these tell, else by where the zero pose has them."""
    sides = [next((s for s in (plain_name(clip.joint_names[j])[0] for j in chain) if s), "") for chain in pair]
    if sorted(sides) == ["left", "right"]:
        return pair if sides[0] == "left" else pair[::-1]
    positions = clip.zero_pose()
    apart = positions[pair[0][-1]] - positions[pair[1][-1]]
    up = snapped(positions[head] - positions[0])
    forward = torch.tensor([0.0, 0.0, 1.0]) if up[1].abs() > 0.5 else torch.tensor([0.0, -1.0, 0.0])
    left = torch.linalg.cross(up, forward)
    return pair if apart @ left > 0 else pair[::-1]


def snapped(direction: Tensor) -> Tensor:
    """The axis, with its sign, that is nearest to a direction (3,)."""
    axis = torch.zeros(3)
    largest = int(direction.abs().argmax())
    axis[largest] = 1.0 if direction[largest] >= 0 else -1.0
    return axis


def _meeting(clip: Clip, *joints: int) -> int:
    """The last joint through which all chains to `joints` go."""
    shared = [level[0] for level in zip(*(clip.chain(joint) for joint in joints), strict=False) if len(set(level)) == 1]
    return shared[-1]


def _between(clip: Clip, first: int, last: int) -> list[int]:
    chain = clip.chain(last)
    if first not in chain:
        raise _not_humanoid(clip)
    return chain[chain.index(first) :]


def _not_humanoid(clip: Clip) -> InputError:
    return InputError(f"{clip.name}: no person's skeleton, in which two legs, two arms and a head can be told apart")
