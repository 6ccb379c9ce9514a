"""A limb or the trunk unrolled: how far down it a point lies, and how far around it.

Around means along the skin, not by angle: a trunk is wider than deep, and what is unrolled by angle is drawn out at
its flanks.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.ndimage import gaussian_filter, map_coordinates
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.body import BodyModel
from bodydouble.surface.regions import LIMBS, anatomy
from bodydouble.values import RestBody

TRUNK = 0  # number of the trunk; those of `LIMBS` begin at 1
_BETWEEN = {1: ("shoulder", "elbow"), 2: ("shoulder", "elbow"), 3: ("hip", "knee"), 4: ("hip", "knee")}  # joints
_ROW_M = 0.03  # height of the bands in which a limb's girth is measured
_ANGLES = 24  # directions in which it is
_SMOOTH = (1.0, 0.7)  # of a limb's profile, in bands and directions


def unroll_vertices(body: BodyModel, rest: RestBody, limb: int) -> tuple[Tensor, Tensor, float]:
    """Where every vertex lies on the trunk or on a limb, as if all belonged to it.

    Args:
        limb: `TRUNK`, or 1 + a row of `LIMBS`.

    Returns:
        (V,), metres down from the first joint (the neck of the trunk); V×2, the cosine and sine of its way around,
        from straight ahead towards the body's left, in which equal angles are equal lengths of skin; and metres once
        around, on average.
    """
    down, circle, radius = _cylinder(body, rest, limb)
    angle = torch.atan2(circle[:, 0], circle[:, 1]).numpy()
    lengths, first = _profile(down, angle, radius, _on_limb(body, limb))
    around = np.concatenate([np.zeros((len(lengths), 1)), lengths.cumsum(1)], 1)
    girth = around[:, -1:]
    row = (down.numpy() - first) / _ROW_M - 0.5
    column = (angle / (2 * np.pi) + 0.5) * _ANGLES
    turn = map_coordinates(around / girth, (row, column), order=1, mode="nearest")
    turned = torch.from_numpy(turn * 2 * np.pi - np.pi).float()
    return down, torch.stack([turned.cos(), turned.sin()], 1), float(girth.mean())


def _cylinder(body: BodyModel, rest: RestBody, limb: int) -> tuple[Tensor, Tensor, Tensor]:
    """(V,) metres down a straight axis, V×2 sine and cosine of the angle around the limb, (V,) metres from its middle.

    Its middle is the axis bent to elbow or knee: arms at rest are bent so far that a straight one would leave them.
    """
    if limb == TRUNK:
        start, direction = rest.joints[body.roles["neck"]], torch.tensor([0.0, -1.0, 0.0])
        start = torch.stack([start[0], start[1], rest.joints[body.roles["pelvis"]][2]])
    else:
        first, last = (rest.joints[body.roles[name]] for name in LIMBS[limb - 1])
        start, direction = first, normalize(last - first, dim=0)
    ahead = torch.tensor([0.0, 0.0, 1.0])
    front = normalize(ahead - (ahead @ direction) * direction, dim=0)
    left = torch.linalg.cross(front, direction)
    offset = rest.vertices - start
    down = offset @ direction
    aside = offset - down[:, None] * direction
    if limb != TRUNK:
        aside = aside - _bend_axis(body, rest, limb, down)
    radius = aside.norm(dim=1)
    return down, torch.stack([aside @ left, aside @ front], 1) / radius.clamp_min(1e-6)[:, None], radius


def _bend_axis(body: BodyModel, rest: RestBody, limb: int, down: Tensor) -> Tensor:
    """V×3 metres from the straight axis to the limb's middle, so many metres down, (V,)."""
    first, last = LIMBS[limb - 1]
    names = first, first.replace(*_BETWEEN[limb]), last
    start, bent, end = (rest.joints[body.roles[name]] for name in names)
    length = (end - start).norm()
    direction = (end - start) / length
    turn = (bent - start) @ direction
    reached = torch.minimum(down / turn, (length - down) / (length - turn)).clamp(0, 1)
    return reached[:, None] * (bent - start - turn * direction)


def _on_limb(body: BodyModel, limb: int) -> Tensor:
    """(V,), bool: vertices that move with the limb, or with the trunk."""
    moves = anatomy(body).limb_share
    return moves.sum(1) < 0.5 if limb == TRUNK else moves[:, limb - 1] > 0.5


def _profile(down: Tensor, angle: np.ndarray, radius: Tensor, chosen: Tensor) -> tuple[np.ndarray, float]:
    """R×A metres of skin in every band and direction, from -π on; and where the first band begins, metres down."""
    chosen_down, chosen_angle = down[chosen].numpy(), angle[chosen.numpy()]
    first = float(chosen_down.min())
    rows = max(2, int((chosen_down.max() - first) / _ROW_M) + 1)
    spans = ((first, first + _ROW_M * rows), (-np.pi, np.pi))
    count, total = (
        np.histogram2d(chosen_down, chosen_angle, bins=(rows, _ANGLES), range=spans, weights=weights)[0]
        for weights in (None, radius[chosen].numpy())
    )
    # Where no vertex lies, the profile is that of the bands and directions around it.
    few = 1e-3 * count.mean()
    weight, summed = (gaussian_filter(image, _SMOOTH, mode=("nearest", "wrap")) for image in (count, total))
    profile = (summed + few * total.sum() / count.sum()) / (weight + few)
    step = 2 * np.pi / _ANGLES
    slope = (np.roll(profile, -1, 1) - np.roll(profile, 1, 1)) / (2 * step)
    return np.hypot(profile, slope) * step, first
