"""A boot's shaft: rings around the leg, from a level top down to the shoe's opening, which they go on from.

As part of the shoe it has the shoe's material all around. The clothed leg is as wide as the photo's outline, which is
the shaft's there; so the rings lie on it once it is known.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor

from bodydouble.clothing.shoe_form import SHAFT_ROWS
from bodydouble.geometry.smoothstep import smoothstep
from bodydouble.values import Mesh

LEAST_M = 0.015  # above the opening; lower shafts are the shoe's own collar
_OFF_M = 0.004  # how far it stands off the leg, as thick as leather
_END_M = 0.002  # from a leg's ends, where it has no section
_STEPS = 36  # directions around a leg in which a section is measured
_SMOOTH = (1.0, 2.0)  # rings and directions, deviations of its smoothing: boots follow no ankle bone
_MEETS_M = 0.06  # above the opening, over which the shoe's form becomes the leg's
# Of the width at the top, which a shaft has around an ankle at least, for a foot gets in; and of the ankle's own, which
# is enough for that: above a shaft may lie a wide hem.
_FUNNEL, _ROOMY = 0.92, 1.35


def lay_shaft(opening: Tensor, leg: Mesh, top: float) -> Tensor:
    """SHAFT_ROWS×COLUMNS×3, metres, at rest, from the top down; the ring after them is the opening.

    Args:
        opening: COLUMNS×3, the upper end of the shoe that the shaft stands on.
        leg: that leg's part of the body.
        top: y of the shaft's upper end.
    """
    start = opening[:, 1]
    share = torch.linspace(1, 0, SHAFT_ROWS + 1)[:-1, None]
    heights = start + share * (top - start)
    middles, radii = _measure_leg(leg, heights.mean(1))
    centre = (opening.amin(0) + opening.amax(0))[[0, 2]] / 2
    spoke = opening[:, [0, 2]] - centre
    place = torch.atan2(spoke[:, 1], spoke[:, 0]) * _STEPS / (2 * math.pi)
    low = place.floor()
    radius = torch.lerp(radii[:, low.long() % _STEPS], radii[:, (low.long() + 1) % _STEPS], place - low)
    around = middles[:, None] + radius[..., None] * torch.nn.functional.normalize(spoke, dim=1)
    meets = smoothstep(((heights - start) / _MEETS_M).clamp(0, 1))[..., None]
    plan = torch.lerp(opening[:, [0, 2]].expand_as(around), around, meets)
    return torch.stack([plan[..., 0], heights, plan[..., 1]], 2)


def _measure_leg(leg: Mesh, heights: Tensor) -> tuple[Tensor, Tensor]:
    """R×2 and R×_STEPS metres: middles, x and z, of a leg's sections at heights (R,), and how far it reaches around.

    Directions are those of even steps of the angle from x to z.
    """
    edges = torch.cat([leg.faces[:, [0, 1]], leg.faces[:, [1, 2]], leg.faces[:, [2, 0]]])
    start, end = leg.vertices[edges].unbind(1)
    middles, radii = [], []
    for height in heights.clamp(float(leg.vertices[:, 1].min()) + _END_M, float(leg.vertices[:, 1].max()) - _END_M):
        crossing = (start[:, 1] < height) != (end[:, 1] < height)
        low, high = start[crossing], end[crossing]
        share = (height - low[:, 1:2]) / (high - low)[:, 1:2]
        plan = torch.lerp(low, high, share)[:, [0, 2]]
        middle = (plan.amin(0) + plan.amax(0)) / 2
        angle = torch.atan2(plan[:, 1] - middle[1], plan[:, 0] - middle[0]) * _STEPS / (2 * math.pi)
        reach = (plan - middle).norm(dim=1)
        radii.append(np.interp(np.arange(_STEPS), angle.numpy() % _STEPS, reach.numpy(), period=_STEPS))
        middles.append(middle)
    even = gaussian_filter(np.stack(radii) + _OFF_M, _SMOOTH, mode=("nearest", "wrap"))
    widths = even.mean(1)
    even = np.maximum(even, min(_FUNNEL * widths[0], _ROOMY * widths.min()))
    return torch.stack(middles), torch.from_numpy(even).float()


def stack_shaft(rings: Tensor, top: float) -> Tensor:
    """(SHAFT_ROWS + R)×COLUMNS×3: a shoe's rings, metres along, across and up, below a straight tube up to `top`."""
    share = torch.linspace(1, 0, SHAFT_ROWS + 1)[:-1, None]
    tube = rings[:1].repeat(SHAFT_ROWS, 1, 1)
    tube[..., 2] = rings[0, :, 2] + share * (top - rings[0, :, 2])
    return torch.cat([tube, rings])
