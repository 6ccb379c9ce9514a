"""Head, neck, shoulders and trunk as what long hair stays out of: balls and capsules inside the body.

Arms are not among them: a raised one would carry the lock before it along.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import arm_weight, subtree_weight
from bodydouble.person.landmarks import SIDES
from bodydouble.values import Colliders, RestBody

_HEAD = 0.3  # quantile of the distances of a head's vertices from its middle, which lies in the skull
_LIMB = 0.5  # quantile of a limb's vertices that lie within its capsule
_ACROSS = (-0.62, 0.0, 0.62)  # of half the way between the shoulder joints: where capsules stand in the trunk
_SLICE_M = 0.05  # half the width of what tells how deep the trunk is there
_DEPTH = 0.04  # quantile, from either side, of a trunk's depth
_THINNEST_M = 0.03
_SHOULDER_DROP_M = 0.05  # below the shoulder joints the trunk's capsules begin: their ends are round


def trunk_colliders(body: BodyModel, rest: RestBody) -> Colliders:
    """Balls and capsules of the clothed body at rest."""
    shapes = [_head(body, rest), *_trunk(body, rest)]
    head = subtree_weight(rest, body.roles["head"])
    neck = subtree_weight(rest, body.roles["neck"]) - head
    shapes.append(_capsule(rest, neck > 0.5, body.roles["neck"], body.roles["head"]))
    for side in SIDES:
        clavicle, shoulder = body.roles[f"{side}_clavicle"], body.roles[f"{side}_shoulder"]
        limb = subtree_weight(rest, clavicle) - subtree_weight(rest, shoulder)
        shapes.append(_capsule(rest, limb > 0.3, clavicle, shoulder))
    joints, starts, ends, radii = zip(*shapes, strict=True)
    places = rest.joints[list(joints)]
    return Colliders(
        joints=torch.tensor(joints),
        heads=torch.stack(starts) - places,
        tails=torch.stack(ends) - places,
        radii=torch.stack(radii),
    )


_Shape = tuple[int, Tensor, Tensor, Tensor]  # joint, both ends (3,) at rest, radius ()


def _head(body: BodyModel, rest: RestBody) -> _Shape:
    joint = body.roles["head"]
    points = rest.vertices[subtree_weight(rest, joint) > 0.9]
    middle = (points.amin(0) + points.amax(0)) / 2
    return joint, middle, middle, (points - middle).norm(dim=1).quantile(_HEAD)


def _capsule(rest: RestBody, limb: Tensor, joint: int, end: int) -> _Shape:
    """Between two joints, as thick as what of the limb's vertices (V,) lies beside their line."""
    start, axis = rest.joints[joint], rest.joints[end] - rest.joints[joint]
    points = rest.vertices[limb] - start
    along = points @ axis / (axis @ axis)
    beside = points[(along > 0) & (along < 1)]
    if not len(beside):
        return joint, start, rest.joints[end], torch.tensor(_THINNEST_M)
    away = beside - (beside @ axis / (axis @ axis))[:, None] * axis
    return joint, start, rest.joints[end], away.norm(dim=1).quantile(_LIMB).clamp_min(_THINNEST_M)


def _trunk(body: BodyModel, rest: RestBody) -> list[_Shape]:
    """Upright capsules side by side in chest and belly, each as thick as the trunk is deep there."""
    shoulders = rest.joints[[body.roles["left_shoulder"], body.roles["right_shoulder"]]]
    middle, half = shoulders.mean(0), (shoulders[0] - shoulders[1]).norm() / 2
    vertices = rest.vertices[arm_weight(rest, body) < 0.3]
    chest, belly, hips = (body.roles[role] for role in ("spine_3", "spine_1", "pelvis"))
    levels = (float(middle[1]) - _SHOULDER_DROP_M, float(rest.joints[chest, 1]) - 0.1, float(rest.joints[hips, 1]))
    shapes = []
    for joint, high, low in ((chest, levels[0], levels[1]), (belly, levels[1], levels[2])):
        for across in _ACROSS:
            x = float(middle[0] + across * half)
            ends = []
            for height in (high, low):
                near = ((vertices[:, 0] - x).abs() < _SLICE_M) & ((vertices[:, 1] - height).abs() < _SLICE_M)
                depths = vertices[near, 2] if bool(near.any()) else middle[2:]
                back, front = depths.quantile(_DEPTH), depths.quantile(1 - _DEPTH)
                ends.append(
                    (torch.stack([torch.tensor(x), torch.tensor(height), (back + front) / 2]), (front - back) / 2)
                )
            radius = torch.minimum(ends[0][1], ends[1][1]).clamp_min(_THINNEST_M)
            shapes.append((joint, ends[0][0], ends[1][0], radius))
    return shapes
