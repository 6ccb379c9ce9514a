"""What a good fit is: the terms that `fit.py` minimises, each a function of tensors, none with state.

Lengths are fractions of the person's height, so that weights mean the same on every photo.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.person.landmarks import (
    ANKLES,
    ARMS,
    FEET_ROWS,
    HAND_ROWS,
    HEAD_ROWS,
    HEELS,
    HIPS,
    KNEES,
    LEGS,
    PALMS,
    SHOULDERS,
    TOES,
    TORSO,
    TRUNK,
    BodyPoint,
    FacePoint,
)
from bodydouble.values import FACE_LANDMARKS, LEFT_HAND_LANDMARKS, RIGHT_HAND_LANDMARKS, RestBody

# Bones as pairs of MediaPipe body points, compared in direction: this is where the third dimension comes from.
_BONES = torch.tensor([*TRUNK, *ARMS, *LEGS, *TOES, *PALMS])
# The same for the head, between points of the face: brow to chin, cheek to cheek, brow to the nose's tip. A face that
# looks shorter may be turned up or down; only depth tells.
_FACE_LINES = FACE_LANDMARKS.start + torch.tensor(
    [
        (FacePoint.BROW, FacePoint.CHIN),
        (FacePoint.RIGHT_CHEEK, FacePoint.LEFT_CHEEK),
        (FacePoint.NOSE_ROOT, FacePoint.NOSE_TIP),
    ]
)
# Cosine of the bend from which a knee is bent, 43 degrees. The detector bends straight knees by 24 ± 5 degrees: of 27
# photographs of people who stand it bent five by 31 to 35, their thighs upright, and the fit let these crouch.
_BENT = 0.73
BENT_IN_MOTION = 0.85  # the same of people in videos, who walk
# The detector's idea of the face, hands and feet inside the 33 body points is rougher than its special networks'.
_ROUGH_BODY_ROWS: dict[int, float] = {
    **dict.fromkeys([*BodyPoint][HEAD_ROWS], 0.2),
    **dict.fromkeys([*BodyPoint][HAND_ROWS], 0.2),
    **dict.fromkeys(HEELS, 0.5),
}


def landmark_weights(scores: Tensor, available: Tensor) -> Tensor:
    """(543,) weights that sum to 1: every part counts by its meaning, not by its number of points.

    Args:
        scores: (543,) the detector's, [0, 1].
        available: (543,) bool, landmarks the body model has.
    """
    weights = scores * available
    for row, factor in _ROUGH_BODY_ROWS.items():
        weights[row] *= factor
    for rows, total in ((LEFT_HAND_LANDMARKS, 1.5), (RIGHT_HAND_LANDMARKS, 1.5), (FACE_LANDMARKS, 6.0)):
        weights[rows] *= total / (rows.stop - rows.start)
    return weights / weights.sum().clamp_min(1e-6)


def reprojection(projected: Tensor, observed: Tensor, weights: Tensor, height_px: Tensor, softness: float) -> Tensor:
    """Weighted mean of the distance on the image, near-linear, so that one wrong landmark cannot pull hard.

    Args:
        projected, observed: N×2 pixels.
        weights: (N,), sum 1.
        height_px: the person's height in pixels.
        softness: distance below which the penalty turns quadratic, fraction of the height.
    """
    squared = ((projected - observed) / height_px).square().sum(-1)
    return (weights * ((squared + softness**2).sqrt() - softness)).sum()


def bone_direction(points: Tensor, observed: Tensor, scores: Tensor) -> Tensor:
    """Mean of 1 - cos between the body's and the detector's bones, and lines of the face, in space.

    Args:
        points: 543×3 the body's landmarks; observed: 543×3 the detector's, same axes, metres; scores: (543,), 0 where
            either does not know the landmark.
    """
    lines = torch.cat([_BONES, _FACE_LINES])
    bones = torch.nn.functional.normalize(points[lines[:, 1]] - points[lines[:, 0]], dim=-1)
    targets = torch.nn.functional.normalize(observed[lines[:, 1]] - observed[lines[:, 0]], dim=-1)
    weights = scores[lines].prod(-1)
    cosine = (bones * targets).sum(-1)
    return (weights * (1 - cosine)).sum() / weights.sum().clamp_min(1e-6)


def hanging_limbs(points: Tensor, thought: Tensor, imagined: Tensor) -> Tensor:
    """Mean of 1 - cos between the body's bones and those that are thought to hang or to stand; 0 where none is.

    Args:
        points: 543×3 the body's landmarks; thought: 543×3, likewise, metres; imagined: (543,), bool: made up.
    """
    lines = _BONES[imagined[_BONES[:, 1]]]
    if not len(lines):
        return points.new_zeros(())
    bones, targets = (each[lines[:, 1]] - each[lines[:, 0]] for each in (points, thought))
    return (1 - torch.nn.functional.cosine_similarity(bones, targets, dim=-1)).mean()


def overlap_loss(silhouette: Tensor, mask: Tensor, inside: Tensor, beyond: float = 0.5) -> Tensor:
    """1 - Tversky overlap of two H×W coverages; the Dice loss where `beyond` is 0.5.

    Args:
        inside: 0 beyond the photo's edge, where nobody knows.
        beyond: the share of the cost that falls on silhouette outside the mask; the rest is mask left uncovered.
    """
    silhouette = silhouette * inside
    overlap = (silhouette * mask).sum()
    return 1 - overlap / (beyond * silhouette.sum() + (1 - beyond) * mask.sum()).clamp_min(1)


def expression_penalty(expression: Tensor) -> Tensor:
    """What it costs that coefficients (E,) are large, and far more that they leave [0, 1]."""
    return expression.square().sum() + 100 * ((-expression).relu() + (expression - 1).relu()).square().sum()


def balance(points: Tensor, standing: Tensor, height: float) -> Tensor:
    """Who stands keeps the torso above the feet. Only depth (z) is judged: the photo shows the rest.

    One photo hardly tells a lean towards the camera, and the detector's landmarks in metres tend to lean.

    Args:
        points: 33×3, axes of the photo's camera with y up; standing: scalar in [0, 1]; height: metres.
    """
    torso, feet = points[TORSO, 2].mean(), points[FEET_ROWS, 2]
    beyond = (torso - feet.max()).relu() + (feet.min() - torso).relu()
    middle = torso - (feet.max() + feet.min()) / 2
    return standing * ((beyond / height).square() + 0.5 * (middle / height).square())


def lean(points: Tensor, standing: Tensor, height: float) -> Tensor:
    """Who stands does not lean towards the camera or away: squared depth from hips to shoulders, share of the height.

    Args:
        points: 33×3, axes of the photo's camera with y up; standing: scalar in [0, 1]; height: metres.
    """
    ahead = points[SHOULDERS, 2].mean() - points[HIPS, 2].mean()
    return standing * (ahead / height).square()


def standing_upright(observed: Tensor) -> Tensor:
    """[0, 1] from the detector's 33×3 landmarks in metres: 1 where at least one leg is straight and below the hips."""
    straight = []
    for hip, knee, ankle in zip(HIPS, KNEES, ANKLES, strict=True):
        thigh, shin = observed[knee] - observed[hip], observed[ankle] - observed[knee]
        cosine = torch.nn.functional.cosine_similarity(thigh, shin, dim=0)
        downward = -(thigh + shin)[1] / (thigh + shin).norm().clamp_min(1e-6)
        straight.append(((torch.minimum(cosine, downward) - _BENT) / 0.15).clamp(0, 1))
    return torch.maximum(*straight)


