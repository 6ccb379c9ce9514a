"""Which joint of a recorded skeleton plays which part: by name where names are known, by shape where they are not.

The spine and the pelvis are always found by where chains meet, so a naming has to tell head, arms and legs apart only.
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor

from bodydouble.errors import InputError
from bodydouble.motion.clip import Clip, sample_frames
from bodydouble.motion.joint_names import name_roles, split_name
from bodydouble.person.landmarks import SIDES

LEG = ("hip", "knee", "ankle")
ARM = ("shoulder", "elbow", "wrist")
SOME_FRAMES = 32  # of a recording tell left from right
_SHORTEST = 0.02  # of the longest limb bone: what is shorter is no bone of a limb


def find_roles(clip: Clip) -> dict[str, int]:
    """Joint of each role (`body.joints.ROLES`) the skeleton has; "spine_1" to "spine_3" are left out, see `find_spine`.

    Raises:
        InputError: the skeleton has no head, two arms and two legs.
    """
    roles = name_roles(clip.joint_names)
    if not _is_humanoid(clip, roles):
        roles = _shape_roles(clip)
        if not _is_humanoid(clip, roles):
            raise _not_humanoid(clip)
    roles["pelvis"] = _find_junction(clip, roles["left_hip"], roles["right_hip"], roles["head"])
    if len(find_neck(clip, roles)) < 2:
        raise _not_humanoid(clip)
    return roles


def find_spine(clip: Clip, roles: dict[str, int]) -> list[int]:
    """The chain from the pelvis to the chest, both included: the chest is where both arms and the head meet."""
    chest = _find_junction(clip, roles["left_shoulder"], roles["right_shoulder"], roles["head"])
    return _chain_between(clip, roles["pelvis"], chest)


def find_neck(clip: Clip, roles: dict[str, int]) -> list[int]:
    """The chain from the chest to the head, both included."""
    return _chain_between(clip, find_spine(clip, roles)[-1], roles["head"])


def find_middle(positions: Tensor, roles: dict[str, int], name: str) -> Tensor:
    """(…, 3) between the left and the right joint of a name, of joints at `positions` (…, J, 3)."""
    return (positions[..., roles[f"left_{name}"], :] + positions[..., roles[f"right_{name}"], :]) / 2


def find_across(positions: Tensor, roles: dict[str, int], name: str) -> Tensor:
    """(…, 3) from the right to the left joint of a name, of joints at `positions` (…, J, 3)."""
    return positions[..., roles[f"left_{name}"], :] - positions[..., roles[f"right_{name}"], :]


def leg_length(positions: Tensor, roles: dict[str, int]) -> Tensor:
    """Mean length of thigh and shin together, of joints at `positions` (J, 3)."""
    bones = [
        positions[roles[f"{side}_{end}"]] - positions[roles[f"{side}_{start}"]]
        for side in SIDES
        for start, end in itertools.pairwise(LEG)
    ]
    return torch.stack(bones).norm(dim=-1).sum() / 2


def _is_humanoid(clip: Clip, roles: dict[str, int]) -> bool:
    """True where head, arms and legs are there, each limb's joints follow one another, and its bones have a length."""
    if "head" not in roles or any(f"{side}_{name}" not in roles for side in SIDES for name in LEG + ARM):
        return False
    positions = clip.zero_pose()
    lengths: list[float] = []
    for side in SIDES:
        for limb in (LEG, ARM):
            first, second, third = (roles[f"{side}_{name}"] for name in limb)
            chain = clip.chain(third)
            if first not in chain or second not in chain or chain.index(first) >= chain.index(second):
                return False
            lengths += [float((positions[b] - positions[a]).norm()) for a, b in ((first, second), (second, third))]
    return min(lengths) > _SHORTEST * max(lengths)


def _shape_roles(clip: Clip) -> dict[str, int]:
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
    _, positions = sample_frames(clip, SOME_FRAMES).world()
    leg_joints = [_two_long_bones(clip, chain) for chain in legs]
    ends = [chain[-1] for chain in legs]
    left = _find_left(positions, leg_joints, ends, roles["head"])
    roles |= _assign_sides(clip, positions, LEG, legs, leg_joints, left)
    left = find_across(positions, roles, "hip")
    return roles | _assign_sides(clip, positions, ARM, arms, [_two_long_bones(clip, chain) for chain in arms], left)


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


def _find_left(positions: Tensor, legs: list[tuple[int, int, int]], ends: list[int], head: int) -> Tensor:
    """(N, 3) directions to the left of a person with joints at (N, J, 3): knees and toes are in front."""
    hip, knee, ankle = (positions[:, list(joints)] for joints in zip(*legs, strict=True))
    up = positions[:, head] - hip.mean(1)
    ahead = ((positions[:, ends] - ankle) + (2 * knee - hip - ankle)).mean(1)
    if ahead.norm(dim=-1).max() < _SHORTEST * up.norm(dim=-1).max():
        return torch.tensor([1.0, 0.0, 0.0]).expand_as(up)  # straight legs without feet: as most files have it
    return torch.linalg.cross(up, ahead)


def _assign_sides(
    clip: Clip,
    positions: Tensor,
    limb: tuple[str, ...],
    chains: list[list[int]],
    joints: list[tuple[int, int, int]],
    left: Tensor,
) -> dict[str, int]:
    """Roles of a pair of limbs: left and right by their names where these tell, else by where `left` (N, 3) points."""
    names = (split_name(clip.joint_names[joint])[0] for joint in chains[0])
    side = next((name for name in names if name), "")
    across = positions[:, joints[0][0]] - positions[:, joints[1][0]]
    if side == "right" or (not side and (across * left).sum() < 0):
        joints = joints[::-1]
    return {
        f"{side}_{name}": joint
        for side, triple in zip(SIDES, joints, strict=True)
        for name, joint in zip(limb, triple, strict=True)
    }


def _find_junction(clip: Clip, *joints: int) -> int:
    """The last joint through which all chains to `joints` go."""
    levels = zip(*(clip.chain(joint) for joint in joints), strict=False)
    return [level[0] for level in levels if len(set(level)) == 1][-1]


def _chain_between(clip: Clip, first: int, last: int) -> list[int]:
    chain = clip.chain(last)
    if first not in chain:
        raise _not_humanoid(clip)
    return chain[chain.index(first) :]


def _not_humanoid(clip: Clip) -> InputError:
    return InputError(f"{clip.name}: no person's skeleton, in which two legs, two arms and a head can be told apart")
