"""Skirts and coats that swing: chains down their panels, and the legs as colliders that push these out.

Above the hip joints a tube follows the body. From there down its vertices hang on chains of the pelvis, which run along
its columns; between two chains they move like both.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import normalize, one_hot

from bodydouble.body import BodyModel
from bodydouble.clothing.leg_colliders import clear_of_chains, leg_colliders
from bodydouble.clothing.tube import COLUMNS, RINGS
from bodydouble.values import Chains, Colliders, Pose, RestBody, Surface

_AROUND = 16  # chains; on a wide skirt about 9 cm apart, so that no thigh fits between two
_BONE_M = 0.11  # usual length of a bone
_BONES = (2, 6)  # in a chain, least and most
_STIFFNESS = 0.6  # m/s
_DRAG = 0.35  # of the speed, in a step
_SPREAD = 2.0  # chains around which a vertex moves like them
_START_M = 0.05  # above the hip joints, where chains begin
_FREEING = 2.0  # rings below the hip joints over which a tube comes free of the body
_ROOM_M = 0.02  # of a panel before a leg


def free_share(heights: Tensor, hip: float) -> Tensor:
    """(RINGS,) in [0, 1]: how far each ring moves by itself, and not with the body beneath: all from the hips down.

    Args:
        heights: RINGS×COLUMNS, metres, of the tube's vertices.
        hip: height of the hip joints.
    """
    top = _first_ring(heights, hip)
    return ((torch.arange(RINGS) - top) / _FREEING).clamp(0, 1)


def _first_ring(heights: Tensor, hip: float) -> int:
    """At which the chains begin."""
    return int((heights.mean(1) > hip + _START_M).sum().clamp(2, RINGS - 8))


def hang_panels(surface: Surface, body: BodyModel, rest: RestBody, pose: Pose) -> Surface:
    """The tube with chains, which take over from the pelvis what moves by itself, and with the legs as colliders.

    Args:
        surface: a tube at rest, bound to the body's joints alone; what moves by itself, to the pelvis.
        rest: the clothed body.
        pose: in which it hangs as it is, touching no leg.
    """
    rings = surface.vertices.view(RINGS, COLUMNS, 3)
    hip, pelvis = float(rest.joints[body.roles["left_hip"], 1]), body.roles["pelvis"]
    top = _first_ring(rings[..., 1], hip)
    length = float(rings[top:].diff(dim=0).norm(dim=2).sum(0).median())
    bones = max(_BONES[0], min(_BONES[1], round(length / _BONE_M)))
    # Between two rings, so that each ring moves with one bone of a chain: formats have room for four weights.
    levels = torch.linspace(top - 0.5, RINGS - 1, bones + 1).ceil() - 0.5
    columns = (torch.arange(_AROUND) * COLUMNS / _AROUND).round().long()
    number = torch.arange(_AROUND * (bones + 1)).view(_AROUND, bones + 1)
    parents = len(rest.parents) + number - 1
    parents[:, 0] = pelvis
    joints = (rings[levels.floor().long()] + rings[levels.ceil().long()])[:, columns].transpose(0, 1) / 2
    colliders, room = _place_colliders(joints[:, 1:], body, rest, pose)
    chains = Chains(
        names=tuple(f"{surface.name}_{chain}_{bone}" for chain in range(_AROUND) for bone in range(bones + 1)),
        parents=parents.flatten(),
        positions=joints.reshape(-1, 3),
        hinges=_hinges(joints).reshape(-1, 3),
        stiffness=torch.full((number.numel(),), _STIFFNESS),
        gravity=torch.zeros(number.numel()),
        drag=torch.full((number.numel(),), _DRAG),
        radius=torch.cat([room, room[:, -1:]], 1).flatten(),
    )
    free = free_share(rings[..., 1], hip)[:, None].expand(-1, COLUMNS).reshape(-1, 1)
    beneath = surface.skin_weights.clone()
    beneath[:, pelvis] = (beneath[:, pelvis] - free[:, 0]).clamp_min(0)
    weights = torch.cat([beneath, free * _chain_weights(levels)], 1)
    return replace(
        surface,
        skin_weights=weights / weights.sum(1, keepdim=True),
        chains=chains,
        colliders=colliders,
    )


def _place_colliders(tails: Tensor, body: BodyModel, rest: RestBody, pose: Pose) -> tuple[Colliders, Tensor]:
    """The legs' colliders, and A×B metres: how near to them each bone's tail, A×B×3 at rest, may come."""
    legs = leg_colliders(body, rest)
    colliders, room = clear_of_chains(legs, tails.reshape(-1, 3), body.roles["pelvis"], rest, pose, _ROOM_M)
    return colliders, room.view(tails.shape[:2])


def _hinges(joints: Tensor) -> Tensor:
    """A×B×3, unit: level, and along the panel, such that a positive turn lifts it away from the body.

    Args:
        joints: A×B×3, of the chains, in their order around.
    """
    along = (joints.roll(-1, 0) - joints.roll(1, 0)).mean(1, keepdim=True) * torch.tensor([1.0, 0.0, 1.0])
    away = (joints - joints.mean(0)).mean(1, keepdim=True)
    turned = torch.linalg.cross(along, torch.tensor([0.0, -1.0, 0.0]).expand_as(along))
    side = torch.where((turned * away).sum(2, keepdim=True) > 0, 1.0, -1.0)
    return normalize(along * side, dim=2).expand_as(joints)


def _chain_weights(levels: Tensor) -> Tensor:
    """(RINGS·COLUMNS)×K: of the bones around each vertex; joints at the tips of chains have none.

    Args:
        levels: (bones + 1,), between which rings a chain's joints lie.
    """
    bone = (torch.arange(RINGS)[:, None] > levels[1:-1]).sum(1)
    of_bone = one_hot(bone, len(levels)).float()
    gap = (torch.arange(COLUMNS)[:, None] * _AROUND / COLUMNS - torch.arange(_AROUND)).abs()
    of_chain = (_SPREAD - torch.minimum(gap, _AROUND - gap)).clamp_min(0) ** 2
    of_chain = of_chain / of_chain.sum(1, keepdim=True)
    return (of_chain[None, :, :, None] * of_bone[:, None, None]).reshape(RINGS * COLUMNS, -1)