def straight_legs(observed: Tensor, bent: float = _BENT) -> Tensor:
    """(2,) in [0, 1], left and right, from the detector's 33×3 landmarks in metres: 1 where the knee is straight.

    Args:
        bent: cosine of the angle between thigh and shin from which it is not.
    """
    thigh, shin = observed[KNEES] - observed[HIPS], observed[ANKLES] - observed[KNEES]
    cosine = torch.nn.functional.cosine_similarity(thigh, shin, dim=-1)
    return ((cosine - bent) / 0.1).clamp(0, 1).nan_to_num()


class JointLimits:
    """How far joints like to turn: a quadratic pull to a middle, and walls at the hinges' ends."""

    def __init__(self, body: BodyModel, rest: RestBody, middle: Tensor | None = None) -> None:
        """`middle` (J×3, axis-angle, radians) is where joints that are no hinges are drawn to; None: the rest pose."""
        self.middle = torch.zeros(len(body.joint_names), 3) if middle is None else middle
        self.spread = torch.full((len(body.joint_names), 3), 0.05)  # radians, one sigma
        for role, sigma in _SPREAD.items():
            self.spread[body.roles[role]] = sigma
        hinges = [_hinge(body, rest, role) for role in _HINGES]
        self.hinge_joints = torch.tensor([joint for joint, _, _, _ in hinges])
        self.hinge_axes = torch.stack([axis for _, axis, _, _ in hinges])
        self.lowest = torch.tensor([low for _, _, low, _ in hinges])
        self.highest = torch.tensor([high for _, _, _, high in hinges])

    def __call__(self, joints: Tensor, straight: Tensor) -> Tensor:
        """Penalty of J×3 axis-angle joint rotations.

        Seen from above or below, a straight leg looks as short as a bent one: knees that the detector sees straight
        (`straight_legs`) pay for bending.
        """
        pull = ((joints - self.middle) / self.spread).square()
        free = torch.ones_like(pull[:, :1])
        free[self.hinge_joints] = 0
        angle = (joints[self.hinge_joints] * self.hinge_axes).sum(-1)
        sideways = joints[self.hinge_joints] - angle[:, None] * self.hinge_axes
        beyond = (self.lowest - angle).relu() + (angle - self.highest).relu()
        walls = (sideways / 0.25).square().sum() + (beyond / 0.05).square().sum() + (angle / 2.5).square().sum()
        knees = (straight * (angle[-2:] / _KNEE).square()).sum()
        return (pull * free).sum() + walls + knees


