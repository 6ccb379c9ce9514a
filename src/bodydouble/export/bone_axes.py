"""Axes of joints as in Mixamo's rig: y along the bone, so that programs can turn joints by numbers of their own.

In a T-pose y points up along the trunk, down along a leg and outwards along an arm; z points to the front, in arms and
hands down, so that a turn about x lowers an arm and bends a finger. Feet and toes have the slope of Mixamo's own.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.body import BodyModel
from bodydouble.export.accessors import to_array
from bodydouble.person.landmarks import SIDES
from bodydouble.values import RestBody

_X, _Y, _Z = torch.eye(3)
# Degrees from straight down to the front, of a foot's and of the toes' y axis: those of TalkingHead's pose "straight",
# in which feet stand flat.
_FOOT_SLOPE, _TOE_SLOPE = 65.0, 97.0
_THUMB = math.radians(45)  # between thumbs and fingers of a T-pose


def bone_axes(body: BodyModel, rest: RestBody) -> np.ndarray:
    """J×3×3 float32: the joints' axes in columns, in the world. What has no role has the axes of what it hangs on.

    Args:
        rest: in a T-pose, facing +z.
    """
    of_role: dict[int, Tensor] = {body.roles["pelvis"]: torch.eye(3)}
    for side in SIDES:
        outward = _X if side == "left" else -_X
        arm = _frame(outward, -_Y)
        of_role |= {body.roles[f"{side}_clavicle"]: arm}
        thumb = _frame(math.cos(_THUMB) * outward + math.sin(_THUMB) * _Z, -_Y)
        of_role |= {body.roles[f"{side}_thumb_{number}"]: thumb for number in (1, 2, 3)}
        of_role[body.roles[f"{side}_hip"]] = _frame(-_Y, _Z)
        for role, slope in (("ankle", _FOOT_SLOPE), ("toe", _TOE_SLOPE)):
            angle = math.radians(slope)
            along = -math.cos(angle) * _Y + math.sin(angle) * _Z
            of_role[body.roles[f"{side}_{role}"]] = _frame(along, math.sin(angle) * _Y + math.cos(angle) * _Z)
    axes: list[Tensor] = []
    for joint, parent in enumerate(rest.parents):
        axes.append(of_role.get(joint, axes[parent] if parent >= 0 else torch.eye(3)))
    return to_array(torch.stack(axes))


def _frame(y: Tensor, z: Tensor) -> Tensor:
    """3×3, the axes in columns."""
    y, z = normalize(y, dim=0), normalize(z, dim=0)
    return torch.stack([torch.linalg.cross(y, z), y, z], 1)
