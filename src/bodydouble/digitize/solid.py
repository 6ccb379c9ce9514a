"""Surfaces become solids, and these one watertight mesh: signed distances, united, and marching cubes.

An open sheet (a skirt, hair) gets thickness first. Inside and outside are told by generalised winding numbers (Jacobson
et al., "Robust inside-outside segmentation using generalized winding numbers", 2013; Barill et al., "Fast winding
numbers for soups and clouds", 2018), so that a mesh need be neither closed nor free of crossings. Only cubes near a
surface are looked at (Lorensen and Cline, "Marching cubes", 1987).
"""

from __future__ import annotations

from collections.abc import Sequence

import igl
import numpy as np
import torch

from bodydouble.errors import InputError
from bodydouble.geometry.mesh import number_edges, quarter_faces, vertex_normals
from bodydouble.values import Mesh

SHEET_M = 0.008  # metres, thickness of what was an open sheet: two cells, or marching cubes tears it
_LARGEST_GRID = 1_000_000  # cells on the surface: five times what a person in a coat has at 4 mm, and 4 GiB
_BULGE = 0.75  # of the way to the tangent planes; the value of Boubekeur and Alexa
_SMOOTH = 0.5  # cosine between the normals of an edge's ends from which on it is one of a smooth surface
_SMALLEST_SHARE = 1e-3  # of the faces, below which a closed piece is a crumb of a sheet's edge and is left out


def is_open(faces: torch.Tensor) -> bool:
    """Whether some edge of F×3 faces has a face on one side alone."""
    return len(igl.boundary_facets(faces.numpy())[0]) > 0


def thicken(sheet: Mesh, thickness_m: float = SHEET_M) -> Mesh:
    """An open sheet as a closed solid: an inner and an outer side, and a rim between their borders."""
    normals, faces, count = vertex_normals(sheet.vertices, sheet.faces), sheet.faces, len(sheet.vertices)
    sides = [sheet.vertices + normals * half for half in (thickness_m / 2, -thickness_m / 2)]
    border = torch.from_numpy(igl.boundary_facets(faces.numpy())[0].astype(np.int64)).reshape(-1, 2)
    first, second = border.unbind(1)
    rim = torch.cat(
        [torch.stack([second, first, first + count], 1), torch.stack([second, first + count, second + count], 1)]
    )
    return Mesh(vertices=torch.cat(sides), faces=torch.cat([faces, faces.flip(1) + count, rim]))


def curve(mesh: Mesh, finest_m: float = 0.0) -> Mesh:
    """Each face as four that bulge as its vertices' normals tell: of faces as wide as a finger none is seen when lit.

    That is one step of Phong tessellation (Boubekeur and Alexa, "Phong tessellation", 2008).

    Args:
        finest_m: metres, of edges; a mesh whose edges are mostly shorter stays as it is.
    """
    corners = mesh.vertices[mesh.faces]
    if float((corners - corners.roll(1, 1)).norm(dim=2).median()) <= finest_m:
        return mesh
    ends, rows = number_edges(mesh.faces)
    places, out = mesh.vertices[ends], vertex_normals(mesh.vertices, mesh.faces)[ends]
    middle = places.mean(1)
    above = (out * (middle[:, None] - places)).sum(2, keepdim=True)  # of each end's tangent plane
    # Around a sharp edge normals are means of two sides; there a face stays as it is.
    smooth = (out[:, 0] * out[:, 1]).sum(1, keepdim=True) > _SMOOTH
    middle = middle - _BULGE * smooth * (above * out).mean(1)
    faces = quarter_faces(mesh.faces, rows + len(mesh.vertices))
    return Mesh(vertices=torch.cat([mesh.vertices, middle]), faces=faces)


def unite(solids: Sequence[Mesh], cell_m: float) -> Mesh:
    """One watertight mesh around what any of the solids covers.

    Args:
        solids: closed, or nearly; they may cross one another and themselves.
        cell_m: metres, side of a cell: what is thinner is lost.

    Raises:
        InputError: they are too large for cells of that size.
    """
    area = sum(float(_areas(solid).sum()) for solid in solids)
    if area / cell_m**2 > _LARGEST_GRID:
        raise InputError(f"a surface of {area:.0f} m² is too large for {cell_m * 1000:g} mm cells; choose larger cells")
    origin = torch.cat([solid.vertices for solid in solids]).amin(0).double().numpy() - 3 * cell_m
    cells = _cells_near(solids, origin, cell_m)
    corners, cubes = _cube_corners(cells, origin, cell_m)
    distance = np.full(len(corners), np.inf)
    for solid in solids:
        near = _within_reach(corners, solid, 2 * cell_m)
        distance[near] = np.minimum(distance[near], signed_distance(solid, corners[near]))
    # A corner exactly on the surface would make faces without area, which nothing downstream can unfold.
    distance = np.where(np.abs(distance) < 1e-3 * cell_m, 1e-3 * cell_m, distance)
    vertices, faces, _ = igl.marching_cubes(distance, corners, cubes, 0.0)
    mesh = Mesh(vertices=torch.from_numpy(vertices).float(), faces=torch.from_numpy(faces).long())
    return _without_crumbs(_outward(mesh))


