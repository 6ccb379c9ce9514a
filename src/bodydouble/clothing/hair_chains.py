"""Long hair that swings: chains down what falls below the chin, kept off the head and the trunk.

Above the chin hair follows the head. From there down it hangs on chains in the middle of the neck: it goes half of the
way with a head that turns, as hair does that lies on a back. At rest nothing pulls, and it hangs as the photo has it.
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.clothing.leg_colliders import clear_of_chains
from bodydouble.clothing.trunk_colliders import trunk_colliders
from bodydouble.values import Chains, Colliders, Pose, RestBody, Surface

CHIN_M = 0.03  # from the head joint down to the chin
_AROUND = 12  # chains, where hair falls all around
_BONE_M = 0.09  # usual length of a bone
_MOST_BONES = 5
_SHORTEST_M = 0.06  # of a chain
_STIFFNESS = 0.9  # m/s; at 0.5 hair flies level in a quick turn
_DRAG = 0.5  # of the speed, in a step
_ROOM_M = 0.012  # of a bone before a collider
_LEVEL_M = 0.02  # standard deviation of the heights whose middle is a chain's joint
_LEAST = 0.02  # quantile of the heights at which a chain ends


def hair_root(body: BodyModel) -> int:
    """The joint on which the chains hang: in the middle of the neck."""
    path = [body.roles["head"]]
    while path[-1] != body.roles["neck"]:
        path.append(body.parents[path[-1]])
    return path[(len(path) - 1) // 2]


def hang_hair(surface: Surface, body: BodyModel, rest: RestBody, pose: Pose) -> Surface:
    """Hair with chains that take over from the neck what falls below the chin; without such hair as it is.

    Args:
        surface: at rest, bound to the body's joints alone.
        rest: the clothed body.
        pose: in which it hangs as it is, touching nothing.
    """
    root = hair_root(body)
    free = surface.skin_weights[:, root]
    top = float(rest.joints[body.roles["head"], 1]) - CHIN_M
    strands = _find_strands(surface.vertices, free > 0, rest.joints[root], top)
    if not strands:
        return surface
    joints = [_chain_joints(surface.vertices, near, top, low, bones) for near, low, bones in strands.values()]
    parents: list[int] = []
    for positions in joints:
        first = len(rest.parents) + len(parents)
        parents += [root, *range(first, first + len(positions) - 1)]
    counts = [len(positions) for positions in joints]
    colliders, room = _place_colliders(joints, body, rest, pose, root)
    chains = Chains(
        names=tuple(f"{surface.name}_{chain}_{bone}" for chain, count in enumerate(counts) for bone in range(count)),
        parents=torch.tensor(parents),
        positions=torch.cat(joints),
        stiffness=torch.full((len(parents),), _STIFFNESS),
        gravity=torch.zeros(len(parents)),
        drag=torch.full((len(parents),), _DRAG),
        radius=room,
    )
    heights, around = surface.vertices[:, 1], _chain_weights(surface.vertices, rest.joints[root], strands)
    of_chains = torch.cat(
        [
            weight[:, None] * _bone_weights(heights, top, low, bones)
            for weight, (_, low, bones) in zip(around, strands.values(), strict=True)
        ],
        1,
    )
    beneath = surface.skin_weights.clone()
    beneath[:, root] = 0
    return replace(
        surface, skin_weights=torch.cat([beneath, free[:, None] * of_chains], 1), chains=chains, colliders=colliders
    )


def _sectors(vertices: Tensor, middle: Tensor) -> Tensor:
    """(V,) in [0, _AROUND): where around the neck a vertex is, in sectors."""
    around = torch.atan2(vertices[:, 0] - middle[0], vertices[:, 2] - middle[2]) / (2 * math.pi)
    return around.remainder(1.0) * _AROUND


def _gap(sectors: Tensor, sector: int) -> Tensor:
    """(V,) sectors between each vertex and the middle of one."""
    gap = (sectors - sector).abs()
    return torch.minimum(gap, _AROUND - gap)


def _find_strands(vertices: Tensor, free: Tensor, middle: Tensor, top: float) -> dict[int, tuple[Tensor, float, int]]:
    """By sector: (V,) bool, the free vertices in it, the height at which they end, and how many bones they get."""
    sectors, strands = _sectors(vertices, middle), {}
    for sector in range(_AROUND):
        near = free & (_gap(sectors, sector) < 0.75) & (vertices[:, 1] < top)
        if int(near.sum()) < 8:
            continue
        low = float(vertices[near, 1].quantile(_LEAST))
        if top - low > _SHORTEST_M:
            strands[sector] = near, low, max(1, min(_MOST_BONES, round((top - low) / _BONE_M)))
    return strands


def _chain_joints(vertices: Tensor, near: Tensor, top: float, low: float, bones: int) -> Tensor:
    """(bones + 1)×3, metres, from the chin's height down the middle of the strand."""
    points = vertices[near]
    heights = torch.linspace(top, low, bones + 1)
    likeness = torch.softmax(-(((points[:, 1] - heights[:, None]) / _LEVEL_M) ** 2) / 2, 1)
    joints = likeness @ points
    joints[:, 1] = heights
    return joints


def _chain_weights(vertices: Tensor, middle: Tensor, strands: dict[int, tuple[Tensor, float, int]]) -> Tensor:
    """C×V, columns sum to 1: of two neighbouring chains both move a vertex; where there are none, the nearest."""
    sectors = _sectors(vertices, middle)
    gaps = torch.stack([_gap(sectors, sector) for sector in strands])
    weights = (1 - gaps).clamp_min(0)
    nearest = torch.nn.functional.one_hot(gaps.argmin(0), len(gaps)).T.to(weights)
    total = weights.sum(0)
    return torch.where(total > 0, weights / total.clamp_min(1e-9), nearest)


def _bone_weights(heights: Tensor, top: float, low: float, bones: int) -> Tensor:
    """V×(bones + 1): of two bones around a height, by how near their middles are; the joint at the tip has none."""
    place = ((top - heights) / (top - low) * bones - 0.5).clamp(0, bones - 1)
    return (1 - (place[:, None] - torch.arange(bones + 1)).abs()).clamp_min(0) * (torch.arange(bones + 1) < bones)


def _place_colliders(
    joints: list[Tensor], body: BodyModel, rest: RestBody, pose: Pose, root: int
) -> tuple[Colliders, Tensor]:
    """Head and trunk, thin enough to touch no hair in the pose; and (K,) metres, the room of each joint's bone."""
    tails = torch.cat([torch.cat([each[1:], each[-1:]]) for each in joints])
    return clear_of_chains(trunk_colliders(body, rest), tails, root, rest, pose, _ROOM_M)
