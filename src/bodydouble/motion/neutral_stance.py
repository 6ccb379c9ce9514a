"""How a recorded skeleton is held in a neutral stance: the common ground on which two skeletons can be compared.

In most files the zero pose is a stance (T-pose, arms hanging, legs apart). In some it is none: every bone points along
its own x axis and the rotations of a frame make a person of it. Then the stance is built from how the joints bend.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.motion.clip import Clip
from bodydouble.motion.joint_roles import ARM, LEG, SIDES, neck, snapped, spine

LEFT, UP, FORWARD = torch.eye(3)
_FLAT_FOOT = normalize(torch.tensor([0.0, -0.4, 1.0]), dim=0)  # from the ankle to the ball of a foot that stands flat


@dataclass(frozen=True, kw_only=True)
class Neutral:
    """A skeleton's joints in a neutral stance: y up, facing +z, the left at +x."""

    turns: Tensor  # J×3×3: world rotation of each joint in the stance
    directions: dict[str, Tensor]  # (3,) direction of a role's bone in the stance, for limbs, fingers, feet and hands
    spine: list[int]  # joints from pelvis to chest whose turns are known
    neck: list[int]  # the same from chest to head
    whole: bool  # True: the turns of all joints are known, also of those without a role


def neutral_stance(clip: Clip, roles: dict[str, int], rotations: Tensor) -> Neutral:
    """The stance of a skeleton with these `roles`; `rotations` (T, J, 3, 3) are its world rotations over time."""
    zero = clip.zero_pose()
    turn = torch.eye(3) if clip.neutral else body_axes(zero, roles, snap=True)
    zero = zero @ turn.T
    if not _stands(zero, roles):
        return _built_stance(clip, roles, rotations)
    directions = {role: direction for role in roles if (direction := _bone(clip, zero, roles, role)) is not None}
    turns = turn.expand(len(zero), 3, 3)
    return Neutral(turns=turns, directions=directions, spine=spine(clip, roles), neck=neck(clip, roles), whole=True)


def body_axes(positions: Tensor, roles: dict[str, int], snap: bool = False) -> Tensor:
    """(3, 3) rotation that turns a body at these joint `positions` (J, 3) upright, facing +z.

    `snap` takes the nearest axes of the file for up and left, so that a slightly uneven skeleton is not tilted.
    """
    left, up = _left(positions, roles), _up(positions, roles)
    if snap:
        up = snapped(up)
        left = snapped(left - (left @ up) * up)
    left = normalize(left - (left @ up) * up / (up @ up), dim=0)
    up = normalize(up, dim=0)
    return torch.stack([left, up, torch.linalg.cross(left, up)])


def _left(positions: Tensor, roles: dict[str, int]) -> Tensor:
    hips = positions[roles["left_hip"]] - positions[roles["right_hip"]]
    shoulders = positions[roles["left_shoulder"]] - positions[roles["right_shoulder"]]
    return normalize(hips, dim=0) + normalize(shoulders, dim=0)


def _up(positions: Tensor, roles: dict[str, int]) -> Tensor:
    hips = (positions[roles["left_hip"]] + positions[roles["right_hip"]]) / 2
    return positions[roles["head"]] - hips


def _stands(zero: Tensor, roles: dict[str, int]) -> bool:
    """True for a stance: legs down, arms down or out to their own side, all nearly straight."""
    for side, outward in (("left", 1.0), ("right", -1.0)):
        for limb in (LEG, ARM):
            first, second, third = (zero[roles[f"{side}_{name}"]] for name in limb)
            upper, lower = normalize(second - first, dim=0), normalize(third - second, dim=0)
            if upper @ lower < 0.7 or (limb == LEG and upper[1] > -0.7):
                return False
            if limb == ARM and (upper[1] > 0.5 or upper[0] * outward < -0.3):
                return False
    left, right = zero[roles["left_hip"]], zero[roles["right_hip"]]
    return bool(left[0] > right[0])


def _bone(clip: Clip, zero: Tensor, roles: dict[str, int], role: str) -> Tensor | None:
    """Direction of a role's bone in the zero pose, where the skeleton tells."""
    end = _bone_end(clip, roles, role)
    if end is None:
        return None
    bone = zero[end] - zero[roles[role]]
    return normalize(bone, dim=0) if bone.norm() > 0 else None


def _bone_end(clip: Clip, roles: dict[str, int], role: str) -> int | None:
    side, _, part = role.partition("_")
    if side not in SIDES:
        return None
    for limb in (LEG, ARM):
        if part in limb[:2]:
            return roles[f"{side}_{limb[limb.index(part) + 1]}"]
    if part == "ankle":
        return roles.get(f"{side}_toe")
    if part == "wrist":
        return roles.get(f"{side}_middle_1", _longest_child(clip, roles[role]))
    finger, _, n = part.partition("_")
    if n in ("1", "2"):
        return roles.get(f"{side}_{finger}_{int(n) + 1}", _longest_child(clip, roles[role]))
    return _longest_child(clip, roles[role]) if n == "3" else None


