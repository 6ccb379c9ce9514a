"""Linear blend skinning, shared by all body models."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from bodydouble.geometry.rotation import matrix_from_axis_angle
from bodydouble.values import Clothing, Pose, RestBody


def joint_transforms(rest: RestBody, pose: Pose) -> tuple[Tensor, Tensor]:
    """Forward kinematics.

    Args:
        pose: leading batch dimensions are allowed on all its tensors, the same on each.

    Returns:
        (…, J, 3, 3) rotations and (…, J, 3) positions of the joints in the world, metres.
    """
    local = matrix_from_axis_angle(pose.joints)
    rotations = [matrix_from_axis_angle(pose.root_rotation)]
    positions = [rest.joints[0] + pose.root_translation]
    for joint, parent in enumerate(rest.parents[1:], start=1):
        bone = rest.joints[joint] - rest.joints[parent]
        rotations.append(rotations[parent] @ local[..., joint, :, :])
        positions.append(positions[parent] + rotations[parent] @ bone)
    return torch.stack(rotations, -3), torch.stack(positions, -2)


def skin(rest: RestBody, pose: Pose) -> Tensor:
    """Posed vertices (…, V, 3) in the world: expression first, then every joint's motion blended by skin weight."""
    rotations, positions = joint_transforms(rest, pose)
    shift = positions - (rotations @ rest.joints[..., None])[..., 0]
    blended = rest.skin_weights @ torch.cat([rotations.flatten(-2), shift], -1)
    vertices = rest.vertices + torch.einsum("...e,evc->...vc", pose.expression, rest.expressions)
    rotation, translation = blended[..., :9].unflatten(-1, (3, 3)), blended[..., 9:]
    return (rotation @ vertices[..., None])[..., 0] + translation


def dressed(rest: RestBody, clothing: Clothing, mirror_joints: tuple[int, ...]) -> RestBody:
    """The rest body with clothing: offsets added, and under a skirt the skin weights shared between the two legs."""
    mirrored = rest.skin_weights[:, list(mirror_joints)]
    shared = (rest.skin_weights + mirrored) / 2
    weights = torch.lerp(rest.skin_weights, shared, clothing.leg_blend[:, None])
    return replace(rest, vertices=rest.vertices + clothing.offsets, skin_weights=weights)
