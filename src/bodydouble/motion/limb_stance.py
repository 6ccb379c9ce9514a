"""The stance of a limb whose zero pose is none: its bones laid out straight, their twist found from the recording.

A knee and an elbow bend about one axis; where they bend, that axis says how the limb is twisted. Where they do not,
the most upright frames do. A foot is turned as where it stands.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.geometry.rotation import rotation_between
from bodydouble.motion.clip import Clip
from bodydouble.motion.joint_roles import ARM, LEG
from bodydouble.motion.upright_frames import UprightFrames, mean_rotation, rotation_angle

LEFT, UP, FORWARD = torch.eye(3)
_FLAT_FOOT = normalize(torch.tensor([0.0, -0.4, 1.0]), dim=0)  # from the ankle to the ball of a foot that stands flat
_FLAT = 0.7  # cosine of 45° to it, within which a foot's direction is that of one that stands
_NO_FOOT = 0.05  # of the shin: what is shorter is no foot but the end of a chain
_NO_ANKLE = 0.8  # mean cosine of 37° to the shin: a foot stands off from it by more
_STILL = 0.4  # shin lengths a second, the most at which a foot that stands moves: 17 cm
_LOW = 0.1  # of all frames and of the shin's length: so low is the ankle of a foot that stands
_FLAT_FRAMES = 5  # in which a foot has to stand before its sole is known
_TIPPED = 50.0  # degrees, the most by which a foot of the stance is tipped against one that stands
_UPRIGHT_SHIN = 0.7  # cosine of 45° to the vertical
_BENDS = 0.2  # sine of 12°: joints that bend so far, where they bend most, tell their axis from noise
_ON_AXIS = 0.97  # cosine of 14°: an axis of bending so near to the joint's own x, y or z is meant to be that axis
_IN_LINE = 0.97  # cosine of 14° between two bones of the zero pose that are one straight line
_AGREE = 30.0  # degrees: two estimates of a turn that are no farther apart tell the same


@dataclass(frozen=True, kw_only=True)
class Recording:
    """What a stance is found from. The world has y up."""

    clip: Clip
    roles: dict[str, int]
    rotations: Tensor  # T×J×3×3, world
    positions: Tensor  # T×J×3
    upright: UprightFrames


@dataclass(frozen=True, kw_only=True)
class LimbStance:
    """The joints of one limb in the stance."""

    turns: dict[int, Tensor]  # 3×3 world rotation of a joint and of those that hang on it
    directions: dict[str, Tensor]  # (3,) direction of a role's bone


def build_leg(recording: Recording, side: str) -> LimbStance:
    """A leg that hangs straight down and stands on a flat foot."""
    clip, roles = recording.clip, recording.roles
    # A knee turns about the axis to the left as the shin goes back.
    thigh, shin = _build_bones(recording, side, LEG, -UP, LEFT)
    foot = _build_foot(recording, side, shin)
    directions = {f"{side}_hip": -UP, f"{side}_knee": -UP}
    return LimbStance(turns=_spread(clip, roles, side, LEG, (thigh, shin, foot)), directions=directions)


def build_arm(recording: Recording, side: str) -> LimbStance:
    """An arm of a T-pose, the palm down."""
    clip, roles = recording.clip, recording.roles
    outward = LEFT if side == "left" else -LEFT
    # An elbow turns about the vertical as the forearm goes forward.
    upper, fore = _build_bones(recording, side, ARM, outward, torch.linalg.cross(outward, FORWARD))
    elbow, wrist = roles[f"{side}_elbow"], roles[f"{side}_wrist"]
    zero = clip.zero_pose()
    fingers = find_bone_end(clip, roles, f"{side}_wrist")
    if fingers is not None and _cosine(zero[wrist] - zero[elbow], zero[fingers] - zero[wrist]) > _IN_LINE:
        hand = fore
    else:
        hand = mean_rotation(fore @ recording.rotations[:, elbow].mT @ recording.rotations[:, wrist])
    directions = {f"{side}_shoulder": outward, f"{side}_elbow": outward}
    for role, joint in roles.items():
        end = find_bone_end(clip, roles, role)
        if end is not None and wrist in clip.chain(joint) and not torch.equal(zero[end], zero[joint]):
            directions[role] = normalize(hand @ (zero[end] - zero[joint]), dim=0)
    return LimbStance(turns=_spread(clip, roles, side, ARM, (upper, fore, hand)), directions=directions)


def find_bone_end(clip: Clip, roles: dict[str, int], role: str) -> int | None:
    """The joint at the other end of a role's bone; None where the skeleton has none."""
    side, _, part = role.partition("_")
    for limb in (LEG, ARM):
        if part in limb[:2]:
            return roles[f"{side}_{limb[limb.index(part) + 1]}"]
    if part == "wrist":
        return roles.get(f"{side}_middle_1", _find_hand_end(clip, roles[f"{side}_elbow"], roles[role]))
    finger, _, n = part.partition("_")
    if n in ("1", "2"):
        return roles.get(f"{side}_{finger}_{int(n) + 1}", _longest_child(clip, roles[role]))
    return _longest_child(clip, roles[role]) if n == "3" else None


