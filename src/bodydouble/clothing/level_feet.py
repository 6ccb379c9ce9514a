"""Feet that stand, stand flat on the floor: a fit from one photo leaves their soles tilted by 5 to 20 degrees.

The one landmark on the toes lifts big toes by up to 30.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.body.skinning import joint_transforms, joints_from
from bodydouble.clothing.footwear import SIDES, foot_frame
from bodydouble.geometry.rotation import axis_angle_from_matrix, matrix_from_axis_angle
from bodydouble.values import BodyFit

_LEVELLED, _LIFTED = 25.0, 40.0  # degrees: soles tilted less are levelled, those tilted more are of a foot that steps
_STANDS_M = 0.06  # how much higher than the other foot one may stand
_UPRIGHT = 0.85  # cosine of the pelvis' lean; who leans more does not stand


def level_feet(fit: BodyFit, body: BodyModel) -> BodyFit:
    """The fit with ankles turned such that soles lie level, and straight toes.

    Lifted feet, and who does not stand, stay as they are.
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
        if height > min(lowest) + _STANDS_M:
            continue
        normal = torch.linalg.cross(rotations[ankle] @ up, up)
        angle = torch.atan2(normal.norm(), (rotations[ankle] @ up) @ up)
        amount = ((_LIFTED - torch.rad2deg(angle)) / (_LIFTED - _LEVELLED)).clamp(0, 1)
        turn = matrix_from_axis_angle(amount * angle * functional.normalize(normal, dim=0))
        joints[ankle] = axis_angle_from_matrix(rotations[rest.parents[ankle]].T @ turn @ rotations[ankle])
        joints[joints_from(ankle, rest.parents)[1:]] *= 1 - amount
    return replace(fit, pose=replace(fit.pose, joints=joints))
