"""Hems that stand off what is below them: a step in the body's surface, all around a limb or the trunk.

The surface has a vertex every few centimetres. Those last above the hem are drawn down to it and stand off; those first
below it go up behind it, onto the bare body.
"""

from __future__ import annotations

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from bodydouble.geometry.mesh import unique_edges, vertex_normals

_RISE_M = 0.07  # above a hem, over which cloth comes to stand off
_BEHIND_M = 0.012  # above the hem, to where the surface below it goes up
_FADE_M = 0.1  # below the hem, down to where what is below it lies close
_NEAR_M = 0.1  # of a hem: as far off, labels of what was not seen may be wrong about its place


def step_hem(
    vertices: Tensor, bare: Tensor, along: Tensor, hem: float, down: Tensor, limb: Tensor, gap: float, faces: Tensor
) -> Tensor:
    """V×3: clothed vertices, metres, whose cloth ends in a step.

    Args:
        bare: V×3, what lies below the hem comes close to.
        along: (V,) metres along `down`, (3,) unit.
        hem: where on that way the cloth ends.
        limb: (V,), bool, where it does.
        gap: metres by which it stands off.
    """
    cloth, below = limb & (along < hem), limb & (along >= hem)
    last, first = facing_rings(cloth, below, faces)
    normals = vertex_normals(bare, faces)
    out = normals - (normals @ down)[:, None] * down
    out = out / out.norm(dim=1, keepdim=True).clamp_min(1e-3)
    rise = torch.where(last, 1.0, (1 - (hem - along) / _RISE_M).clamp(0, 1) * cloth)
    close = (1 - (along - hem) / _FADE_M).clamp(0, 1) * below
    drop = torch.where(last, hem - along, 0.0) + torch.where(first, hem - _BEHIND_M - along, 0.0)
    return torch.lerp(vertices, bare, close[:, None]) + gap * rise[:, None] * out + drop[:, None] * down


def facing_rings(above: Tensor, below: Tensor, faces: Tensor) -> tuple[Tensor, Tensor]:
    """(V,), bool, each: the vertices of either part, (V,) bool, whose edges lead to the other one."""
    edges = unique_edges(faces)
    across = (above[edges] & below[edges.flip(1)]).any(1)
    ring = torch.zeros_like(above)
    ring[edges[across].flatten()] = True
    return ring & above, ring & below


def tell_sides(bare: Tensor, cloth: Tensor, below: Tensor, faces: Tensor) -> Tensor:
    """(V,), int8: near a hem 1 the cloth that ends in it, -1 what is below, else 0.

    Args:
        bare: V×3, metres.
        cloth, below: (V,), bool, the two parts of a limb.
    """
    sides = cloth.to(torch.int8) - below.to(torch.int8)
    ring = torch.stack(facing_rings(cloth, below, faces)).any(0)
    if not bool(ring.any()):
        return torch.zeros_like(sides)
    distance = cKDTree(bare[ring].numpy()).query(bare.numpy(), distance_upper_bound=_NEAR_M)[0]
    return sides * torch.from_numpy(distance < _NEAR_M)
