"""What swings on a double as the extension `VRMC_springBone` 1.0, and as 0.x has it.

Strength, gravity, drag and radius are kept as they are: chains follow that extension's algorithm here too. What it
does not know is lost: hinges, so that skirts swing to the sides too, and colliders that carry cloth between the two;
legs are thicker instead.
Version 0.x knows balls alone, and one set of numbers for all chains of a surface.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import subtree_weight
from bodydouble.person.landmarks import SIDES
from bodydouble.values import Chains, Colliders, RestBody, Surface

_BALL_STEP = 1.0  # radii between the balls that stand for a capsule
# Of the way from thinned legs (`clothing.leg_colliders`), for which skirts turn on hinges, to the legs' thickness: at 0
# thighs come through a short skirt in each step, at 1 not even in a stride of 55°, but the skirt stands off at rest.
_THICKENED = 0.6
_THICK = 0.85  # quantile of a leg's vertices that lie within its thickness


def thicken_legs(surface: Surface, body: BodyModel, rest: RestBody) -> Surface:
    """A skirt or coat whose chains meet legs nearly as thick as they are, which push out what hangs free of hinges.

    Args:
        surface: at rest with the clothed body `rest`; without colliders that are partners it stays as it is.
    """
    colliders = surface.colliders
    if colliders is None or colliders.partners is None:
        return surface
    legs = sum(subtree_weight(rest, body.roles[f"{side}_hip"]) for side in SIDES) > 0.5  # which skirts may share
    starts, ends = (rest.joints[colliders.joints] + each for each in (colliders.heads, colliders.tails))
    radii = [
        _leg_radius(rest.vertices[legs], start, end - start, radius)
        for start, end, radius in zip(starts, ends, colliders.radii, strict=True)
    ]
    return replace(
        surface, colliders=replace(colliders, radii=torch.lerp(colliders.radii, torch.stack(radii), _THICKENED))
    )


def _leg_radius(points: Tensor, start: Tensor, axis: Tensor, least: Tensor) -> Tensor:
    """() metres: how thick the leg around a capsule's axis is, of the legs' vertices N×3."""
    along = (points - start) @ axis / (axis @ axis).clamp_min(1e-9)
    same_side = points[:, 0] * (start[0] + axis[0] / 2) > 0
    here = same_side & (along > 0) & (along <= 1)
    if not bool(here.any()):
        return least
    distance = (points[here] - start - along[here, None] * axis).norm(dim=1)
    return distance.quantile(_THICK).maximum(least)


def spring_bones(attached: Sequence[Surface], first_chain_nodes: Sequence[int], body_joints: int) -> dict[str, Any]:
    """The extension of a glTF file; empty where nothing swings.

    Args:
        attached: at rest in the file's pose.
        first_chain_nodes: of each, the node of its first chain joint; body joints are the first nodes.
        body_joints: how many there are.
    """
    colliders: list[dict[str, Any]] = []
    groups: list[dict[str, Any]] = []
    springs: list[dict[str, Any]] = []
    for surface, first in zip(attached, first_chain_nodes, strict=True):
        if surface.chains is None:
            continue
        reference = {}
        if surface.colliders is not None:
            shapes = [_capsule(surface.colliders, number) for number in range(len(surface.colliders.joints))]
            numbers = list(range(len(colliders), len(colliders) + len(shapes)))
            reference = {"colliderGroups": [len(groups)]}
            groups.append({"name": surface.name, "colliders": numbers})
            colliders += shapes
        for path in chain_paths(surface.chains, body_joints):
            joints = [_spring_joint(surface.chains, row, first + row) for row in path]
            springs.append({"name": surface.chains.names[path[0]], "joints": joints, **reference})
    if not springs:
        return {}
    extension: dict[str, Any] = {"specVersion": "1.0", "springs": springs}
    return extension | ({"colliders": colliders, "colliderGroups": groups} if colliders else {})


def spring_bones_0(attached: Sequence[Surface], first_chain_nodes: Sequence[int], body_joints: int) -> dict[str, Any]:
    """The `secondaryAnimation` of a VRM 0.x file."""
    collider_groups: list[dict[str, Any]] = []
    springs: list[dict[str, Any]] = []
    for surface, first in zip(attached, first_chain_nodes, strict=True):
        if surface.chains is None:
            continue
        chains = surface.chains
        ours = [] if surface.colliders is None else _ball_groups(surface.colliders)
        roots = [first + path[0] for path in chain_paths(chains, body_joints)]
        springs.append(
            {
                "comment": surface.name,
                "stiffiness": _mean(chains.stiffness),  # so spelled in the specification
                "gravityPower": _mean(chains.gravity),
                "gravityDir": {"x": 0.0, "y": -1.0, "z": 0.0},
                "dragForce": _mean(chains.drag),
                "center": -1,
                "hitRadius": _mean(chains.radius),
                "bones": roots,
                "colliderGroups": list(range(len(collider_groups), len(collider_groups) + len(ours))),
            }
        )
        collider_groups += ours
    return {"boneGroups": springs, "colliderGroups": collider_groups}


def chain_paths(chains: Chains, body_joints: int) -> list[list[int]]:
    """Rows of the chains' joints from each root, or from where a chain branches off, to the tip.

    Of several joints on one the first goes on; chains of a single joint, which only end others, are left out.
    """
    parents = chains.parents.tolist()
    below: dict[int, list[int]] = {}
    for row, parent in enumerate(parents):
        below.setdefault(parent, []).append(row)
    first = {rows[0] for parent, rows in below.items() if parent >= body_joints}
    paths = []
    for row in range(len(parents)):
        if row in first:
            continue
        path = [row]
        while path[-1] + body_joints in below:
            path.append(below[path[-1] + body_joints][0])
        paths.append(path)
    return [path for path in paths if len(path) > 1]


def _spring_joint(chains: Chains, row: int, node: int) -> dict[str, Any]:
    return {
        "node": node,
        "hitRadius": _number(chains.radius[row]),
        "stiffness": _number(chains.stiffness[row]),
        "gravityPower": _number(chains.gravity[row]),
        "gravityDir": [0.0, -1.0, 0.0],
        "dragForce": _number(chains.drag[row]),
    }


def _capsule(colliders: Colliders, number: int) -> dict[str, Any]:
    head, tail = colliders.heads[number], colliders.tails[number]
    shape = {"offset": _vector(head), "radius": _number(colliders.radii[number])}
    kind = "sphere" if torch.equal(head, tail) else "capsule"
    ends = {} if kind == "sphere" else {"tail": _vector(tail)}
    return {"node": int(colliders.joints[number]), "shape": {kind: shape | ends}}


def _ball_groups(colliders: Colliders) -> list[dict[str, Any]]:
    """One group for each collider. Offsets are left-handed in 0.x: z points the other way."""
    groups = []
    for joint, head, tail, radius in zip(
        colliders.joints.tolist(), colliders.heads, colliders.tails, colliders.radii.tolist(), strict=True
    ):
        count = 1 + math.ceil(float((tail - head).norm()) / (_BALL_STEP * radius))
        centres = torch.lerp(head, tail, torch.linspace(0, 1, count)[:, None])
        balls = [{"offset": xyz(centre * torch.tensor([1, 1, -1])), "radius": round(radius, 6)} for centre in centres]
        groups.append({"node": joint, "colliders": balls})
    return groups


def xyz(vector: Tensor) -> dict[str, float]:
    """A vector (3,) as 0.x writes it."""
    return dict(zip("xyz", _vector(vector), strict=True))


def _vector(vector: Tensor) -> list[float]:
    return [round(value, 6) for value in vector.tolist()]


def _number(value: Tensor) -> float:
    return round(float(value), 6)


def _mean(values: Tensor) -> float:
    return _number(values.double().mean())
