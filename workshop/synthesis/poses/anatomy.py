"""How a body model's joints turn, in the angles that anatomy has names for.

A body's rest pose is no anatomist's: its arms are half raised and bent. `JointAnatomy` knows each joint's turn from
rest to the anatomical stance (standing, arms hanging straight with the palms to the thighs, legs straight down). A
joint's anatomical turn is given in the world's axes of that stance, so that for a left arm flexion is about -x,
abduction about +z and outward turning about +y; a right limb mirrors y and z. With N the turn to the stance and a the
anatomical turn:

    local(joint) = N(parent)⁻¹ · a(joint) · N(joint)
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.body.joints import FINGERS
from bodydouble.geometry.rotation import (
    axis_angle_from_matrix,
    matrix_from_axis_angle,
    quaternion_from_matrix,
    rotation_between,
)
from bodydouble.motion.ground import subsample_vertices
from bodydouble.values import BodyShape, RestBody, to_device

SIDES = (("left", 1.0), ("right", -1.0))

# Degrees. Ranges of healthy adults' joints (American Academy of Orthopaedic Surgeons, Joint Motion, 1965; Norkin and
# White, Measurement of Joint Motion), trimmed to what is held without strain.
LIMITS: dict[str, tuple[float, float]] = {
    "shoulder_elevation": (2, 165),  # from hanging, in whatever direction
    "shoulder_plane": (-45, 125),  # the direction it is raised in: 0 sideways, 90 forward, beyond that across
    "elbow_flexion": (0, 140),
    "pronation": (-75, 75),  # 0: thumb forward on a hanging arm; negative turns the palm forward
    "wrist_flexion": (-60, 65),
    "wrist_radial": (-28, 18),  # towards the thumb
    "hip_flexion": (-22, 115),
    "hip_abduction": (-18, 42),
    "hip_outward": (-30, 42),
    "knee_flexion": (0, 135),
    "ankle_up": (-40, 25),
    "spine_forward": (-20, 60),  # pelvis to chest
    "spine_aside": (-28, 28),
    "spine_turn": (-38, 38),
    "head_down": (-40, 40),  # chest to head
    "head_aside": (-30, 30),
    "head_turn": (-65, 65),
}

Array = NDArray[np.float64]


class Body(Protocol):
    """What posing needs of a body model; `AnnyBody` and `PackedBody` have it."""

    joint_names: tuple[str, ...]
    parents: tuple[int, ...]
    mirror_joints: tuple[int, ...]
    roles: dict[str, int]
    expression_names: tuple[str, ...]

    def mean_shape(self) -> BodyShape: ...

    def rest(self, shape: BodyShape) -> RestBody: ...

    def __hash__(self) -> int: ...


@dataclass(frozen=True, kw_only=True, eq=False)  # so that what is measured on it can be kept under it
class JointAnatomy:
    """A body of one shape, ready to be posed by anatomical angles. Tensors are on the CPU."""

    rest: RestBody
    roles: dict[str, int]
    mirror_joints: tuple[int, ...]
    neutral: Tensor  # J×3×3, from rest to the anatomical stance
    fingers: Tensor  # J×3, unit: axis in the rest pose about which a finger's joint closes; zero elsewhere
    palms: Tensor  # 2×3, unit: out of the left and the right palm, at rest
    grounded: RestBody  # some of the vertices, all of the soles: enough to stand the body on the ground

    def joints(self, turns: Mapping[str, Array]) -> Tensor:
        """J×3 local axis-angles, radians, of anatomical turns (3×3 by role; a role left out keeps its stance)."""
        anatomical = torch.eye(3).repeat(len(self.neutral), 1, 1)
        for role, turn in turns.items():
            for joint, fraction in self.shares(role):
                rotation = Rotation.from_matrix(turn).as_rotvec() * fraction
                anatomical[joint] = torch.from_numpy(Rotation.from_rotvec(rotation).as_matrix()).float()
        above = self.neutral[[max(parent, 0) for parent in self.rest.parents]]
        joints = axis_angle_from_matrix(above.mT @ anatomical @ self.neutral)
        joints[0] = 0
        return joints

    def shares(self, role: str) -> list[tuple[int, float]]:
        """The joints that take part in a turn, each with its share: "spine" and "neck" name chains."""
        if role == "spine":
            chain = self.path("pelvis", "spine_3")[1:]
        elif role == "neck":
            chain = self.path("spine_3", "head")[1:]
        elif role.endswith("_toe"):  # all toes go with the one that has the role
            above = self.rest.parents[self.roles[role]]
            return [(joint, 1.0) for joint, parent in enumerate(self.rest.parents) if parent == above]
        else:
            return [(self.roles[role], 1.0)]
        return [(joint, 1 / len(chain)) for joint in chain]

    def path(self, first: str, last: str) -> list[int]:
        """Joints from one role down to another, both included."""
        joint, path = self.roles[last], [self.roles[last]]
        while joint != self.roles[first]:
            joint = self.rest.parents[joint]
            path.append(joint)
        return path[::-1]


def turn(axes: str, *degrees: float, side: float = 1.0) -> Array:
    """3×3 product of turns about the world's axes, the first named outermost; a right limb's are mirrored.

    >>> turn("xz", -30, 10)  # abducted by 10 degrees, then the whole swung forward by 30
    """
    signed = [angle if axis == "x" else side * angle for axis, angle in zip(axes, degrees, strict=True)]
    result = np.eye(3)
    for axis, angle in zip(axes, signed, strict=True):
        result = result @ Rotation.from_euler(axis, angle, degrees=True).as_matrix()
    return result


@functools.lru_cache(maxsize=8)
def average_anatomy(body: Body) -> JointAnatomy:
    """The anatomy of a body's mean shape."""
    return anatomy_of(body, body.rest(body.mean_shape()))


