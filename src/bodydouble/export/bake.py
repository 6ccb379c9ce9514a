"""A double with another rest pose: vertices, joints and all that hangs on them as they are in a pose, no joint turned.

Blending turns narrows a joint: bent once into the new rest pose and once back again, it would be narrow twice. So
vertices are placed by the inverse of what brings them back: in the pose that was the rest pose before, with which they
are seen far more often than in a T-pose, the new double is the old one exactly.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from bodydouble.surface.skeleton import chain_transforms
from bodydouble.values import Chains, Colliders, RestBody, Surface


def bake_body(rest: RestBody, rotations: Tensor, positions: Tensor) -> RestBody:
    """The body at rest in a pose.

    Args:
        rest: on the CPU.
        rotations, positions: J×3×3, from the rest frame, and J×3, metres: the joints in the pose.
    """
    vertices, expressions = _bake_vertices(
        rest.vertices, rest.expressions, rest.skin_weights, rest.joints, rotations, positions
    )
    return replace(rest, vertices=vertices, joints=positions, expressions=expressions)


def bake_surface(
    surface: Surface,
    rest: RestBody,
    rotations: Tensor,
    positions: Tensor,
    settled: tuple[Tensor, Tensor] | None = None,
) -> Surface:
    """A surface that hangs off the body, likewise.

    Args:
        rest: the body before.
        rotations, positions: as above, of the body's joints.
        settled: K×3×3 and K×3, of the surface's chain joints in the pose; None: they go with what they hang on.
    """
    joints, chains = rest.joints, surface.chains
    body_rotations = rotations
    if chains is not None:
        moved = settled or chain_transforms(chains, rest.joints, rotations, positions)
        chains = _bake_chains(chains, *moved)
        joints = torch.cat([joints, surface.chains.positions])  # type: ignore[union-attr]
        rotations, positions = torch.cat([rotations, moved[0]]), torch.cat([positions, moved[1]])
    shapes = surface.vertices.new_zeros(0, *surface.vertices.shape)
    shapes = shapes if surface.blendshapes is None else surface.blendshapes
    vertices, shapes = _bake_vertices(surface.vertices, shapes, surface.skin_weights, joints, rotations, positions)
    colliders = surface.colliders
    return replace(
        surface,
        vertices=vertices,
        blendshapes=None if surface.blendshapes is None else shapes,
        chains=chains,
        colliders=None if colliders is None else _bake_colliders(colliders, body_rotations),
    )


def _bake_vertices(
    vertices: Tensor, shapes: Tensor, skin_weights: Tensor, joints: Tensor, rotations: Tensor, positions: Tensor
) -> tuple[Tensor, Tensor]:
    """Vertices (V, 3) and blendshapes (E, V, 3) that the way back from the pose brings to where they are now."""
    back = rotations.mT
    shift = joints - (back @ positions[..., None])[..., 0]
    blended = skin_weights @ torch.cat([back.flatten(1), shift], 1)
    forward = torch.linalg.inv(blended[:, :9].unflatten(1, (3, 3)).double())
    placed = (forward @ (vertices - blended[:, 9:]).double()[..., None])[..., 0]
    return placed.to(vertices), torch.einsum("vij,evj->evi", forward.to(shapes), shapes)


def _bake_chains(chains: Chains, rotations: Tensor, positions: Tensor) -> Chains:
    hinges = None if chains.hinges is None else (rotations @ chains.hinges[..., None])[..., 0]
    return replace(chains, positions=positions, hinges=hinges)


def _bake_colliders(colliders: Colliders, rotations: Tensor) -> Colliders:
    turn = rotations[colliders.joints]
    heads, tails = ((turn @ ends[..., None])[..., 0] for ends in (colliders.heads, colliders.tails))
    return replace(colliders, heads=heads, tails=tails)
