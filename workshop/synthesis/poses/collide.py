"""Limbs that pass through the body: found with balls along the limbs and capsules around the bones, and pushed out."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import torch
from torch import Tensor

from bodydouble.body.skinning import joint_transforms
from bodydouble.values import Pose
from workshop.synthesis.poses.anatomy import SIDES, JointAnatomy

TOUCH_M = 0.012  # flesh gives way by as much; deeper is through the body

# Cross-sections of the trunk: the role that carries each, and how far it lies towards the next.
_TRUNK = (("pelvis", "spine_2", 0.0), ("pelvis", "spine_2", 0.6), ("spine_2", "spine_3", 0.4), ("spine_3", "neck", 0.1))
_CLOTH_M = 0.01  # what is worn around the trunk
_STEPS = 15  # of the descent that pushes limbs out
_RATE = 0.05  # radians a step


@dataclass(frozen=True, kw_only=True)
class Hulls:
    """Balls and capsules on the joints of one body; places are at rest, metres."""

    balls: Tensor  # B×3
    ball_joints: Tensor  # (B,)
    ball_radii: Tensor  # (B,)
    ends: Tensor  # C×2×3
    capsule_joints: Tensor  # (C,)
    capsule_radii: Tensor  # (C,)
    pairs: Tensor  # B×C bool: what must not meet
    movable: tuple[int, ...]  # joints that may turn to avoid it


@functools.lru_cache(maxsize=4)
def hulls_of(anatomy: JointAnatomy) -> Hulls:
    """The hulls of a body, measured on its vertices."""
    collector = _Parts(anatomy)
    for side, _ in SIDES:
        collector.bone(f"{side}_forearm", f"{side}_elbow", f"{side}_wrist")
        collector.bone(f"{side}_hand", f"{side}_wrist", f"{side}_middle_2", widest=0.03)
        collector.bone(f"{side}_upperarm", f"{side}_shoulder", f"{side}_elbow")
        collector.bone(f"{side}_thigh", f"{side}_hip", f"{side}_knee")
        collector.bone(f"{side}_shin", f"{side}_knee", f"{side}_ankle")
        collector.bone(f"{side}_foot", f"{side}_ankle", f"{side}_toe", widest=0.04)
    collector.trunk()
    collector.head()
    return collector.hulls()


def depths(anatomy: JointAnatomy, hulls: Hulls, joints: Tensor) -> Tensor:
    """(…, B, C) metres by which balls lie in capsules they must not meet, 0 where they do not; differentiable.

    Args:
        joints: (…, J, 3) axis-angles; the root's rotation does not matter.
    """
    batch = joints.shape[:-2]
    zero = joints.new_zeros(*batch, 3)
    pose = Pose(joints=joints, root_rotation=zero, root_translation=zero, expression=zero)
    rotations, positions = joint_transforms(anatomy.rest, pose)
    shift = positions - (rotations @ anatomy.rest.joints[..., None])[..., 0]

    def posed(points: Tensor, joint: Tensor) -> Tensor:
        return (rotations[..., joint, :, :] @ points[..., None])[..., 0] + shift[..., joint, :]

    balls = posed(hulls.balls, hulls.ball_joints)[..., :, None, :]
    start = posed(hulls.ends[:, 0], hulls.capsule_joints)[..., None, :, :]
    bone = posed(hulls.ends[:, 1], hulls.capsule_joints)[..., None, :, :] - start
    along = ((balls - start) * bone).sum(-1) / bone.square().sum(-1).clamp_min(1e-9)
    nearest = start + along.clamp(0, 1)[..., None] * bone
    distance = (balls - nearest).square().sum(-1).clamp_min(1e-12).sqrt()
    return (hulls.ball_radii[:, None] + hulls.capsule_radii - distance).clamp_min(0) * hulls.pairs


def push_out(anatomy: JointAnatomy, hulls: Hulls, joints: Tensor) -> Tensor:
    """The pose J×3 after a few steps of descent on the depths, turning shoulders, elbows and hips alone."""
    rows = list(hulls.movable)
    change = torch.zeros(len(rows), 3, requires_grad=True)
    optimiser = torch.optim.Adam([change], lr=_RATE)
    for _ in range(_STEPS):
        moved = joints.index_add(0, torch.tensor(rows), change)
        depth = depths(anatomy, hulls, moved)
        if float(depth.detach().max()) < 0.8 * TOUCH_M:
            break
        optimiser.zero_grad()
        (depth.square().sum() + 1e-4 * change.square().sum()).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return joints.index_add(0, torch.tensor(rows), change.detach())


class _Parts:
    """Collects balls and capsules by name while they are measured."""

    def __init__(self, anatomy: JointAnatomy) -> None:
        self.anatomy = anatomy
        self.strongest = anatomy.rest.skin_weights.argmax(1)
        self.balls: list[tuple[str, Tensor, int, float]] = []
        self.capsules: list[tuple[str, Tensor, int, float]] = []

    def bone(self, name: str, start: str, end: str, widest: float = 1.0) -> None:
        """Balls and a capsule along a bone; of its skin, seven tenths are within its radius."""
        rest, roles = self.anatomy.rest, self.anatomy.roles
        a, b = rest.joints[roles[start]], rest.joints[roles[end]]
        of_bone = torch.isin(self.strongest, torch.tensor(self.anatomy.path(start, end)[:-1]))
        skin = rest.vertices[of_bone]
        along = (((skin - a) @ (b - a)) / (b - a).square().sum()).clamp(0, 1)
        radius = min(float((skin - a - along[:, None] * (b - a)).norm(dim=-1).quantile(0.7)), widest)
        first = 0.4 if name.endswith(("thigh", "upperarm")) else 0.2  # they grow out of the trunk
        for fraction in torch.linspace(first, 1.0, 5).tolist():
            self.balls.append((name, torch.lerp(a, b, fraction), roles[start], radius))
        self.capsules.append((name, torch.stack([torch.lerp(a, b, first), b]), roles[start], radius))

    def trunk(self) -> None:
        """Flat capsules from side to side through the trunk, as deep as it is there."""
        rest, roles = self.anatomy.rest, self.anatomy.roles
        of_trunk = torch.isin(self.strongest, torch.tensor([0, *self.anatomy.path("pelvis", "neck")]))
        of_trunk |= torch.isin(self.strongest, torch.tensor([roles["left_clavicle"], roles["right_clavicle"]]))
        of_trunk |= torch.isin(self.strongest, torch.tensor([roles["left_hip"], roles["right_hip"]]))
        for number, (start, end, fraction) in enumerate(_TRUNK):
            height = torch.lerp(rest.joints[roles[start], 1], rest.joints[roles[end], 1], fraction)
            slab = rest.vertices[of_trunk & ((rest.vertices[:, 1] - height).abs() < 0.04)]
            low, high = slab.amin(0), slab.amax(0)
            radius = 0.47 * float(high[2] - low[2])  # the section is no rectangle
            half = max(0.95 * float(high[0] - low[0]) / 2 - radius, 0.01)
            middle = torch.stack([(low[0] + high[0]) / 2, height, (low[2] + high[2]) / 2])
            aside = torch.tensor([half, 0.0, 0.0])
            ends = torch.stack([middle - aside, middle + aside])
            self.capsules.append((f"trunk{number}", ends, roles[start], radius + _CLOTH_M))

    def head(self) -> None:
        """An upright capsule."""
        skin = self.anatomy.rest.vertices[self.strongest == self.anatomy.roles["head"]]
        low, high = skin.amin(0), skin.amax(0)
        radius, middle = 0.5 * float(high[0] - low[0]), (low + high) / 2
        up = torch.tensor([0.0, float(high[1] - low[1]) / 2 - radius, 0.0])
        ends = torch.stack([middle - up, middle + up])
        self.capsules.append(("head", ends, self.anatomy.roles["head"], radius))

    def hulls(self) -> Hulls:
        balls, roles = self.balls, self.anatomy.roles
        movable = tuple(roles[f"{side}_{name}"] for side, _ in SIDES for name in ("shoulder", "elbow", "hip"))
        return Hulls(
            balls=torch.stack([place for _, place, _, _ in balls]),
            ball_joints=torch.tensor([joint for _, _, joint, _ in balls]),
            ball_radii=torch.tensor([radius for _, _, _, radius in balls]),
            ends=torch.stack([ends for _, ends, _, _ in self.capsules]),
            capsule_joints=torch.tensor([joint for _, _, joint, _ in self.capsules]),
            capsule_radii=torch.tensor([radius for _, _, _, radius in self.capsules]),
            pairs=torch.tensor([[_may_not_meet(a, b) for b, *_ in self.capsules] for a, *_ in balls]),
            movable=movable,
        )


def _may_not_meet(ball: str, capsule: str) -> bool:
    """Whether a part of the body may not reach into another; neighbours always touch."""
    side, part = ball.split("_")
    if capsule == "head":
        return part in ("forearm", "hand")
    if capsule.startswith("trunk"):
        return part in ("forearm", "hand") or (part == "upperarm" and capsule in ("trunk1", "trunk2"))
    other_side, other = capsule.split("_")
    if part in ("forearm", "hand"):
        return other == "thigh" or (side != other_side and other in ("forearm", "hand", "upperarm"))
    legs = {"thigh": ("thigh",), "shin": ("shin", "thigh"), "foot": ("shin", "foot")}
    return side != other_side and other in legs.get(part, ())
