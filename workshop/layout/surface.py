"""The body's surface as cutting and flattening see it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from bodydouble.body.anny import AnnyBody


@dataclass(frozen=True)
class LayoutMesh:
    """The rest body at mean shape: a closed mesh whose vertices and faces mirror exactly in x = 0."""

    vertices: np.ndarray  # V×3, metres, y up, left at +x
    faces: np.ndarray  # F×3
    joints: dict[str, np.ndarray]  # (3,) each
    skin_weights: dict[str, np.ndarray]  # (V,) each
    islands: np.ndarray  # (F,), the connected pieces of Anny's own texture layout

    @cached_property
    def mirror(self) -> np.ndarray:
        """(V,) the vertex on the other side."""
        distance, mirror = cKDTree(self.vertices).query(self.vertices * [-1, 1, 1])
        assert distance.max() < 1e-5, "the body is not symmetric"
        return mirror

    @cached_property
    def mirror_faces(self) -> np.ndarray:
        """(F,) the face on the other side."""
        rows = {tuple(row): n for n, row in enumerate(np.sort(self.faces, 1).tolist())}
        return np.array([rows[tuple(row)] for row in np.sort(self.mirror[self.faces], 1).tolist()])

    @cached_property
    def mirror_corners(self) -> np.ndarray:
        """(3F,) the corner (3 × face + position) on the other side."""
        twins = self.faces[self.mirror_faces]
        position = (self.mirror[self.faces][:, :, None] == twins[:, None, :]).argmax(2)
        return (3 * self.mirror_faces[:, None] + position).ravel()

    @cached_property
    def centres(self) -> np.ndarray:
        """F×3 metres."""
        return self.vertices[self.faces].mean(1)

    @cached_property
    def areas(self) -> np.ndarray:
        """(F,) square metres."""
        return np.linalg.norm(self._crosses, axis=1) / 2

    @cached_property
    def normals(self) -> np.ndarray:
        """F×3 unit length, outward."""
        return self._crosses / (2 * self.areas[:, None])

    @cached_property
    def _crosses(self) -> np.ndarray:
        a, b, c = np.moveaxis(self.vertices[self.faces], 1, 0)
        return np.cross(b - a, c - a)

    @cached_property
    def adjacency(self) -> tuple[np.ndarray, np.ndarray]:
        """E×2 vertices of each edge and E×2 faces on its two sides."""
        directed = np.sort(self.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
        order = np.lexsort(directed.T)
        return directed[order][::2], order.reshape(-1, 2) // 3

    def weight(self, *names: str) -> np.ndarray:
        """(F,) skin weight of the joints whose names start so, averaged over each face's corners."""
        weights = [weight for joint, weight in self.skin_weights.items() if joint.startswith(names)]
        return np.sum(weights, axis=0)[self.faces].mean(1)


def anny_surface() -> LayoutMesh:
    """The Anny body at its mean shape."""
    body = AnnyBody()
    rest = body.rest(body.mean_shape())
    corners = body.data.uv_faces.numpy()
    edges = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]]])
    size = corners.max() + 1
    _, label = connected_components(coo_matrix((np.ones(len(edges)), edges.T), shape=(size, size)))
    return LayoutMesh(
        vertices=rest.vertices.double().numpy(),
        faces=body.faces.numpy(),
        joints=dict(zip(body.joint_names, rest.joints.double().numpy(), strict=True)),
        skin_weights=dict(zip(body.joint_names, rest.skin_weights.double().numpy().T, strict=True)),
        islands=label[corners[:, 0]],
    )
