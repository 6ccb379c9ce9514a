"""All of a double at rest in the T-pose, on the ground, with no joint turned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.export.bake import bake_body, bake_surface
from bodydouble.export.t_pose import t_pose_transforms
from bodydouble.values import RestBody, Surface

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