def _sides(part: str) -> tuple[str, str]:
    return f"left_{part}", f"right_{part}"


_SPREAD: dict[str, float] = {
    **dict.fromkeys(("spine_1", "spine_2", "spine_3"), 0.3),
    **dict.fromkeys(("neck", "head"), 0.5),
    **dict.fromkeys(_sides("clavicle"), 0.4),
    **dict.fromkeys(_sides("shoulder"), 2.0),
    **dict.fromkeys(_sides("hip"), 1.5),
    **dict.fromkeys(_sides("wrist"), 0.6),
    **dict.fromkeys(_sides("ankle"), 0.4),
    **dict.fromkeys(_sides("toe"), 0.2),
}
_HINGES = (*_sides("elbow"), *_sides("knee"))
_KNEE = 0.055  # radians, one sigma, of a knee that looks straight


def _hinge(body: BodyModel, rest: RestBody, role: str) -> tuple[int, Tensor, float, float]:
    """(joint, axis in the rest frame, lowest, highest angle in radians from rest) of an elbow or a knee."""
    side, _, part = role.partition("_")
    first, last = ("shoulder", "wrist") if part == "elbow" else ("hip", "ankle")
    start, middle, end = (rest.joints[body.roles[f"{side}_{name}"]].detach() for name in (first, part, last))
    upper = torch.nn.functional.normalize(middle - start, dim=0)
    lower = torch.nn.functional.normalize(end - middle, dim=0)
    axis = torch.linalg.cross(upper, lower) if part == "elbow" else torch.tensor([1.0, 0.0, 0.0])
    if axis.norm() < 0.05:  # a straight arm at rest (SMPL-X): it bends forward
        axis = torch.linalg.cross(upper, torch.tensor([0.0, 0.0, 1.0]))
    axis = torch.nn.functional.normalize(axis, dim=0)
    bend = torch.atan2(torch.linalg.cross(upper, lower) @ axis, upper @ lower)
    return body.roles[role], axis, float(-bend) - 0.05, float(2.6 - bend)
