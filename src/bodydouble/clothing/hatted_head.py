"""Heads and hair inside of the hats that are surfaces of their own: nothing of them looks out but below the rim."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import subtree_weight
from bodydouble.clothing.hang import submesh, tuck_in
from bodydouble.clothing.hat_surface import COLUMNS, CROWN_STEPS
from bodydouble.surface.regions import anatomy
from bodydouble.values import RestBody, Surface

_ROUNDS = 2  # of tucking the head in
_BELOW_RIM_M = 0.035  # down to where hair is narrow: it comes out beneath a brim, not through it


def tuck_head(vertices: Tensor, rest: RestBody, hat: Surface, body: BodyModel) -> Tensor:
    """V×3: body vertices at rest, with the head inside of the crown of the hat that it wears."""
    scalp = anatomy(body).scalp
    of_head = subtree_weight(rest, body.roles["head"]) > 0.5
    return _tuck_under(vertices, of_head, hat, torch.where(scalp, _BELOW_RIM_M, 0.0))


def tuck_hair(hair: Surface, hat: Surface) -> Surface:
    """Hair at rest, inside of the crown of the hat over it."""
    everywhere = torch.ones(len(hair.vertices), dtype=torch.bool)
    return replace(hair, vertices=_tuck_under(hair.vertices, everywhere, hat, _BELOW_RIM_M * everywhere))


def _tuck_under(vertices: Tensor, chosen: Tensor, hat: Surface, below: Tensor) -> Tensor:
    """N×3: vertices at rest; the chosen ones (N, bool) that lie above a hat's rim are inside of its crown.

    Args:
        below: (N,) metres below the rim down to which they are.
    """
    count = CROWN_STEPS * COLUMNS
    crown = submesh(hat.vertices, hat.faces, torch.arange(len(hat.vertices)) < count)
    no_rim, edge = torch.zeros(count, dtype=torch.bool), hat.vertices[count - COLUMNS : count]
    for _ in range(_ROUNDS):
        nearest = torch.cdist(vertices[:, [0, 2]], edge[:, [0, 2]]).argmin(1)
        vertices = tuck_in(vertices, crown, chosen & (vertices[:, 1] > edge[nearest, 1] - below), no_rim)
    return vertices
