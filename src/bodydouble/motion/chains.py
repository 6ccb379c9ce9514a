"""What the chain joints of a double's surfaces do while the body moves."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bodydouble.body.skinning import joint_paths
from bodydouble.motion.springs import swing
from bodydouble.values import Motion, Pose, RestBody, Surface

ChainTransforms = tuple[Tensor, Tensor]  # T×K×3×3 rotations and T×K×3 positions in the world


@torch.no_grad()
def move_chains(surfaces: Sequence[Surface], rest: RestBody, motion: Motion) -> list[ChainTransforms | None]:
    """Of each surface, where its chain joints are in every frame; None where it has none."""
    if all(surface.chains is None for surface in surfaces):
        return [None] * len(surfaces)
    rotations, positions = joint_paths(rest, motion)
    return [
        None
        if surface.chains is None
        else swing(surface.chains, surface.colliders, rest.joints, rotations, positions, motion.frames_per_second)
        for surface in surfaces
    ]


def settle_chains(surfaces: Sequence[Surface], rest: RestBody, pose: Pose) -> list[ChainTransforms | None]:
    """The same for a pose that is held, once all has come to rest; K×3×3 and K×3."""
    still = Motion(
        joints=pose.joints[None],
        root_rotation=pose.root_rotation[None],
        root_translation=pose.root_translation[None],
        frames_per_second=30.0,
        name="still",
    )
    moved = move_chains(surfaces, rest, still)
    return [None if one is None else (one[0][0], one[1][0]) for one in moved]
