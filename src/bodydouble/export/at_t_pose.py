"""All of a double at rest in the T-pose, on the ground, with no joint turned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import joint_paths, local_rotations
from bodydouble.export.bake import bake_body, bake_surface
from bodydouble.export.t_pose import t_pose_transforms
from bodydouble.geometry.rotation import axis_angle_from_matrix
from bodydouble.values import Motion, RestBody, Surface

_HALF_TURN = torch.diag(torch.tensor([-1.0, 1.0, -1.0]))


def stand_in_t_pose(
    body: BodyModel, rest: RestBody, attached: Sequence[Surface], backwards: bool = False
) -> tuple[RestBody, list[Surface]]:
    """The body and what hangs off it at rest in a T-pose, the lowest vertex at y = 0.

    Args:
        rest, attached: on the CPU.
        backwards: facing -z, as VRM 0.x has it.
    """
    rotations, positions = t_pose_transforms(body, rest)
    if backwards:
        rotations, positions = _HALF_TURN @ rotations, positions @ _HALF_TURN.T
    baked = bake_body(rest, rotations, positions)
    surfaces = [bake_surface(surface, rest, rotations, positions) for surface in attached]
    lowest = min(float(vertices[:, 1].min()) for vertices in (baked.vertices, *(each.vertices for each in surfaces)))
    lift = torch.tensor([0.0, -lowest, 0.0])
    return _lift_body(baked, lift), [_lift_surface(surface, lift) for surface in surfaces]


def _lift_body(rest: RestBody, lift: Tensor) -> RestBody:
    return replace(rest, vertices=rest.vertices + lift, joints=rest.joints + lift)


def _lift_surface(surface: Surface, lift: Tensor) -> Surface:
    chains = surface.chains
    if chains is not None:
        chains = replace(chains, positions=chains.positions + lift)
    return replace(surface, vertices=surface.vertices + lift, chains=chains)


def motion_from_t_pose(motion: Motion, body: BodyModel, rest: RestBody, baked: RestBody) -> Motion:
    """The motion of a body for the same body with a T-pose as its rest pose: joints go where they went.

    Args:
        motion: for `rest`, on the CPU.
        baked: the body that `stand_in_t_pose` made of it; its joints may hang on each other otherwise.
    """
    rotations, positions = joint_paths(rest, motion)
    rotations = rotations @ t_pose_transforms(body, rest)[0].mT
    joints = axis_angle_from_matrix(local_rotations(rotations, baked.parents))
    joints[:, 0] = 0
    return replace(
        motion,
        joints=joints,
        root_rotation=axis_angle_from_matrix(rotations[:, 0]),
        root_translation=positions[:, 0] - baked.joints[0],
    )