def find_foot(recording: Recording, side: str) -> Tensor | None:
    """(3,) from the ankle to the foot's far end in the zero pose; None where the skeleton has no feet.

    What goes on in line with the shin in the recording is no foot but the chain's end.
    """
    clip, roles, zero = recording.clip, recording.roles, recording.clip.zero_pose()
    knee, ankle = roles[f"{side}_knee"], roles[f"{side}_ankle"]
    end = find_far_end(clip, ankle)
    if end is None or (zero[end] - zero[ankle]).norm() < _NO_FOOT * (zero[ankle] - zero[knee]).norm():
        return None
    foot = zero[end] - zero[ankle]
    direction = recording.rotations[:, ankle] @ normalize(foot, dim=0)
    in_line = (direction * find_bone(recording, knee, ankle)).sum(-1).mean()
    return None if in_line > _NO_ANKLE else foot


def find_far_end(clip: Clip, joint: int) -> int | None:
    """Of all joints below a joint the one farthest from it in the zero pose; None where there is none."""
    zero = clip.zero_pose()
    return max(clip.descendants(joint), key=lambda end: float((zero[end] - zero[joint]).norm()), default=None)


def is_flat(foot: Tensor) -> bool:
    """True where a foot's direction (3,), y up and facing +z, is that of one that stands on its sole."""
    return bool(normalize(foot, dim=0) @ _FLAT_FOOT > _FLAT)


def _find_hand_end(clip: Clip, elbow: int, wrist: int) -> int | None:
    """The child of the wrist that is farthest away, but is no thing held in the hand."""
    zero = clip.zero_pose()
    children = {child: float((zero[child] - zero[wrist]).norm()) for child in clip.children(wrist)}
    forearm = float((zero[wrist] - zero[elbow]).norm())
    parts = [child for child, length in children.items() if length < forearm]
    child = max(parts, key=children.__getitem__, default=None)
    return _longest_child(clip, child) if child is not None and children[child] == 0 else child


def _longest_child(clip: Clip, joint: int) -> int | None:
    """The child that is farthest away; where all are in one place, the first one's."""
    children = clip.children(joint)
    child = max(children, key=lambda child: float(clip.offsets[child].norm()), default=None)
    if child is not None and not clip.offsets[child].any():
        return _longest_child(clip, child)
    return child


def _build_bones(
    recording: Recording, side: str, limb: tuple[str, ...], along: Tensor, hinge: Tensor
) -> tuple[Tensor, Tensor]:
    """(3, 3) turns of a limb's two bones: both lie `along` one line, the joint between them bends about `hinge`."""
    first, second, third = (recording.roles[f"{side}_{name}"] for name in limb)
    bones = [find_bone(recording, start, end) for start, end in ((first, second), (second, third))]
    rotations = [recording.rotations[:, joint] for joint in (first, second)]
    axes = recording.upright.pelvis if limb == LEG else recording.upright.chest
    turns = [_turn_upright(recording, axes, *pair, along) for pair in zip(rotations, bones, strict=True)]
    if limb == LEG and (foot := find_foot(recording, side)) is not None:
        # A foot points to where the knee does.
        sideways = torch.linalg.cross(bones[1], normalize(recording.rotations[:, third] @ foot, dim=-1))
        turns = [_turn_about(*pair, -sideways, along, hinge) for pair in zip(rotations, bones, strict=True)]
    bend = torch.linalg.cross(*bones)
    if _weighted_sine(bend) > _BENDS:
        bent = [_turn_about(*pair, bend, along, hinge) for pair in zip(rotations, bones, strict=True)]
        # Arms may hang with any twist, but knees point ahead.
        if limb == ARM or rotation_angle(bent[0].T @ turns[0]) < _AGREE:
            turns = bent
    zero = recording.clip.zero_pose()
    in_line = _cosine(zero[second] - zero[first], zero[third] - zero[second]) > _IN_LINE
    if in_line and rotation_angle(turns[0].T @ turns[1]) < _AGREE:
        turns[1] = turns[0]  # the bones are one straight line in the zero pose, so their joints' axes are the same
    return turns[0], turns[1]


def find_bone(recording: Recording, start: int, end: int) -> Tensor:
    """(T, 3) directions from one joint to another."""
    return normalize(recording.positions[:, end] - recording.positions[:, start], dim=-1)


def _turn_upright(recording: Recording, axes: Tensor, rotations: Tensor, bone: Tensor, along: Tensor) -> Tensor:
    """The turn of a bone from the upright frames, in which it is brought `along` on the shortest way."""
    frames = recording.upright.frames
    direction = (axes @ bone[frames][..., None])[..., 0]
    return mean_rotation(rotation_between(direction, along.expand_as(direction)) @ axes @ rotations[frames])


