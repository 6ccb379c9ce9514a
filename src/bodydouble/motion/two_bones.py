"""Where the two bones of a limb point so that it reaches a place."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.geometry.rotation import matrix_from_axis_angle

STRETCH = 0.999  # of a limb's length, the most it is stretched: a knee does not lock


def reach_with_two_bones(
    reach: Tensor, hinge: Tensor, upper: Tensor, lower: Tensor, stretch: float = STRETCH
) -> tuple[Tensor, Tensor]:
    """Unit directions (…, 3) of the upper and of the lower bone. A place out of reach is pointed at.

    Args:
        reach: (…, 3) from the limb's start to the place.
        hinge: (…, 3) axis about which the middle joint bends, the lower bone turning positively about it.
        upper: (…,) length of the upper bone.
        lower: (…,) length of the lower bone.
        stretch: share of both lengths, the most that the limb is stretched.
    """
    along = normalize(reach, dim=-1)
    hinge = normalize(hinge - (hinge * along).sum(-1, keepdim=True) * along, dim=-1)
    distance = torch.minimum(reach.norm(dim=-1), stretch * (upper + lower)).clamp_min(1e-6)
    at_start = torch.acos(((upper**2 + distance**2 - lower**2) / (2 * upper * distance)).clamp(-1, 1))
    at_end = torch.acos(((lower**2 + distance**2 - upper**2) / (2 * lower * distance)).clamp(-1, 1))
    return _turned(along, hinge, -at_start), _turned(along, hinge, at_end)


def _turned(direction: Tensor, axis: Tensor, angle: Tensor) -> Tensor:
    return (matrix_from_axis_angle(axis * angle[..., None]) @ direction[..., None])[..., 0]
