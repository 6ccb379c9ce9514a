"""Feet that stand, stand flat on the floor: a fit from one photo leaves their soles tilted by 5 to 20 degrees."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.body.skinning import joint_transforms
from bodydouble.clothing.footwear import SIDES, foot_frame
from bodydouble.geometry.rotation import axis_angle_from_matrix, matrix_from_axis_angle
from bodydouble.values import BodyFit

_LEVELLED, _LIFTED = 25.0, 40.0  # degrees: soles tilted less are levelled, those tilted more are of a foot that steps
_STANDS_M = 0.06  # how much higher than the other foot one may stand
_UPRIGHT = 0.85  # cosine of the pelvis' lean; who leans more does not stand


def level_feet(fit: BodyFit, body: BodyModel) -> BodyFit:
    """The fit with ankles turned such that soles lie level; feet that are lifted, and who does not stand, as they are.

    Where heels tilt the feet at rest, the shoes' soles are level there, and so they are what lies level.
    """
    rest = body.rest(fit.shape)
    rotations, _ = joint_transforms(rest, fit.pose)
    up = torch.tensor([0.0, 1.0, 0.0])
    if float(rotations[body.roles["pelvis"]][1, 1]) < _UPRIGHT:
        return fit
    posed, joints = body.pose(rest, fit.pose).vertices, fit.pose.joints.clone()
    lowest = [float(posed[foot_frame(rest, body, side).inside, 1].min()) for side in SIDES]
    for side, height in zip(SIDES, lowest, strict=True):
        ankle = body.roles[f"{side}_ankle"]
        turn = _turn_towards(rotations[ankle] @ up, up)
        if height < min(lowest) + _STANDS_M:
            shin = rotations[rest.parents[ankle]]
            joints[ankle] = axis_angle_from_matrix(shin.T @ matrix_from_axis_angle(turn) @ rotations[ankle])
    return replace(fit, pose=replace(fit.pose, joints=joints))


def _turn_towards(axis: Tensor, up: Tensor) -> Tensor:
    """(3,) radians, axis-angle: what brings a unit axis upright; less of it, the nearer it is to a lifted foot's."""
    normal = torch.linalg.cross(axis, up)
    angle = torch.atan2(normal.norm(), axis @ up)
    amount = ((_LIFTED - torch.rad2deg(angle)) / (_LIFTED - _LEVELLED)).clamp(0, 1)
    return amount * angle * functional.normalize(normal, dim=0)
