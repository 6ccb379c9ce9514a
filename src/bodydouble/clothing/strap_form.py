"""The upper of sandals: it lies on the foot as a sock does, and its texture tells where straps are."""

from __future__ import annotations

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from bodydouble.clothing.footwear import FootFrame
from bodydouble.geometry.mesh import vertex_normals

_OFF_M = 0.003  # how far a strap's outside is off the skin
_FOOT = 0.01  # skin weight of the body's vertices that it lies on
_TOES = 0.75  # of the foot's length; before it nothing is brought in, for it would sink between toes
_NEIGHBOURS, _NEAR_M = 4, 0.004  # of these, and over that distance, by which a place on the foot is told
_HELD_M = (0.002, 0.014)  # above the sole's edge, to which straps are sewn: over these heights they come to the skin


def lay_on_foot(rings: Tensor, edge: float, points: Tensor, faces: Tensor, frame: FootFrame) -> Tensor:
    """R×C×3: an upper's rings, metres along the foot, across and up, brought onto the skin.

    Args:
        edge: metres, height of the sole's edge.
        points: V×3, metres, the bare body at rest; of its faces, F×3.
    """
    x, z = frame.forward
    axes = torch.stack([torch.stack([x, x * 0, z]), torch.stack([z, x * 0, -x]), torch.tensor([0.0, 1.0, 0.0])])
    rows = (frame.weight > _FOOT).nonzero()[:, 0]
    skin = torch.stack([frame.along, frame.across, points[:, 1] - frame.ground], 1)[rows]
    normals = (vertex_normals(points, faces) @ axes.T)[rows]
    upper = rings.reshape(-1, 3)
    distance, index = cKDTree(skin.numpy()).query(upper.numpy(), k=_NEIGHBOURS)
    share = torch.softmax(-torch.from_numpy(distance).float() / _NEAR_M, 1)[..., None]
    nearest, normal = skin[torch.from_numpy(index)], normals[torch.from_numpy(index)]
    off = ((upper[:, None] - nearest) * normal).sum(2, keepdim=True)
    out = _OFF_M - off  # metres by which a place is to rise
    toes = (upper[:, 0] > _TOES * frame.length)[:, None, None]
    laid = upper + (share * torch.where(toes, out.clamp_min(0), out) * normal).sum(1)
    low, high = _HELD_M
    free = ((upper[:, 2] - edge - low) / (high - low)).clamp(0, 1)[:, None]
    return torch.lerp(upper, laid, free).view_as(rings)
