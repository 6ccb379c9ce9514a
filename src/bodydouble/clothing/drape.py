"""What a garment's outline does not tell: cloth spans the body's folds, and feet stand on heels."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sparse
import torch
from scipy.spatial import ConvexHull
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import subtree_weight
from bodydouble.clothing.footwear import Footwear
from bodydouble.clothing.heel import heel_offsets
from bodydouble.geometry.mesh import unique_edges, vertex_normals
from bodydouble.person.landmarks import SIDES
from bodydouble.values import RestBody

_CLOTH_ROUNDS = 150  # of smoothing, each reaching one edge farther


def drape(rest: RestBody, body: BodyModel, footwear: Footwear) -> Tensor:
    """Offsets (V×3), metres: cloth over torso and legs, feet tilted by heels, nothing elsewhere."""
    above = sum(subtree_weight(rest, body.roles[name]) for name in ("left_clavicle", "right_clavicle", "neck"))
    feet = [subtree_weight(rest, body.roles[f"{side}_ankle"]) for side in SIDES]
    cloth = (1 - above - feet[0] - feet[1]).clamp(0, 1)
    return cloth[:, None] * _spanning(rest, body) + heel_offsets(rest, body, footwear)


def _spanning(rest: RestBody, body: BodyModel) -> Tensor:
    """The smoothed surface wherever it lies outside the body's own (V×3), along the normal."""
    normals = vertex_normals(rest.vertices, body.faces)
    change = smoothed(rest.vertices, body.faces, _CLOTH_ROUNDS) - rest.vertices
    return (change * normals).sum(1, keepdim=True).relu() * normals


def onto_hull(points: Tensor, around: Tensor, steepest: float = 1.0) -> Tensor:
    """Points (N×3) moved outward to the nearest plane of the convex hull around M×3 others.

    Args:
        steepest: planes whose normal's |y| is above this are left out (the caps of an upright tube).
    """
    inside = points.double().numpy()
    planes = ConvexHull(around.double().numpy()).equations
    planes = planes[np.abs(planes[:, 1]) <= steepest]
    distance = inside @ planes[:, :3].T + planes[:, 3]  # <= 0 inside
    moved = inside - distance.max(1, keepdims=True) * planes[distance.argmax(1), :3]
    return torch.from_numpy(moved).float()


def smoothed(vertices: Tensor, faces: Tensor, rounds: int) -> Tensor:
    """Vertices (V×3) moved half way to the mean of their neighbours, `rounds` times."""
    edges = unique_edges(faces)
    ones = np.ones(len(edges))
    one_way = sparse.coo_matrix((ones, edges.T.numpy()), shape=(len(vertices),) * 2).tocsr()
    neighbours = one_way + one_way.T
    mean = sparse.diags(1 / np.asarray(neighbours.sum(1)).ravel().clip(1)) @ neighbours
    points = vertices.double().numpy()
    for _ in range(rounds):
        points = (points + mean @ points) / 2
    return torch.from_numpy(points).float()
