"""Charts are cut out of the surface and laid flat: Tutte's embedding, then SLIM (Rabinovich et al. 2017) by libigl.

SLIM minimises the symmetric Dirichlet energy, which grows with stretch and with squeeze alike and has a wall against
flipped triangles; a flat chart comes out in metres, its density near 1 everywhere.
"""

from __future__ import annotations

import igl
import numpy as np
from scipy.sparse import coo_matrix, diags
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import spsolve

from workshop.layout.regions import CENTRAL, CHARTS
from workshop.layout.surface import LayoutMesh


def corner_classes(surface: LayoutMesh, chart: np.ndarray, seams: set[tuple[int, int]]) -> np.ndarray:
    """(3F,) which point of the flat charts each face corner is.

    Corners at one vertex stay together unless a seam, a border between charts or, for charts that lie once on each
    side, the mirror line comes between.
    """
    edges, sides = surface.adjacency
    open_edges = np.array([tuple(edge) in seams for edge in edges.tolist()])
    right = (surface.centres[:, 0] < 0) & (chart >= len(CENTRAL))
    piece = chart + len(CHARTS) * right
    joined = (piece[sides[:, 0]] == piece[sides[:, 1]]) & ~open_edges
    first, second = sides[joined].T
    pairs = []
    for vertex in edges[joined].T:
        corners = [3 * f + (surface.faces[f] == vertex[:, None]).argmax(1) for f in (first, second)]
        pairs.append(np.stack(corners))
    rows, columns = np.concatenate(pairs, 1)
    size = 3 * len(surface.faces)
    return connected_components(coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(size, size)))[1]


def flatten(vertices: np.ndarray, faces: np.ndarray, axis: int | None, iterations: int) -> np.ndarray:
    """A flat chart of a disc with holes, free of flipped triangles, in metres.

    Args:
        vertices: N×3 metres; faces: M×3, counter-clockwise from outside.
        axis: a boundary vertex to begin the boundary with; a chart that is symmetric about it stays symmetric.

    Returns:
        N×2, x to the right and y up seen from outside.
    """
    count = len(vertices)
    vertices, faces, outer = _fill_holes(vertices, faces)
    if axis is not None:
        outer = np.roll(outer, -int(np.flatnonzero(outer == axis)[0]))
    a, b, c = np.moveaxis(vertices[faces], 1, 0)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2
    unit = np.sqrt(area / len(faces))  # triangles of area 1 on average: smaller ones drown in SLIM's proximal term
    vertices = vertices / unit
    start = _tutte(vertices, faces, outer) * np.sqrt(len(faces) / np.pi)
    data = igl.slim_precompute(
        np.asfortranarray(vertices),
        np.asfortranarray(faces.astype(np.int32)),
        np.asfortranarray(start),
        igl.MappingEnergyType.SYMMETRIC_DIRICHLET,
        np.zeros(0, np.int32),
        np.zeros((0, 2), order="F"),
        0.0,
    )
    return igl.slim_solve(data, iterations)[:count, :2] * unit


def boundary_loops(faces: np.ndarray) -> list[np.ndarray]:
    """Boundary vertices in the order of the faces' winding, one array a loop."""
    directed = faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    size = faces.max() + 1
    code = directed[:, 0] * size + directed[:, 1]
    alone = directed[~np.isin(code, directed[:, 1] * size + directed[:, 0])]
    after = dict(alone.tolist())
    loops = []
    while after:
        loop = [next(iter(after))]
        while after[loop[-1]] != loop[0]:
            loop.append(after[loop[-1]])
        for vertex in loop:
            del after[vertex]
        loops.append(np.array(loop))
    return loops


def _fill_holes(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All boundary loops but the longest closed by a fan, so that nothing can fold over them; and that longest."""
    loops = boundary_loops(faces)
    loops.sort(key=lambda loop: -np.linalg.norm(np.diff(vertices[loop], axis=0), axis=1).sum())
    for loop in loops[1:]:
        fan = np.stack([np.roll(loop, -1), loop, np.full(len(loop), len(vertices))], 1)
        vertices, faces = np.vstack([vertices, vertices[loop].mean(0)]), np.vstack([faces, fan])
    return vertices, faces, loops[0]


def _tutte(vertices: np.ndarray, faces: np.ndarray, outer: np.ndarray) -> np.ndarray:
    """N×2: the outer loop on the unit circle from its lowest point on, every other vertex amid its neighbours."""
    steps = np.linalg.norm(vertices[np.roll(outer, -1)] - vertices[outer], axis=1)
    angle = 2 * np.pi * np.concatenate([[0], np.cumsum(steps)[:-1]]) / steps.sum() - np.pi / 2
    size = len(vertices)
    rows, columns = faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2).T
    graph = coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(size, size)).tocsr()
    graph = ((graph + graph.T) > 0).astype(float)
    laplacian = (diags(np.asarray(graph.sum(1)).ravel()) - graph).tocsr()
    flat = np.zeros((size, 2))
    flat[outer] = np.stack([np.cos(angle), np.sin(angle)], 1)
    inner = np.setdiff1d(np.arange(size), outer)
    flat[inner] = spsolve(laplacian[inner][:, inner].tocsc(), -laplacian[inner][:, outer] @ flat[outer])
    return flat
