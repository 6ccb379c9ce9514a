"""Where on which limb a point of a dressed body lies: coordinates that cloth patterns and hems are drawn in.

Everything here is about the body at rest, in world axes. A limb is a straight or bent tube; `along` runs down it in
metres and `around` goes once about it without a seam, so that a pattern which repeats a whole number of times around
closes on itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.body.skinning import joints_from
from bodydouble.values import RestBody
from workshop.synthesis.body import SKIN_VERTICES

LIMBS = ("torso", "left_arm", "right_arm", "left_leg", "right_leg", "left_foot", "right_foot", "head")
_ROOTS = {"arm": "shoulder", "leg": "hip", "foot": "ankle"}
_STEP_M = 0.02  # the torso's outline is measured in slices this high
_FLATTER = 1.45  # width by depth of the torso whose outline spaces a pattern
_THINNEST_M = 0.03  # half the depth the torso is taken to have at least, at the shoulders


@dataclass(frozen=True, kw_only=True)
class LimbFrame:
    """The limbs of one body at rest."""

    limb_of_joint: Tensor  # (J,), int64, row of LIMBS
    bones: Tensor  # 4×3×3, metres: shoulder, elbow, wrist or hip, knee, ankle of left arm, right arm, left, right leg
    ankles: Tensor  # 2×3, metres, left and right
    neck: Tensor  # (3,), metres
    crotch: float  # height, metres
    waist: float  # height, metres
    lowest: float  # height of the first slice of the torso, metres
    half_width: Tensor  # (S,), metres, of the torso's slices from `lowest` up
    half_depth: Tensor  # (S,), metres
    centre: Tensor  # (S,), metres, z of the slices' middle
    girth: Tensor  # (8,), metres around each of LIMBS, typical


@dataclass(frozen=True, kw_only=True)
class LimbPoints:
    """Limb coordinates of N points."""

    limb: Tensor  # (N,), int64, row of LIMBS
    along: Tensor  # (N,), metres: torso and head downwards from the neck, arms and legs from their first joint, feet
    #                forwards from the ankle
    around: Tensor  # (N,), [0, 1), share of the way around: 0 and 1 in the middle of the back, 0.5 in front
    forward: Tensor  # (N,), −1 in the middle of the back to 1 in the middle of the front


def limb_frame(base: RestBody, roles: Mapping[str, int]) -> LimbFrame:
    """Measure a body.

    Args:
        base: all base vertices, at rest.
        roles: joint of each role (`bodydouble.body.joints.ROLES`).
    """
    limb_of_joint = torch.zeros(len(base.joints), dtype=torch.long)
    for number, name in enumerate(LIMBS[1:], start=1):
        side, _, part = name.partition("_")
        root = roles["neck"] if name == "head" else roles[f"{side}_{_ROOTS[part]}"]
        limb_of_joint[joints_from(root, base.parents)] = number
    joints = base.joints.cpu()
    chains = (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))
    bones = torch.stack(
        [joints[[roles[f"{side}_{part}"] for part in chain]] for chain in chains for side in ("left", "right")]
    )
    points = base.vertices[:SKIN_VERTICES].cpu()
    shares = limb_shares(base.skin_weights[:SKIN_VERTICES].cpu(), limb_of_joint)
    middle = (points[:, 0].abs() < 0.012) & (points[:, 1] < bones[2, 0, 1]) & (points[:, 1] > bones[2, 1, 1])
    crotch = float(points[middle, 1].min())
    torso = points[(shares[:, [0, 3, 4]].sum(1) > 0.5) & (points[:, 1] > crotch)]
    width, depth, centre = _slices(torso, crotch, float(bones[:2, 0, 1].mean()) - 0.08)
    return LimbFrame(
        limb_of_joint=limb_of_joint,
        bones=bones,
        ankles=joints[[roles["left_ankle"], roles["right_ankle"]]],
        neck=joints[roles["neck"]],
        crotch=crotch,
        waist=float(joints[roles["spine_1"], 1]),
        lowest=crotch,
        half_width=width,
        half_depth=depth,
        centre=centre,
        girth=_girths(points, shares, bones, math.pi * float((width + depth)[len(width) // 2])),
    )


def limb_shares(skin_weights: Tensor, limb_of_joint: Tensor) -> Tensor:
    """N×8: how much of each point each of LIMBS moves; from N×J skin weights."""
    shares = skin_weights.new_zeros(len(skin_weights), len(LIMBS))
    return shares.index_add_(1, limb_of_joint.to(skin_weights.device), skin_weights)


def limb_points(points: Tensor, shares: Tensor, frame: LimbFrame, only: Sequence[str] = LIMBS) -> LimbPoints:
    """Limb coordinates.

    Args:
        points: N×3, metres, at rest, on the body of `frame`.
        shares: N×8, from `limb_shares`.
        only: the limbs to choose from. With the legs alone, trousers are two tubes up to the waist; with the torso
            alone, a skirt is one tube down to its hem.
    """
    score = torch.full_like(shares, -1)
    for name in only:
        number = LIMBS.index(name)
        side = 1e-4 if name.startswith("left") else -1e-4
        # What no limb to choose from moves is the torso's, or else that of the limb on its side.
        score[:, number] = shares[:, number] + (side * points[:, 0].sign() if "_" in name else 2e-4)
    limb = score.argmax(1)
    along, right, front = (points.new_zeros(len(points)) for _ in range(3))
    for name in only:
        number = LIMBS.index(name)
        rows = (limb == number).nonzero()[:, 0]
        along[rows], right[rows], front[rows] = _tube_coordinates(points[rows], name, frame)
    angle = torch.atan2(right, front)
    around = torch.where(limb == 0, _arc_fraction(angle), angle / (2 * math.pi) + 0.5) % 1
    forward = front / torch.hypot(front, right).clamp_min(1e-6)
    return LimbPoints(limb=limb, along=along, around=around, forward=forward)


def distance_down_limb(points: Tensor, frame: LimbFrame, kind: str) -> Tensor:
    """(N,) metres down the nearer arm ("arm") or leg ("leg"), from its first joint; negative before it."""
    row = {"arm": 0, "leg": 2}[kind]
    left, right = (_bone_coordinates(points, frame.bones[row + side].to(points))[0] for side in (0, 1))
    return torch.where(points[:, 0] > 0, left, right)


def direction_off_limb(points: Tensor, frame: LimbFrame, kind: str) -> Tensor:
    """N×3 unit vectors away from the bones of the nearer arm ("arm") or leg ("leg")."""
    row = {"arm": 0, "leg": 2}[kind]
    left, right = (_bone_coordinates(points, frame.bones[row + side].to(points))[1] for side in (0, 1))
    return normalize(torch.where(points[:, :1] > 0, left, right), dim=1)


def _tube_coordinates(points: Tensor, name: str, frame: LimbFrame) -> tuple[Tensor, Tensor, Tensor]:
    """Metres along, and the direction from the tube's middle: to the side, to the front; any positive scale."""
    if name == "torso":
        return _torso_coordinates(points, frame)
    side = 0 if name.startswith("left") else 1
    if name == "head":
        from_neck = points - frame.neck.to(points)
        return -from_neck[:, 1], from_neck[:, 0], from_neck[:, 2] - 0.03
    if name.endswith("foot"):
        from_ankle = points - frame.ankles[side].to(points)
        return from_ankle[:, 2], from_ankle[:, 0], from_ankle[:, 1] + 0.04  # the sole is the back, the instep the front
    row = side if name.endswith("arm") else 2 + side
    along, off, down = _bone_coordinates(points, frame.bones[row].to(points))
    forward = points.new_tensor([0.0, 0.0, 1.0])
    forward = normalize(forward - (down @ forward)[:, None] * down, dim=1)
    # Left and right mirror each other, so that seams and stripes on them do.
    outward = torch.linalg.cross(forward, -down) * (1 - 2 * side)
    return along, (off * outward).sum(1), (off * forward).sum(1)


