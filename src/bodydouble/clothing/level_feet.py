"""Feet that stand, stand flat on the floor: a fit from one photo leaves their soles tilted by 5 to 20 degrees.

The one landmark on the toes lifts big toes by up to 30.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.body.skinning import joint_transforms, joints_from
from bodydouble.clothing.footwear import foot_frame
from bodydouble.geometry.rotation import axis_angle_from_matrix, matrix_from_axis_angle
from bodydouble.person.landmarks import SIDES
from bodydouble.values import BodyFit

# Degrees up to which a sole is levelled, and from which it stays: with its toes down, for the foot behind in a step
# stands on its ball; with them up, which a fit does that did not see the heels of shoes; and rolled to a side, which
# feet that stand never are so far, and those of who sits on the ground may be.
_DOWN, _UP, _ROLL = (25.0, 40.0), (40.0, 60.0), (45.0, 60.0)
_STANDS_M = 0.06  # how much higher than the other foot one may stand
_UPRIGHT = 0.85  # cosine of the pelvis' lean; who leans more does not stand


def level_feet(fit: BodyFit, body: BodyModel) -> BodyFit:
    """The fit with ankles turned such that soles lie level, and straight toes.

    Lifted feet, and who does not stand, stay as they are.
    Where heels tilt the feet at rest, the shoes' soles are level there, and so they are what lies level.
    """
    rest = body.rest(fit.shape)
    rotations, _ = joint_transforms(rest, fit.pose)
    if float(rotations[body.roles["pelvis"]][1, 1]) < _UPRIGHT:
        return fit
    posed, joints = body.pose(rest, fit.pose).vertices, fit.pose.joints.clone()
    lowest = [float(posed[foot_frame(rest, body, side).inside, 1].min()) for side in SIDES]
    for side, height in zip(SIDES, lowest, strict=True):
        if height > min(lowest) + _STANDS_M:
            continue
        ankle = body.roles[f"{side}_ankle"]
        level, pitch_left = _level_sole(rotations[ankle], foot_frame(rest, body, side).forward)
        joints[ankle] = axis_angle_from_matrix(rotations[rest.parents[ankle]].T @ level)
        joints[joints_from(ankle, rest.parents)[1:]] *= pitch_left
    return replace(fit, pose=replace(fit.pose, joints=joints))


def _level_sole(rotation: Tensor, forward: Tensor) -> tuple[Tensor, Tensor]:
    """An ankle's rotation with the sole level, as far as the foot stands.

    Args:
        rotation: 3×3, the ankle's in the world.
        forward: (2,), unit, x and z: where the foot points at rest.

    Returns:
        3×3, of which the foot points where it did, with less pitch and roll, and the share of the pitch that is left.
    """
    (x, z), zero, up = forward, forward.new_zeros(()), torch.tensor([0.0, 1.0, 0.0])
    at_rest = torch.stack([torch.stack([z, zero, -x]), up, torch.stack([x, zero, z])], 1)  # left, up, forward
    left, _, ahead = (rotation @ at_rest).unbind(1)
    pitch = torch.asin(ahead[1].clamp(-1, 1))
    level = functional.normalize(ahead * (1 - up), dim=0)
    across = torch.linalg.cross(up, level)
    roll = torch.atan2(left @ torch.linalg.cross(ahead, across), left @ across)
    pitch_left, roll_left = _share_left(pitch, *(_DOWN if pitch < 0 else _UP)), _share_left(roll, *_ROLL)
    turn = matrix_from_axis_angle(-pitch_left * pitch * across) @ torch.stack([across, up, level], 1)
    return turn @ matrix_from_axis_angle(roll_left * roll * torch.tensor([0.0, 0.0, 1.0])) @ at_rest.T, pitch_left


def _share_left(angle: Tensor, levelled: float, lifted: float) -> Tensor:
    """[0, 1]: the share that is left of a sole's angle, radians: 0 up to the first degrees, 1 from the second on."""
    return ((torch.rad2deg(angle.abs()) - levelled) / (lifted - levelled)).clamp(0, 1)
