"""The legs as what pushes skirts and coats out: capsules in thighs and calves, no thicker than there is room for."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import joint_transforms, subtree_weight
from bodydouble.person.landmarks import SIDES
from bodydouble.values import Colliders, Pose, RestBody

_SECTIONS = 2  # colliders of a thigh, and of a calf
_THICK = 0.85  # quantile of a limb's vertices that lie within its collider
_THINNEST = 0.5  # of that radius, however near a panel hangs


def leg_colliders(body: BodyModel, rest: RestBody) -> Colliders:
    """Capsules in thighs and calves, as thick as the clothed legs."""
    joints, heads, tails, radii = [], [], [], []
    for side in SIDES:
        for upper, lower in (("hip", "knee"), ("knee", "ankle")):
            joint, end = body.roles[f"{side}_{upper}"], body.roles[f"{side}_{lower}"]
            start, axis = rest.joints[joint], rest.joints[end] - rest.joints[joint]
            limb = subtree_weight(rest, joint) - subtree_weight(rest, end) > 0.5
            points = rest.vertices[limb]
            along = ((points - start) @ axis) / (axis @ axis)
            for section in range(_SECTIONS):
                low, high = section / _SECTIONS, (section + 1) / _SECTIONS
                here = points[(along > low) & (along <= high)]
                centre = (here - start - along[(along > low) & (along <= high), None] * axis).mean(0)
                away = here - start - centre
                away = away - ((away @ axis) / (axis @ axis))[:, None] * axis
                joints.append(joint)
                heads.append(centre + low * axis)
                tails.append(centre + high * axis)
                radii.append(away.norm(dim=1).quantile(_THICK))
    of_leg = torch.arange(len(joints) // 2)
    return Colliders(
        joints=torch.tensor(joints),
        heads=torch.stack(heads),
        tails=torch.stack(tails),
        radii=torch.stack(radii),
        partners=torch.cat([of_leg + len(of_leg), of_leg]),
    )


def clear_of_chains(
    colliders: Colliders, tails: Tensor, joint: int, rest: RestBody, pose: Pose, room: float
) -> tuple[Colliders, Tensor]:
    """The colliders, thin enough to touch no chain as it hangs in a pose, and (N,) how much room each bone has there.

    Args:
        tails: N×3, metres, of the chains' bones at rest.
        joint: of the body, on which they hang.
        room: metres, the most that a bone is given.
    """
    rotations, positions = joint_transforms(rest, pose)
    tails = (tails - rest.joints[joint]) @ rotations[joint].T + positions[joint]
    turn = rotations[colliders.joints]
    starts = positions[colliders.joints] + (turn @ colliders.heads[..., None])[..., 0]
    axes = (turn @ (colliders.tails - colliders.heads)[..., None])[..., 0]
    along = ((tails[:, None] - starts) * axes).sum(-1) / (axes * axes).sum(-1).clamp_min(1e-9)
    nearest = starts + along.clamp(0, 1)[..., None] * axes
    point = nearest
    if colliders.partners is not None:
        across = nearest[:, colliders.partners] - nearest
        between = ((tails[:, None] - nearest) * across).sum(-1) / (across * across).sum(-1).clamp_min(1e-9)
        point = nearest + between.clamp(0, 1)[..., None] * across
    distance = (tails[:, None] - point).norm(dim=-1)
    thinned = torch.minimum(colliders.radii, distance.amin(0)).maximum(_THINNEST * colliders.radii)
    return replace(colliders, radii=thinned), (distance - thinned).amin(1).clamp(0, room)
