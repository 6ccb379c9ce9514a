"""Shoulders rise with arms that are raised: of a turn of the arm the clavicle bears a part."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from bodydouble.body import BodyModel
from bodydouble.person.landmarks import side_point

# Degrees from hanging down from which the clavicle goes with the arm, its share of what lies beyond, and its end: with
# an arm straight up it stands by 30 degrees higher than at rest (textbooks on the shoulder's rhythm).
_FROM, _SHARE, _MOST = 50.0, 0.25, 30.0


def raised_clavicles(observed: Tensor, body: BodyModel) -> Tensor:
    """J×3, axis-angle, radians: clavicles as high as the arms ask for; 0 for all other joints.

    Args:
        observed: 33×3, the detector's landmarks in metres, y up; NaN where unknown.
    """
    joints = torch.zeros(len(body.joint_names), 3)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        hip, shoulder, elbow = (observed[side_point(side, name)] for name in ("hip", "shoulder", "elbow"))
        if not bool(torch.isfinite(hip + shoulder + elbow).all()):
            continue
        cosine = float(cosine_similarity(hip - shoulder, elbow - shoulder, dim=0).clamp(-1, 1))
        rise = min(max(_SHARE * (math.degrees(math.acos(cosine)) - _FROM), 0.0), _MOST)
        joints[body.roles[f"{side}_clavicle"], 2] = sign * math.radians(rise)
    return joints
