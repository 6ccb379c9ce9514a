"""Skirts, dresses and long coats: where the mask fills the gap between the legs, one tube replaces two legs.

Offsets along the normal cannot bridge that gap without folds, so here vertices move freely: onto the convex hull of
both thighs, and sideways until the two halves meet in the middle.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import subtree_weight
from bodydouble.clothing.drape import onto_hull
from bodydouble.fitting.outline import OutlineErrors
from bodydouble.person.landmarks import SIDES
from bodydouble.raster import Fragments
from bodydouble.values import Clothing, RestBody

_BIN_M = 0.03  # heights are judged in steps of this, in the rest pose
_FILLED = 0.7  # share of a step's outline pixels whose gap the mask must fill
_NARROW_M = 0.12  # below the crotch; a gap this far up may be too narrow to tell
_SHORTEST_M = 0.15  # from the crotch to the hem; less is a wide pair of trousers


def find_hem(errors: OutlineErrors, fragments: Fragments, rest: RestBody, body: BodyModel) -> float | None:
    """Height of a skirt's hem in the rest pose, metres; None where the legs wear no such thing.

    Looks at the outline of each leg where it faces the other one: from the crotch down to the hem, the gap between
    the two must lie inside the mask.
    """
    corners = body.faces[fragments.face[0, errors.y, errors.x]]
    weights = fragments.barycentric[0, errors.y, errors.x][..., None]
    point = (rest.vertices[corners] * weights).sum(1)
    left, right = (subtree_weight(rest, body.roles[f"{side}_hip"])[corners[:, 0]] for side in SIDES)
    crotch = _crotch(rest, body)
    ankle = rest.joints[body.roles["left_ankle"], 1]
    inner = torch.where(left > right, point[:, 0] < rest.joints[body.roles["left_knee"], 0], True)
    inner &= torch.where(right > left, point[:, 0] > rest.joints[body.roles["right_knee"], 0], True)
    inner &= (torch.maximum(left, right) > 0.5) & (point[:, 1] < crotch - 0.02) & (point[:, 1] > ankle)
    steps = ((crotch - point[inner, 1]) / _BIN_M).long()
    filled = errors.met[inner]
    judged = filled | (steps * _BIN_M > _NARROW_M)
    hem, misses = crotch, 0
    for step in range(int(steps.max()) + 1 if len(steps) else 0):
        here = (steps == step) & judged
        if here.sum() < 2:
            continue
        if filled[here].float().mean() < _FILLED:
            misses += 1
            if misses > 1:
                break
        else:
            hem, misses = crotch - (step + 1) * _BIN_M, 0
    return hem if crotch - hem > _SHORTEST_M else None


def skirt(rest: RestBody, body: BodyModel, hem: float) -> Clothing:
    """The tube from the hips down to `hem` (metres, rest pose), with skin weights that both legs share."""
    points = rest.vertices
    hip = float(rest.joints[body.roles["left_hip"], 1])
    legs = subtree_weight(rest, body.roles["left_hip"]) + subtree_weight(rest, body.roles["right_hip"])
    lower = subtree_weight(rest, body.roles["pelvis"]) - subtree_weight(rest, body.roles["spine_1"])
    height = points[:, 1]
    region = (lower > 0.5) & (height < hip + 0.05) & (height > hem)
    closed = _closed_gap(points, legs > 0.5, rest, body, hem)
    moved = points.clone()
    moved[region] = onto_hull(closed[region], closed[region], steepest=0.6)
    moved[region & (closed[:, 0].abs() < 0.008), 0] = 0  # no slit where the halves meet
    fade = ((hip + 0.05 - height) / 0.1).clamp(0, 1) * ((height - hem) / 0.02).clamp(0, 1) * region
    width = points[region, 0].abs().max().clamp_min(1e-3)
    shared = (1 - 0.5 * (moved[:, 0].abs() / width).clamp(0, 1)) * ((height - hem + 0.05) / 0.05).clamp(0, 1)
    down = ((hip + 0.05 - height) / (hip + 0.05 - hem)).clamp(0, 1).sqrt()
    return Clothing(offsets=(moved - points) * fade[:, None], leg_blend=(shared * down * (legs > 0.05)).clamp(0, 1))


def _closed_gap(points: Tensor, legs: Tensor, rest: RestBody, body: BodyModel, hem: float) -> Tensor:
    """Points (V×3) with the inner half of each leg stretched sideways to the middle plane x = 0."""
    steps = ((points[:, 1] - hem) / 0.02).floor().long()
    closed = points.clone()
    for sign, side in ((1.0, "left"), (-1.0, "right")):
        knee, hip = rest.joints[body.roles[f"{side}_knee"]], rest.joints[body.roles[f"{side}_hip"]]
        down = ((hip[1] - points[:, 1]) / (hip[1] - knee[1])).clamp(0, 2)
        axis = sign * (hip[0] + (knee[0] - hip[0]) * down)
        on_side = legs & (sign * points[:, 0] > 0)
        for step in torch.unique(steps[on_side & (steps >= 0)]):
            here = on_side & (steps == step)
            x = sign * points[here, 0]
            inner = x.min()
            stretched = axis[here] * (x - inner) / (axis[here] - inner).clamp_min(0.01)
            closed[here, 0] = sign * torch.where(x < axis[here], stretched, x)
    return closed


def _crotch(rest: RestBody, body: BodyModel) -> float:
    """Height of the lowest point of the body on the middle plane between the legs."""
    hip, knee = (rest.joints[body.roles[f"left_{name}"], 1] for name in ("hip", "knee"))
    middle = (rest.vertices[:, 0].abs() < 0.012) & (rest.vertices[:, 1] < hip) & (rest.vertices[:, 1] > knee)
    return float(rest.vertices[middle, 1].min()) if middle.any() else float(hip) - 0.08