def _longest_child(clip: Clip, joint: int) -> int | None:
    children = clip.children(joint)
    return max(children, key=lambda child: float(clip.offsets[child].norm()), default=None)


def _built_stance(clip: Clip, roles: dict[str, int], rotations: Tensor) -> Neutral:
    """A T-pose for a skeleton without a stance: torso from where limbs are attached, limbs from how they bend."""
    zero = clip.zero_pose()
    chain = spine(clip, roles)
    pelvis, chest, head = chain[0], chain[-1], roles["head"]
    turns = torch.eye(3).repeat(len(zero), 1, 1)
    hips = zero[roles["left_hip"]] - zero[roles["right_hip"]]
    towards_neck = clip.offsets[neck(clip, roles)[1]]
    turns[pelvis] = _frame(hips, clip.offsets[chain[1]] if len(chain) > 1 else towards_neck, LEFT, UP)
    shoulders = zero[roles["left_shoulder"]] - zero[roles["right_shoulder"]]
    turns[chest] = _frame(
        shoulders, towards_neck - (towards_neck @ shoulders) * shoulders / (shoulders @ shoulders), LEFT, UP
    )
    turns[head] = _average(turns[chest] @ rotations[:, chest].mT @ rotations[:, head])
    directions: dict[str, Tensor] = {}
    for side, outward in (("left", LEFT), ("right", -LEFT)):
        # A knee turns about the axis to the left as the shin goes back, an elbow as the forearm goes forward.
        _build_limb(clip, roles, rotations, side, LEG, -UP, LEFT, turns, directions)
        _build_limb(clip, roles, rotations, side, ARM, outward, torch.linalg.cross(outward, FORWARD), turns, directions)
        clavicle = roles.get(f"{side}_clavicle")
        if clavicle is not None:
            turns[clavicle] = _average(turns[chest] @ rotations[:, chest].mT @ rotations[:, clavicle])
    return Neutral(turns=turns, directions=directions, spine=[pelvis, chest], neck=[chest, head], whole=False)


def _build_limb(
    clip: Clip,
    roles: dict[str, int],
    rotations: Tensor,
    side: str,
    limb: tuple[str, ...],
    along: Tensor,
    hinge: Tensor,
    turns: Tensor,
    directions: dict[str, Tensor],
) -> None:
    """Fill in the turns of one limb's joints: its bones lie `along` one line, its middle joint bends about `hinge`."""
    first, second, third = (roles[f"{side}_{name}"] for name in limb)
    zero = clip.zero_pose()
    upper, lower = zero[second] - zero[first], zero[third] - zero[second]
    # The axis about which the limb bends, seen from both bones and averaged over the frames in which it is bent.
    axis = torch.linalg.cross(
        normalize(rotations[:, first] @ upper, dim=-1), normalize(rotations[:, second] @ lower, dim=-1)
    )
    turns[first] = _frame(upper, (rotations[:, first].mT @ axis[..., None])[..., 0].mean(0), along, hinge)
    turns[second] = _frame(lower, (rotations[:, second].mT @ axis[..., None])[..., 0].mean(0), along, hinge)
    turns[third] = _average(turns[second] @ rotations[:, second].mT @ rotations[:, third])
    directions |= {f"{side}_{limb[0]}": along, f"{side}_{limb[1]}": along}
    end = _bone_end(clip, roles, f"{side}_{limb[2]}")
    if limb == LEG and end is not None and (zero[end] - zero[third]).norm() > 0:
        turns[third] = _frame(zero[end] - zero[third], turns[third].T @ hinge, _FLAT_FOOT, hinge)
    # Within a hand or a foot the zero pose is taken for a flat one.
    for joint in range(third + 1, len(zero)):
        if third in clip.chain(joint):
            turns[joint] = turns[third]
    for role, joint in roles.items():
        bone_end = _bone_end(clip, roles, role)
        if limb == ARM and bone_end is not None and third in clip.chain(joint):
            directions[role] = normalize(turns[third] @ (zero[bone_end] - zero[joint]), dim=0)


def _frame(first: Tensor, second: Tensor, first_target: Tensor, second_target: Tensor) -> Tensor:
    """The rotation that turns `first` to `first_target` and `second` as near as can be to `second_target`."""
    return _basis(first_target, second_target) @ _basis(first, second).T


def _basis(first: Tensor, second: Tensor) -> Tensor:
    a = normalize(first, dim=0)
    b = second - (second @ a) * a
    if b.norm() < 1e-6 * (1 + second.norm()):  # nothing to tell the second axis by: any will do
        b = torch.linalg.cross(a, torch.eye(3)[int(a.abs().argmin())])
    b = normalize(b, dim=0)
    return torch.stack([a, b, torch.linalg.cross(a, b)], 1)


def _average(rotations: Tensor) -> Tensor:
    """The rotation nearest to the mean of rotations (T, 3, 3)."""
    u, _, v = torch.linalg.svd(rotations.mean(0))
    sign = torch.ones(3)
    sign[2] = torch.det(u @ v)
    return u @ torch.diag(sign) @ v