def signed_distance(solid: Mesh, points: np.ndarray) -> np.ndarray:
    """(N,) metres from N×3 points to the solid's surface, negative inside."""
    vertices, faces = solid.vertices.double().numpy(), solid.faces.numpy()
    kind = igl.SIGNED_DISTANCE_TYPE_FAST_WINDING_NUMBER
    return igl.signed_distance(points, vertices, faces, kind)[0]


def _within_reach(points: np.ndarray, solid: Mesh, reach_m: float) -> np.ndarray:
    """(N,) bool: which of N×3 points lie in the solid's bounding box, or so near to it that it may count."""
    low, high = (bound.double().numpy() for bound in (solid.vertices.amin(0), solid.vertices.amax(0)))
    return ((points > low - reach_m) & (points < high + reach_m)).all(1)


def _cells_near(solids: Sequence[Mesh], origin: np.ndarray, cell_m: float) -> np.ndarray:
    """N×3, int64: cells that a surface may pass through, and those around them."""
    cells = []
    for solid in solids:
        points = _sample_faces(solid, cell_m / 2)
        cells.append(np.unique(np.floor((points - origin) / cell_m).astype(np.int64), axis=0))
    occupied = np.unique(np.concatenate(cells), axis=0)
    around = np.stack(np.meshgrid(*[[-1, 0, 1]] * 3, indexing="ij"), -1).reshape(-1, 3)
    size = occupied.max(0) + 2
    keys = [np.ravel_multi_index((occupied + step).T, size + 1) for step in around]
    return np.stack(np.unravel_index(np.unique(np.concatenate(keys)), size + 1), 1)


def _sample_faces(mesh: Mesh, spacing_m: float) -> np.ndarray:
    """N×3 points on the faces, no farther apart than the spacing."""
    corners = mesh.vertices[mesh.faces].double().numpy()
    longest = np.linalg.norm(corners - np.roll(corners, 1, 1), axis=2).max(1)
    steps = np.maximum(np.ceil(longest / spacing_m).astype(int), 1)
    points = []
    for count in np.unique(steps):
        first, second = np.meshgrid(np.arange(count + 1), np.arange(count + 1), indexing="ij")
        inside = first + second <= count
        weights = np.stack([first[inside], second[inside], count - first[inside] - second[inside]], 1) / count
        points.append(np.einsum("sk,fkc->fsc", weights, corners[steps == count]).reshape(-1, 3))
    return np.concatenate(points)


def _cube_corners(cells: np.ndarray, origin: np.ndarray, cell_m: float) -> tuple[np.ndarray, np.ndarray]:
    """N×3 points, and for each cell the rows of its eight corners in the order that marching cubes expects."""
    order = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]])
    size = cells.max(0) + 2
    keys = np.stack([np.ravel_multi_index((cells + step).T, size) for step in order], 1)
    unique, rows = np.unique(keys, return_inverse=True)
    corners = np.stack(np.unravel_index(unique, size), 1) * cell_m + origin
    return corners, rows.reshape(-1, 8).astype(np.int64)


def _areas(mesh: Mesh) -> torch.Tensor:
    """(F,) m²."""
    corners = mesh.vertices[mesh.faces]
    return torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]).norm(dim=1) / 2


def _outward(mesh: Mesh) -> Mesh:
    """The closed mesh with its faces counter-clockwise seen from outside: of a positive volume."""
    corners = mesh.vertices[mesh.faces].double()
    volume = (corners[:, 0] * torch.linalg.cross(corners[:, 1], corners[:, 2])).sum()
    return mesh if volume > 0 else Mesh(vertices=mesh.vertices, faces=mesh.faces.flip(1))


def _without_crumbs(mesh: Mesh) -> Mesh:
    """The mesh without tiny pieces of its own, and without vertices that no face uses."""
    piece = igl.facet_components(mesh.faces.numpy())
    piece = np.asarray(piece[1] if isinstance(piece, tuple) else piece).ravel()
    kept = np.bincount(piece)[piece] > _SMALLEST_SHARE * len(piece)
    faces = mesh.faces[torch.from_numpy(kept)]
    used, rows = faces.unique(return_inverse=True)
    return Mesh(vertices=mesh.vertices[used], faces=rows)
