"""The tree of nodes of a glTF file: what hangs on what, how it is held at rest, and which node is which bone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pygltflib as gl
from scipy.spatial.transform import Rotation

from bodydouble.errors import InputError
from bodydouble.motion.gltf_file import GltfFile

_NEAR = 0.7  # cosine of 45° between how a skin's first joint is bound, and how it stands
_HUMANOIDS = ("VRMC_vrm_animation", "VRMC_vrm", "VRM")  # extensions that name bones, the latest first


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """All nodes of a file as they stand in it, N of them."""

    names: tuple[str, ...]
    parents: tuple[int, ...]  # -1: none
    order: tuple[int, ...]  # all of them, parents before children
    translations: np.ndarray  # N×3
    rotations: np.ndarray  # N×4, unit, x, y, z, w
    scales: np.ndarray  # N; of a node that is scaled unevenly, the mean

    def chain(self, node: int) -> list[int]:
        """A node and all that it hangs on."""
        chain = []
        while node >= 0:
            chain.append(node)
            node = self.parents[node]
        return chain


def read_nodes(file: GltfFile) -> Nodes:
    """The tree of a file. Raises InputError: it is none, because nodes hang on each other in a circle."""
    nodes = file.gltf.nodes
    parents = [-1] * len(nodes)
    for number, node in enumerate(nodes):
        for child in node.children or []:
            parents[child] = number
    order = [number for number, parent in enumerate(parents) if parent < 0]
    for number in order:
        order += nodes[number].children or []  # which the loop goes on to
        if len(order) > len(nodes):
            break
    if len(order) != len(nodes):
        raise InputError(f"{file.path} is damaged: its nodes form no tree")
    held = [_held(node) for node in nodes]
    return Nodes(
        names=tuple(str(node.name or f"node {number}") for number, node in enumerate(nodes)),
        parents=tuple(parents),
        order=tuple(order),
        translations=np.array([translation for translation, _, _ in held]).reshape(-1, 3),
        rotations=np.array([rotation for _, rotation, _ in held]).reshape(-1, 4),
        scales=np.array([scale for _, _, scale in held]),
    )


def _held(node: gl.Node) -> tuple[np.ndarray, np.ndarray, float]:
    """Translation (3,), rotation (4,) x, y, z, w and scale of a node against its parent."""
    if node.matrix is not None:
        matrix = np.array(node.matrix, np.float64).reshape(4, 4).T
        return matrix[:3, 3], Rotation.from_matrix(_turn(matrix)).as_quat(), _scale(matrix)
    rotation = Rotation.from_quat(node.rotation or [0.0, 0.0, 0.0, 1.0]).as_quat()
    translation = np.array(node.translation or [0.0, 0.0, 0.0], np.float64)
    return translation, rotation, float(np.mean(node.scale or 1.0))


def humanoid_nodes(gltf: gl.GLTF2) -> dict[int, str]:
    """Nodes that a VRM extension says are bones, by VRM's names; empty where there is no such extension."""
    extensions = gltf.extensions or {}
    for name in _HUMANOIDS:
        bones = extensions.get(name, {}).get("humanoid", {}).get("humanBones")
        if isinstance(bones, Mapping):
            return {bone["node"]: str(title) for title, bone in bones.items()}
        if isinstance(bones, Sequence):  # of 0.x
            return {bone["node"]: str(bone["bone"]) for bone in bones}
    return {}


def rest_rotations(file: GltfFile, nodes: Nodes, rows: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """J×3×3 rotations in the world at rest, and J scales, of the nodes `rows`, parents before children.

    Joints of a skin rest as they are bound, which the mesh is made for; other nodes as they stand. Many files stand in
    a frame of their animation.
    """
    skins = _bound_matrices(file)
    rotations: dict[int, np.ndarray] = {-1: np.eye(3)}
    scales = {-1: 1.0}
    for node in rows:
        parent = nodes.parents[node]
        skin = next((skin for skin in skins if node in skin), {})
        rotations[node] = rotations[parent] @ Rotation.from_quat(nodes.rotations[node]).as_matrix()
        if parent in skin:
            rotations[node] = rotations[parent] @ _turn(skin[parent] @ np.linalg.inv(skin[node]))
        elif node in skin:
            bound = _turn(np.linalg.inv(skin[node]))
            is_near = np.trace(bound.T @ rotations[node]) > 1 + 2 * _NEAR  # else the mesh has axes of its own
            rotations[node] = bound if is_near else rotations[node]
        scales[node] = scales[parent] * nodes.scales[node]
    return np.stack([rotations[node] for node in rows]), np.array([scales[node] for node in rows])


def _bound_matrices(file: GltfFile) -> list[dict[int, np.ndarray]]:
    """Of each skin, the 4×4 inverse bind matrices by node."""
    skins = []
    for skin in file.gltf.skins:
        if skin.inverseBindMatrices is not None:
            matrices = file.array(skin.inverseBindMatrices).reshape(-1, 4, 4).swapaxes(1, 2)
            skins.append(dict(zip(skin.joints, matrices, strict=False)))
    return skins


def _turn(matrix: np.ndarray) -> np.ndarray:
    """3×3: the rotation nearest to that of a 4×4 matrix."""
    left, _, right = np.linalg.svd(matrix[:3, :3])
    return left @ np.diag([1.0, 1.0, np.linalg.det(left @ right)]) @ right


def _scale(matrix: np.ndarray) -> float:
    return float(abs(np.linalg.det(matrix[:3, :3])) ** (1 / 3))