def _torso_coordinates(points: Tensor, frame: LimbFrame) -> tuple[Tensor, Tensor, Tensor]:
    last = len(frame.half_width) - 1
    place = ((points[:, 1] - frame.lowest) / _STEP_M - 0.5).clamp(0, last)
    lower = place.floor().long().clamp_max(last - 1)
    fraction = place - lower

    def at(values: Tensor) -> Tensor:
        values = values.to(points)
        return torch.lerp(values[lower], values[lower + 1], fraction)

    right, front = points[:, 0] / at(frame.half_width), (points[:, 2] - at(frame.centre)) / at(frame.half_depth)
    return float(frame.neck[1]) - points[:, 1], right, front


def _bone_coordinates(points: Tensor, chain: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Metres along a chain of two bones, the way there from the chain's nearest point (N×3), its direction (N×3)."""
    (a, b, c) = chain
    first, second = (b - a).norm(), (c - b).norm()
    straight = normalize(c - a, dim=0)
    # Slices at right angles to the straight line from end to end: at the bent joint none of them cross.
    along = (points - a) @ straight
    knee = (b - a) @ straight
    upper, lower = (b - a) / knee, (c - b) / ((c - a).norm() - knee)
    after = (along - knee).clamp_min(0)[:, None]
    middle = a + upper * along.clamp_max(float(knee))[:, None] + lower * after
    stretch = (first + second) / (c - a).norm()
    return along * stretch, points - middle, straight.expand_as(points)


def _arc_fraction(angle: Tensor) -> Tensor:
    """Angle about an ellipse (radians, of the circle it is squeezed from) to the share of its outline, 0.5 in front."""
    steps = torch.linspace(-math.pi, math.pi, 257)
    x, z = _FLATTER * steps.sin(), steps.cos()
    length = torch.cat([torch.zeros(1), torch.hypot(x.diff(), z.diff()).cumsum(0)])
    fraction = (length / length[-1]).to(angle)
    place = ((angle + math.pi) / (2 * math.pi) * 256).clamp(0, 255.999)
    lower = place.long()
    return torch.lerp(fraction[lower], fraction[lower + 1], place - lower)


def _slices(torso: Tensor, lowest: float, armpit: float) -> tuple[Tensor, Tensor, Tensor]:
    """Half width, half depth and middle (z) of the torso's slices; above the armpits the width stays as it is there.

    A pattern line of constant angle then runs straight up over the shoulder.
    """
    rows = ((torso[:, 1] - lowest) / _STEP_M).long()
    measured: list[Tensor] = []
    for row in range(int(rows.max()) + 1):
        slab = torso[rows == row]
        if len(slab) < 4:
            measured.append(measured[-1])
            continue
        low, high = slab.amin(0), slab.amax(0)
        measured.append(torch.stack([slab[:, 0].abs().max(), (high[2] - low[2]) / 2, (high[2] + low[2]) / 2]))
    table = torch.stack(measured)
    smooth = torch.nn.functional.pad(table.T[None], (2, 2), mode="replicate")
    table = torch.nn.functional.avg_pool1d(smooth, 5, 1)[0].T
    top = max(1, min(len(table) - 1, int((armpit - lowest) / _STEP_M)))
    width = table[:, 0].clone()
    width[top:] = width[top]
    return width, table[:, 1].clamp_min(_THINNEST_M), table[:, 2]


def _girths(points: Tensor, shares: Tensor, bones: Tensor, torso: float) -> Tensor:
    """(8,) metres around each limb: a tenth more than around the body, for cloth is looser."""
    girth = torch.tensor([torso, 0, 0, 0, 0, 0.28, 0.28, 0.55])
    for row in range(4):
        limb = points[shares[:, 1 + row] > 0.8]
        along, off, _ = _bone_coordinates(limb, bones[row])
        length = (bones[row, 2] - bones[row, 0]).norm()
        upper = (along > 0.2 * length) & (along < 0.6 * length)
        girth[1 + row] = 2 * math.pi * off[upper].norm(dim=1).mean()
    return 1.1 * girth