def _turn_about(rotations: Tensor, bone: Tensor, axis: Tensor, along: Tensor, hinge: Tensor) -> Tensor:
    """The turn of a bone (T, 3) that lies `along` one line, `axis` (T, 3; longer ones weigh more) as its `hinge`."""
    local_axis = (rotations.mT @ (axis.norm(dim=-1, keepdim=True) * axis)[..., None])[..., 0].mean(0)
    local_bone = normalize((rotations.mT @ bone[..., None])[..., 0].mean(0), dim=0)
    local_axis = normalize(local_axis - (local_axis @ local_bone) * local_bone, dim=0)
    largest = int(local_axis.abs().argmax())
    if local_axis[largest].abs() > _ON_AXIS and local_bone[largest].abs() < (1 - _ON_AXIS**2) ** 0.5:
        local_axis = torch.eye(3)[largest] * local_axis[largest].sign()
    return _basis(along, hinge) @ _basis(local_bone, local_axis).T


def _weighted_sine(bend: Tensor) -> float:
    """The mean of sines whose vectors (T, 3) are given, larger ones weighing more."""
    sine = bend.norm(dim=-1)
    return float(sine.square().sum() / sine.sum().clamp_min(1e-9))


def _build_foot(recording: Recording, side: str, shin: Tensor) -> Tensor:
    """(3, 3) turn of a foot that points ahead and down, as one that stands."""
    knee, ankle = recording.roles[f"{side}_knee"], recording.roles[f"{side}_ankle"]
    hanging = mean_rotation(shin @ recording.rotations[:, knee].mT @ recording.rotations[:, ankle])
    foot = find_foot(recording, side)
    if foot is None:
        return hanging
    return _basis(_FLAT_FOOT, LEFT) @ _basis(foot, hanging.T @ LEFT).T


def level_foot(recording: Recording, side: str, turn: Tensor) -> Tensor:
    """(3, 3) rotation that lays a foot flat whose stance is `turn`: as flat as it is where it stands.

    Where it never stands still it is levelled sideways only, as it is while it is low. No rotation where it is never
    under the knee.
    """
    ankle = recording.roles[f"{side}_ankle"]
    foot = find_foot(recording, side)
    if foot is None:
        return torch.eye(3)
    rotations, heel = recording.rotations[:, ankle], recording.positions[:, ankle]
    shin = recording.positions[:, recording.roles[f"{side}_knee"]] - heel
    length = shin.norm(dim=-1)
    paths = torch.stack([heel, heel + rotations @ foot])
    speed = torch.nn.functional.pad(paths.diff(dim=1).norm(dim=-1).amax(0), (0, 1), value=math.inf)
    low = (heel[:, 1] < heel[:, 1].quantile(_LOW) + _LOW * length) & (shin[:, 1] > _UPRIGHT_SHIN * length)
    still = low & (speed * recording.clip.frames_per_second < _STILL * length)
    if int(low.sum()) < _FLAT_FRAMES:
        return torch.eye(3)
    if int(still.sum()) >= _FLAT_FRAMES:
        up = turn @ rotations[still, 1].mean(0)
    else:
        up, ahead = turn @ rotations[low, 1].mean(0), (turn @ foot) * (1 - UP)
        up = up - (up @ ahead) * ahead / (ahead @ ahead).clamp_min(1e-9)
    level = rotation_between(up, UP)
    return level if rotation_angle(level) < _TIPPED else torch.eye(3)


def _spread(
    clip: Clip, roles: dict[str, int], side: str, limb: tuple[str, ...], turns: tuple[Tensor, Tensor, Tensor]
) -> dict[int, Tensor]:
    """Turns of all joints of a limb: those between two of its joints, and those of a hand or foot, go with one."""
    spread: dict[int, Tensor] = {}
    for name, turn in zip(limb, turns, strict=True):
        joint = roles[f"{side}_{name}"]
        spread |= dict.fromkeys([joint, *clip.descendants(joint)], turn)
    return spread


def _cosine(a: Tensor, b: Tensor) -> float:
    return float(torch.nn.functional.cosine_similarity(a, b, dim=0))


def _basis(first: Tensor, second: Tensor) -> Tensor:
    """(3, 3) with columns along `first`, as near as can be along `second`, and across both."""
    a = normalize(first, dim=0)
    b = second - (second @ a) * a
    if b.norm() < 1e-6 * (1 + second.norm()):  # nothing to tell the second axis by: any will do
        b = torch.linalg.cross(a, torch.eye(3)[int(a.abs().argmin())])
    b = normalize(b, dim=0)
    return torch.stack([a, b, torch.linalg.cross(a, b)], 1)
