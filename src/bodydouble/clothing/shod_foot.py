"""Feet inside of the shoes that are surfaces of their own: nothing of them looks out but above the opening."""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import subtree_weight
from bodydouble.clothing.footwear import FootFrame, foot_frame
from bodydouble.clothing.hang import submesh, tuck_in
from bodydouble.clothing.shoe_form import COLUMNS, UPPER_ROWS, count_upper_rows, toe_spring
from bodydouble.person.landmarks import SIDES
from bodydouble.values import RestBody, Surface

_FOOT = 0.02  # skin weight from which a vertex may lie in a shoe
_BELOW_OPENING_M = 0.003  # from there down it does
_ROUNDS = 3  # of tucking: toes lie in corners
_OUTWARDS_M = 0.002  # by which tucking may move to a side: where a shaft meets the upper, normals point anywhere
_BEHIND_THROAT_M, _HIDDEN = 0.015, 0.4  # from there on a foot has that share of its thickness


def tuck_feet(vertices: Tensor, standing: Tensor, rest: RestBody, shoes: Surface, body: BodyModel) -> Tensor:
    """V×3: body vertices at rest, with the feet inside of the shoes; what no opening shows is thin.

    Args:
        standing: V×3, metres, the bare body, its feet as heels tilt them: what an outline says of shoes shapes no foot.
    """
    count, row = len(shoes.vertices) // 2, torch.arange(len(shoes.vertices))
    rows = count_upper_rows(len(shoes.vertices))
    no_rim = torch.zeros((rows + 1) * COLUMNS, dtype=torch.bool)
    for number, side in enumerate(SIDES):
        chosen, frame = (row // count == number) & (row % count < len(no_rim)), foot_frame(rest, body, side)
        sheet = submesh(shoes.vertices, shoes.faces, chosen)
        opening, foot = sheet.vertices[:COLUMNS], frame.weight > _FOOT
        nearest = torch.cdist(standing[:, [0, 2]], opening[:, [0, 2]]).argmin(1)
        in_shaft = subtree_weight(rest, body.roles[f"{side}_knee"]) > 0.5 if rows > UPPER_ROWS else foot
        throat = float((opening[:, [0, 2]] @ frame.forward).max()) - frame.heel
        below = foot & (standing[:, 1] < opening[nearest, 1] - _BELOW_OPENING_M)
        vertices = torch.where(below[:, None], torch.lerp(vertices, standing, frame.weight[:, None]), vertices)
        vertices[frame.inside, 1] += toe_spring(frame.along[frame.inside], frame.length)
        if shoes.texture.alpha is not None:  # whole feet stand on the soles of sandals
            continue
        for _ in range(_ROUNDS):
            nearest = torch.cdist(vertices[:, [0, 2]], opening[:, [0, 2]]).argmin(1)
            covered = (foot | in_shaft) & (vertices[:, 1] < opening[nearest, 1] - _BELOW_OPENING_M)
            tucked = tuck_in(vertices, sheet, covered, no_rim)
            outwards = _off_middle(tucked, frame) > _off_middle(vertices, frame) + _OUTWARDS_M
            vertices = torch.where(outwards[:, None], vertices, tucked)
        hidden = frame.inside & (frame.along > throat + _BEHIND_THROAT_M)
        vertices[hidden] = _thinned(vertices[hidden], frame.forward)
    return vertices


def _off_middle(points: Tensor, frame: FootFrame) -> Tensor:
    """(N,) metres: how far points, N×3, are to either side of a foot's middle."""
    return (frame.measure_across(points) - frame.across[frame.inside].mean()).abs()


def _thinned(points: Tensor, forward: Tensor) -> Tensor:
    """N×3: points of a foot, nearer to the line through their middle that leads forward ((2,), x and z)."""
    if not len(points):
        return points
    middle = points.mean(0)
    line = middle.repeat(len(points), 1)
    line[:, [0, 2]] += ((points - middle)[:, [0, 2]] @ forward)[:, None] * forward
    return torch.lerp(line, points, _HIDDEN)
