"""Heads and hair inside of the hats that are surfaces of their own: nothing of them looks out but below the rim."""

from __future__ import annotations

from dataclasses import replace

import torch
from scipy.spatial import cKDTree
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.body.skinning import subtree_weight
from bodydouble.clothing.hat_surface import COLUMNS, CROWN_STEPS
from bodydouble.surface.regions import anatomy
from bodydouble.values import RestBody, Surface

_INSIDE_M = 0.012  # how far inside of the crown the head stays: faces between its vertices are flat
_MIDDLE = 0.3  # of the way from the rim's middle to the crown's top, from where a head in a hat is seen all around
_NEIGHBOURS, _NEAR = 6, 0.05  # of the crown's points that tell its reach in a direction, and how near they are to it
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

    They come towards a point in it until they are: whatever the crown's form, seen from there none stands out of it.

    Args:
        below: (N,) metres below the rim down to which they are.
    """
    crown = hat.vertices[: CROWN_STEPS * COLUMNS].view(CROWN_STEPS, COLUMNS, 3)
    edge = crown[-1]
    nearest = torch.cdist(vertices[:, [0, 2]], edge[:, [0, 2]]).argmin(1)
    rows = (chosen & (vertices[:, 1] > edge[nearest, 1] - below)).nonzero()[:, 0]
    if not len(rows):
        return vertices
    middle = torch.lerp(edge.mean(0), crown[0].mean(0), _MIDDLE)
    reach = (crown.reshape(-1, 3) - middle).norm(dim=1)
    ways, out = functional.normalize(crown.reshape(-1, 3) - middle, dim=1), vertices[rows] - middle
    away, index = cKDTree(ways.numpy()).query(functional.normalize(out, dim=1).numpy(), k=_NEIGHBOURS)
    share = torch.softmax(-torch.from_numpy(away).float() / _NEAR, 1)
    most = (reach[torch.from_numpy(index)] * share).sum(1) - _INSIDE_M
    moved = vertices.clone()
    moved[rows] = middle + out * (most / out.norm(dim=1).clamp_min(1e-6)).clamp(0, 1)[:, None]
    return moved
