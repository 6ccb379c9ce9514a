"""Linear blend skinning, shared by all body models."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.geometry.rotation import matrix_from_axis_angle
from bodydouble.values import BodyFit, Clothing, Mesh, Motion, Pose, RestBody


def joint_transforms(rest: RestBody, pose: Pose) -> tuple[Tensor, Tensor]:
    """Forward kinematics.

    Args:
        pose: leading batch dimensions are allowed on all its tensors, the same on each.

    Returns:
        (…, J, 3, 3) rotations and (…, J, 3) positions of the joints in the world, metres.
    """
    local = matrix_from_axis_angle(pose.joints)
    bones = rest.joints - rest.joints[[max(parent, 0) for parent in rest.parents]]
    levels, order = _levels(rest.parents)
    rotations = [matrix_from_axis_angle(pose.root_rotation)[..., None, :, :]]
    positions = [(rest.joints[0] + pose.root_translation)[..., None, :]]
    for joints, rows in levels:  # all joints of one depth at once; `rows` are their parents within the level above
        above, place = rotations[-1][..., rows, :, :], positions[-1][..., rows, :]
        rotations.append(above @ local[..., joints, :, :])
        positions.append(place + (above @ bones[joints][..., None])[..., 0])
    return torch.cat(rotations, -3)[..., order, :, :], torch.cat(positions, -2)[..., order, :]


def joint_paths(rest: RestBody, motion: Motion) -> tuple[Tensor, Tensor]:
    """The same in every frame of a motion: T×J×3×3 and T×J×3."""
    return joint_transforms(rest, motion.pose(slice(None), motion.joints.new_zeros(len(rest.expressions))))


def local_rotations(world: Tensor, parents: tuple[int, ...]) -> Tensor:
    """(…, J, 3, 3): the joints' rotations in the world, told from their parents' (the root's from the world's)."""
    local = world.clone()
    local[..., 1:, :, :] = world[..., list(parents[1:]), :, :].mT @ world[..., 1:, :, :]
    return local


@functools.cache
def _levels(parents: tuple[int, ...]) -> tuple[list[tuple[Tensor, Tensor]], Tensor]:
    """Joints by depth below the root, each with its parent's row in the level above; and the way back."""
    depth = [0] * len(parents)
    for joint, parent in enumerate(parents[1:], start=1):
        depth[joint] = depth[parent] + 1
    members = [[joint for joint, d in enumerate(depth) if d == level] for level in range(max(depth) + 1)]
    levels = [
        (torch.tensor(below), torch.tensor([above.index(parents[joint]) for joint in below]))
        for above, below in itertools.pairwise(members)
    ]
    return levels, torch.argsort(torch.tensor([joint for level in members for joint in level]))


def select_vertices(rest: RestBody, rows: Tensor) -> RestBody:
    """A body of some vertices alone, (N,) int64, and all joints."""
    return replace(
        rest,
        vertices=rest.vertices.index_select(0, rows),
        skin_weights=rest.skin_weights.index_select(0, rows),
        expressions=rest.expressions.index_select(1, rows),
    )


def skin(rest: RestBody, pose: Pose) -> Tensor:
    """Posed vertices (…, V, 3) in the world: expression first, then every joint's motion blended by skin weight."""
    rotations, positions = joint_transforms(rest, pose)
    vertices = rest.vertices + torch.einsum("...e,evc->...vc", pose.expression, rest.expressions)
    return blend_skin(vertices, rest.skin_weights, rest.joints, rotations, positions)


def blend_skin(vertices: Tensor, skin_weights: Tensor, joints: Tensor, rotations: Tensor, positions: Tensor) -> Tensor:
    """(…, V, 3): vertices (…, V, 3) moved by their joints.

    Args:
        skin_weights: V×J.
        joints: J×3, where they stand at rest.
        rotations, positions: (…, J, 3, 3) and (…, J, 3), as `joint_transforms` returns them.
    """
    shift = positions - (rotations @ joints[..., None])[..., 0]
    blended = skin_weights @ torch.cat([rotations.flatten(-2), shift], -1)
    rotation, translation = blended[..., :9].unflatten(-1, (3, 3)), blended[..., 9:]
    return (rotation @ vertices[..., None])[..., 0] + translation


def apply_clothing(rest: RestBody, clothing: Clothing, mirror_joints: tuple[int, ...]) -> RestBody:
    """The rest body with clothing: offsets added, and under a skirt the skin weights shared between the two legs."""
    mirrored = rest.skin_weights[:, list(mirror_joints)]
    shared = (rest.skin_weights + mirrored) / 2
    weights = torch.lerp(rest.skin_weights, shared, clothing.leg_blend[:, None])
    return replace(rest, vertices=rest.vertices + clothing.offsets, skin_weights=weights)


def dress_rest(fit: BodyFit, body: BodyModel) -> RestBody:
    """The fit's clothed body in its rest pose."""
    return apply_clothing(body.rest(fit.shape), fit.clothing, body.mirror_joints)


def pose_fit(fit: BodyFit, body: BodyModel) -> Mesh:
    """The fit's clothed body as it stands in the photo."""
    return body.pose(dress_rest(fit, body), fit.pose)


def arm_weight(rest: RestBody, body: BodyModel) -> Tensor:
    """(V,) in [0, 1]: how much of each vertex the arms move, from the shoulder joints on."""
    return subtree_weight(rest, body.roles["left_shoulder"]) + subtree_weight(rest, body.roles["right_shoulder"])


def subtree_weight(rest: RestBody, joint: int) -> Tensor:
    """(V,) in [0, 1]: how much of each vertex the joint and all joints below it move."""
    return rest.skin_weights.index_select(1, torch.tensor(joints_from(joint, rest.parents))).sum(1)


def joints_from(joint: int, parents: Sequence[int]) -> list[int]:
    """A joint and all below it, parents first.

    Args:
        parents: of each joint, which come before their children.
    """
    below = [joint]
    for child, parent in enumerate(parents):
        if parent in below:
            below.append(child)
    return below
