"""Where a point lies along a limb or the trunk, and how far around it."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.body import BodyModel
from bodydouble.raster.shade import interpolate
from bodydouble.surface.regions import LIMBS, Anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import RestBody


class Around(NamedTuple):
    """Of every texel of a size×size texture."""

    limb: Tensor  # S×S, int64: 0 the trunk, then `LIMBS` from 1
    along: Tensor  # S×S, metres: up the trunk, down a limb from its first joint
    angle: Tensor  # S×S, radians in [-π, π]: 0 where the body faces forward, positive to its left on trunk and legs


def texels_around(body: BodyModel, rest: RestBody, anatomy: Anatomy, size: int) -> Around:
    """Where every texel lies on its limb, or on the trunk, at rest."""
    values = _vertices_around(body, rest)
    share = torch.cat([1 - anatomy.limb_share.sum(1, keepdim=True), anatomy.limb_share], 1)
    texels = texel_map(body.layout, size)
    drawn = interpolate(texels, body.faces, torch.cat([values.flatten(1), share], 1))[0]
    limb = drawn[values[0].numel() :].argmax(0)
    rows = drawn[: values[0].numel()].view(len(LIMBS) + 1, 3, size, size)
    along, sine, cosine = rows.gather(0, limb.expand(1, 3, -1, -1))[0]
    return Around(limb=limb, along=along, angle=torch.atan2(sine, cosine))


def _vertices_around(body: BodyModel, rest: RestBody) -> Tensor:
    """V×(1 + limbs)×3: along, and sine and cosine of the angle, as seen from the trunk and from each limb."""
    ahead = torch.tensor([0.0, 0.0, 1.0])
    lines = [(rest.joints[body.roles["pelvis"]], torch.tensor([0.0, 1.0, 0.0]))]
    for first, last in LIMBS:
        start = rest.joints[body.roles[first]]
        lines.append((start, normalize(rest.joints[body.roles[last]] - start, dim=0)))
    columns = []
    for start, direction in lines:
        offset = rest.vertices - start
        along = offset @ direction
        aside = offset - along[:, None] * direction
        front = normalize(ahead - (ahead @ direction) * direction, dim=0)
        left = torch.linalg.cross(direction, front) * (1.0 if direction[1] > 0 else -1.0)
        circle = normalize(torch.stack([aside @ left, aside @ front], 1), dim=1)
        columns.append(torch.cat([along[:, None], circle], 1))
    return torch.stack(columns, 1)
