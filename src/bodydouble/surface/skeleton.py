"""Surfaces on the skeleton: the body as a surface, chain joints that follow, and what is not a surface.

All surfaces hang on the body's joints; each may have joints of its own (`Chains`), which the springs of
`motion.springs` move. Here they follow the joint that they hang on.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import blend_skin, dress_rest, joint_transforms
from bodydouble.errors import InputError
from bodydouble.values import (
    BodyFit,
    Chains,
    Colliders,
    Mesh,
    Pose,
    PosedSurface,
    RestBody,
    Surface,
    SurfaceKind,
    Texture,
)

_WEIGHT_ERROR = 1e-3  # by which skin weights may miss the sum of 1, for files that round them


def body_surface(fit: BodyFit, body: BodyModel, texture: Texture) -> Surface:
    """The clothed body: surface 0 of every double."""
    rest = dress_rest(fit, body)
    return Surface(
        name="body",
        kind=SurfaceKind.BODY,
        vertices=rest.vertices,
        faces=body.faces,
        layout=body.layout,
        texture=texture,
        skin_weights=rest.skin_weights,
        blendshapes=rest.expressions,
    )


def rest_mesh(surface: Surface) -> Mesh:
    """The surface as it is at rest."""
    return Mesh(vertices=surface.vertices, faces=surface.faces)


def chain_transforms(
    chains: Chains,
    rest_joints: Tensor,
    rotations: Tensor,
    positions: Tensor,
    turns: Mapping[int, Tensor] = MappingProxyType({}),
) -> tuple[Tensor, Tensor]:
    """(…, K, 3, 3) and (…, K, 3): chain joints that move as if part of the joints they hang on, but for their turns.

    Args:
        rest_joints: J×3, metres, the body's joints at rest.
        rotations, positions: (…, J, 3, 3) and (…, J, 3), of the body's joints.
        turns: (…, 3, 3), from its parent, of each chain joint that turns by itself.
    """
    joints = torch.cat([rest_joints, chains.positions.to(rest_joints)])
    count = len(rest_joints)
    turned, placed = list(rotations.unbind(-3)), list(positions.unbind(-2))
    for number, parent in enumerate(chains.parents.tolist()):
        offset = joints[count + number] - joints[parent]
        placed.append(placed[parent] + turned[parent] @ offset)
        turned.append(turned[parent] @ turns[number] if number in turns else turned[parent])
    return torch.stack(turned[count:], -3), torch.stack(placed[count:], -2)


def pose_surface(
    surface: Surface, rest: RestBody, pose: Pose, swung: tuple[Tensor, Tensor] | None = None
) -> PosedSurface:
    """A surface that hangs off the body, in a pose of the body.

    Args:
        rest: the body at rest, for its joints.
        swung: K×3×3 rotations and K×3 positions of the surface's own joints in the world; None: they follow.
    """
    rotations, positions = joint_transforms(rest, pose)
    joints = rest.joints
    if surface.chains is not None:
        own = swung or chain_transforms(surface.chains, rest.joints, rotations, positions)
        joints = torch.cat([joints, surface.chains.positions])
        rotations, positions = torch.cat([rotations, own[0]]), torch.cat([positions, own[1]])
    vertices = surface.vertices
    if surface.blendshapes is not None:
        vertices = vertices + torch.einsum("e,evc->vc", pose.expression, surface.blendshapes)
    posed = blend_skin(vertices, surface.skin_weights, joints, rotations, positions)
    return PosedSurface(mesh=Mesh(vertices=posed, faces=surface.faces), layout=surface.layout, texture=surface.texture)


def check_surfaces(surfaces: tuple[Surface, ...], joint_count: int, expression_count: int) -> None:
    """Refuse surfaces that cannot hang on a body of so many joints and expressions.

    Raises:
        InputError: says which surface it is, and what is wrong with it.
    """
    names = [surface.name for surface in surfaces] + [
        name for surface in surfaces if surface.chains for name in surface.chains.names
    ]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"two surfaces or chain joints are called {name!r}; give each a name of its own")
    for surface in surfaces:
        if problem := _problem(surface, joint_count, expression_count):
            raise InputError(f"the surface {surface.name!r} {problem}")


def _problem(surface: Surface, joint_count: int, expression_count: int) -> str:
    """What is wrong with a surface, or ""."""
    chains, vertex_count = surface.chains, len(surface.vertices)
    if len(surface.faces) == 0:
        return "has no faces; leave it out"
    if int(surface.faces.min()) < 0 or int(surface.faces.max()) >= vertex_count:
        return f"has a face with a vertex that is not there; it has {vertex_count} vertices"
    layout = surface.layout
    if len(layout.faces) != len(surface.faces) or not 0 <= int(layout.faces.min()) <= int(layout.faces.max()) < len(
        layout.uv
    ):
        return "has a texture layout that is not that of its faces"
    count = joint_count + (0 if chains is None else len(chains.names))
    if surface.skin_weights.shape != (vertex_count, count):
        rows, columns = surface.skin_weights.shape
        return f"has skin weights of {rows} vertices and {columns} joints, expected {vertex_count} and {count}"
    if bool((surface.skin_weights < 0).any()) or bool(((surface.skin_weights.sum(1) - 1).abs() > _WEIGHT_ERROR).any()):
        return "has skin weights that do not sum to 1, or below 0"
    shapes = surface.blendshapes
    if shapes is not None and shapes.shape != (expression_count, vertex_count, 3):
        return f"has {len(shapes)} blendshapes, expected the body's {expression_count} of {vertex_count} vertices"
    problem = "" if surface.colliders is None else _collider_problem(surface.colliders, joint_count)
    return problem or ("" if chains is None else _chain_problem(chains, joint_count))


def _chain_problem(chains: Chains, joint_count: int) -> str:
    count = len(chains.names)
    table = (chains.parents, chains.positions, chains.stiffness, chains.gravity, chains.drag, chains.radius)
    if any(len(column) != count for column in table) or count == 0:
        return f"has chains whose {count} joints are not all described"
    for number, parent in enumerate(chains.parents.tolist()):
        if not 0 <= parent < joint_count + number:
            return f"has a chain joint without a parent: {chains.names[number]!r} hangs on joint {parent}"
        if parent >= joint_count and torch.equal(chains.positions[number], chains.positions[parent - joint_count]):
            return f"has a bone without length: {chains.names[number]!r} lies where the joint is that it hangs on"
    if not all(bool(torch.isfinite(column.float()).all()) for column in table):
        return "has chains with a number that is not finite"
    if float(chains.drag.min()) < 0 or float(chains.drag.max()) > 1:
        return "has a drag outside [0, 1]"
    if chains.hinges is not None and (len(chains.hinges) != count or not bool((chains.hinges.norm(dim=1) > 0.5).all())):
        return "has hinges that are no axes of its chain joints"
    if min(float(column.min()) for column in (chains.stiffness, chains.gravity, chains.radius)) < 0:
        return "has a stiffness, gravity or radius below 0"
    return ""


def _collider_problem(colliders: Colliders, joint_count: int) -> str:
    count = len(colliders.joints)
    if any(len(column) != count for column in (colliders.heads, colliders.tails, colliders.radii)) or count == 0:
        return f"has {count} colliders that are not all described"
    if int(colliders.joints.min()) < 0 or int(colliders.joints.max()) >= joint_count:
        return f"has a collider on a joint that is none of the body's {joint_count}"
    partners = colliders.partners
    if partners is not None and (len(partners) != count or int(partners.min()) < 0 or int(partners.max()) >= count):
        return f"has a collider whose partner is none of its {count}"
    sizes = (colliders.heads, colliders.tails, colliders.radii)
    if float(colliders.radii.min()) <= 0 or not all(bool(torch.isfinite(column).all()) for column in sizes):
        return "has a collider without a size"
    return ""
