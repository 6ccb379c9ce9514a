"""Where the joints of a body are while it moves."""

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import joint_transforms
from bodydouble.values import Motion, Pose, RestBody


def pose_of(motion: Motion) -> Pose:
    """All poses of a motion, without expression."""
    return Pose(
        joints=motion.joints,
        root_rotation=motion.root_rotation,
        root_translation=motion.root_translation,
        expression=torch.zeros(len(motion), 0),
    )


def transforms(motion: Motion, rest: RestBody) -> tuple[Tensor, Tensor]:
    """World rotations (T, J, 3, 3) and positions (T, J, 3) of the body's joints, metres."""
    return joint_transforms(rest, pose_of(motion))


def degrees_between(a: Tensor, b: Tensor) -> Tensor:
    """(…,) degrees between rotations (…, 3, 3)."""
    cosine = ((a.mT @ b).diagonal(dim1=-2, dim2=-1).sum(-1) - 1) / 2
    return torch.rad2deg(torch.acos(cosine.clamp(-1, 1)))


def tilt(positions: Tensor, body: BodyModel) -> Tensor:
    """(T,) degrees between the vertical and the line from hips to head, of joints at (T, J, 3)."""
    trunk = positions[:, body.roles["head"]] - positions[:, body.roles["pelvis"]]
    return torch.rad2deg(torch.acos(trunk[:, 1] / trunk.norm(dim=-1)))