def anatomy_of(body: Body, rest: RestBody) -> JointAnatomy:
    """The anatomy of a body of one shape; `rest` may be on any device."""
    rest = to_device(rest, "cpu")
    palms = torch.stack([_palm(rest, body.roles, side, sign) for side, sign in SIDES])
    return JointAnatomy(
        rest=rest,
        roles=body.roles,
        mirror_joints=body.mirror_joints,
        neutral=_neutral(rest, body.roles, palms),
        fingers=_finger_axes(rest, body.roles, palms),
        palms=palms,
        grounded=subsample_vertices(rest),
    )


def share_twist(anatomy: JointAnatomy, joints: Tensor) -> Tensor:
    """The pose J×3 with each arm's turn about its own length spread along it; hands and forearms stay where they are.

    The upper arm's twist sits half in the shoulder and half in the joint below it; the forearm's likewise.
    """
    joints = joints.clone()
    for side, _ in SIDES:
        upper = anatomy.path(f"{side}_shoulder", f"{side}_elbow")[:-1]
        lower = anatomy.path(f"{side}_elbow", f"{side}_wrist")[1:]
        for pair, start, end in ((upper, "shoulder", "elbow"), (lower, "elbow", "wrist")):
            if len(pair) != 2:  # a body model without a joint to share with
                continue
            bone = anatomy.rest.joints[anatomy.roles[f"{side}_{end}"]]
            axis = normalize(bone - anatomy.rest.joints[anatomy.roles[f"{side}_{start}"]], dim=0)
            first, second = matrix_from_axis_angle(joints[pair])
            rotation = first @ second
            half = matrix_from_axis_angle(twist_angle(rotation, axis) / 2 * axis)
            # swing · twist: the upper arm's swing comes first, the forearm's (the wrist's) comes last
            rotations = (rotation @ half.mT, half) if start == "shoulder" else (half, half.mT @ rotation)
            joints[pair] = axis_angle_from_matrix(torch.stack(rotations))
    return joints


