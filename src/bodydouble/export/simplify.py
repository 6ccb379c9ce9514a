"""Fewer triangles: corners are left out where the surface is flat, and what stays is as it was.

Quadric error metrics (Garland and Heckbert, 1997), by the library pyfqmr, say which corners go; those that stay are put
back to the nearest of the original ones. So no weight, blendshape or uv has to be carried over, and none is made up.
Each chart of the texture is simplified by itself with its border kept: seams stay closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import torch
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.cut import cut_body
from bodydouble.errors import InputError
from bodydouble.values import RestBody, Surface

_PARTED = 0.05  # of the way to the middle of the faces around
_FEWEST = 500  # triangles of a double, below which nothing of a person is left


def simplify(
    body: BodyModel, rest: RestBody, attached: Sequence[Surface], triangles: int | None
) -> tuple[BodyModel, list[Surface]]:
    """Body and surfaces with about that many triangles together, each with its part of them; None: as they are.

    Vertices stay, even those that no face has any more.

    Args:
        rest: the clothed body, on the CPU.

    Raises:
        InputError: too few, or the library is not installed.
    """
    if triangles is None:
        return body, list(attached)
    if triangles < _FEWEST:
        raise InputError(f"a double of {triangles} triangles is out of range; it may have {_FEWEST} and more")
    if find_spec("pyfqmr") is None:
        raise InputError("fewer triangles need the library pyfqmr; install it with: pip install 'bodydouble[simplify]'")
    fraction = triangles / (len(body.faces) + sum(len(surface.faces) for surface in attached))
    simpler = cut_body(body, torch.stack(simplify_faces(rest.vertices, body.faces, body.layout.faces, fraction), 1))
    surfaces = []
    for surface in attached:
        faces, corners = simplify_faces(surface.vertices, surface.faces, surface.layout.faces, fraction)
        surfaces.append(replace(surface, faces=faces, layout=replace(surface.layout, faces=corners)))
    return simpler, surfaces


def simplify_faces(vertices: Tensor, faces: Tensor, corners: Tensor, fraction: float) -> tuple[Tensor, Tensor]:
    """G×3 rows of vertices and G×3 rows of uv, of about that fraction of the faces.

    Args:
        vertices: V×3, metres, on the CPU.
        faces, corners: F×3 each: rows of vertices, and of the layout's uv.
    """
    if fraction >= 1:
        return faces, corners
    chart = _find_charts(corners.numpy())
    kept = [
        _simplify_chart(vertices.numpy(), faces.numpy()[chart == number], corners.numpy()[chart == number], fraction)
        for number in range(chart.max() + 1)
    ]
    rows, uv_rows = (np.concatenate(each) for each in zip(*kept, strict=True))
    return torch.from_numpy(rows), torch.from_numpy(uv_rows)


def _find_charts(corners: np.ndarray) -> np.ndarray:
    """(F,): which faces hang together in the texture."""
    pairs = np.concatenate([corners[:, :2], corners[:, 1:]])
    count = int(corners.max()) + 1
    graph = coo_matrix((np.ones(len(pairs)), pairs.T), shape=(count, count))
    labels = connected_components(graph, directed=False)[1][corners[:, 0]]
    return np.unique(labels, return_inverse=True)[1]


def _simplify_chart(
    vertices: np.ndarray, faces: np.ndarray, corners: np.ndarray, fraction: float
) -> tuple[np.ndarray, np.ndarray]:
    """The faces of one chart that stay, with their corners."""
    import pyfqmr

    uv_rows, first, local = np.unique(corners, return_index=True, return_inverse=True)
    rows, local = faces.reshape(-1)[first], local.reshape(-1, 3)  # a corner has one place in the texture
    points = _part_seams(vertices[rows].astype(np.float64), local)
    mesh = pyfqmr.Simplify()
    mesh.setMesh(points, local.astype(np.int32))
    mesh.simplify_mesh(target_count=max(4, round(fraction * len(faces))), preserve_border=True, verbose=False)
    placed, kept, _ = mesh.getMesh()
    if not len(kept):
        return faces, corners
    nearest = cKDTree(points).query(placed)[1]
    kept = nearest[kept]
    kept = kept[(kept != np.roll(kept, 1, 1)).all(1)]  # without those that lost an edge
    return rows[kept], uv_rows[kept]


def _part_seams(points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """V×3: points moved a little to the middle of their faces, so that the two sides of a seam are told apart."""
    middles, count = points[faces].mean(1), np.bincount(faces.reshape(-1), minlength=len(points))
    sums = np.zeros_like(points)
    np.add.at(sums, faces.reshape(-1), np.repeat(middles, 3, 0))
    return points + _PARTED * (sums / count[:, None] - points)