def twist_angle(rotation: Tensor, axis: Tensor) -> Tensor:
    """Radians in (-π, π] by which a 3×3 rotation turns about a unit axis (the twist of swing and twist)."""
    quaternion = quaternion_from_matrix(rotation)
    return 2 * torch.atan2(quaternion[1:] @ axis, quaternion[0])


def _neutral(rest: RestBody, roles: Mapping[str, int], palms: Tensor) -> Tensor:
    """J×3×3 turns from rest to the anatomical stance; joints without a role go with their parent."""
    down, place = torch.tensor([0.0, -1.0, 0.0]), rest.joints
    turns: dict[int, Tensor] = {}
    for number, (side, sign) in enumerate(SIDES):
        joint = {name: roles[f"{side}_{name}"] for name in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")}
        thigh, shin = place[joint["knee"]] - place[joint["hip"]], place[joint["ankle"]] - place[joint["knee"]]
        upper, fore = place[joint["elbow"]] - place[joint["shoulder"]], place[joint["wrist"]] - place[joint["elbow"]]
        hand = place[roles[f"{side}_middle_1"]] - place[joint["wrist"]]
        turns[joint["hip"]], turns[joint["knee"]] = rotation_between(thigh, down), rotation_between(shin, down)
        turns[joint["ankle"]] = torch.eye(3)
        # A bent elbow shows the axis it bends about; bending a hanging arm forward is about -x.
        hinge, inward = torch.linalg.cross(upper, fore), torch.tensor([-sign, 0.0, 0.0])
        turns[joint["shoulder"]] = _frame_to_frame(upper, hinge, down, torch.tensor([-1.0, 0.0, 0.0]))
        turns[joint["elbow"]] = _frame_to_frame(fore, hinge, down, torch.tensor([-1.0, 0.0, 0.0]))
        turns[joint["wrist"]] = _frame_to_frame(hand, palms[number], down, inward)
    neutral = [torch.eye(3)]
    for number, parent in list(enumerate(rest.parents))[1:]:
        neutral.append(turns[number] if number in turns else neutral[parent])
    return torch.stack(neutral)


def _frame_to_frame(first: Tensor, second: Tensor, to_first: Tensor, to_second: Tensor) -> Tensor:
    """The rotation that brings one direction onto another exactly, and a second one as near as that allows."""

    def frame(a: Tensor, b: Tensor) -> Tensor:
        a = normalize(a, dim=0)
        c = normalize(torch.linalg.cross(a, b), dim=0)
        return torch.stack([a, torch.linalg.cross(c, a), c], 1)

    return frame(to_first, to_second) @ frame(first, second).T


def _palm(rest: RestBody, roles: Mapping[str, int], side: str, sign: float) -> Tensor:
    wrist, index, pinky = (rest.joints[roles[f"{side}_{part}"]] for part in ("wrist", "index_1", "pinky_1"))
    return normalize(sign * torch.linalg.cross(pinky - wrist, index - wrist), dim=0)


def _finger_axes(rest: RestBody, roles: Mapping[str, int], palms: Tensor) -> Tensor:
    axes = torch.zeros(len(rest.joints), 3)
    for (side, _), palm in zip(SIDES, palms, strict=True):
        place = {f"{f}_{n}": rest.joints[roles[f"{side}_{f}_{n}"]] for f in FINGERS for n in (1, 2, 3)}
        for finger in FINGERS:
            for n in (1, 2, 3):
                bone = place[f"{finger}_{min(n + 1, 3)}"] - place[f"{finger}_{min(n, 2)}"]
                # Fingers close towards the palm; the thumb across it, to where the ring finger begins.
                goal = place["ring_1"] + 0.02 * palm - place[f"thumb_{n}"] if finger == "thumb" else palm
                axes[roles[f"{side}_{finger}_{n}"]] = normalize(torch.linalg.cross(bone, goal), dim=0)
    return axes
