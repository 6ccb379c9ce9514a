"""A mesh of the user's (from PIFuHD, ECON, a scanner) in place of the double's geometry: read, and laid over the photo.

Such a mesh stands as the person in the photo does, in units and a place of its own. A similarity brings it to where the
double stands: upright and facing the camera as it came, moved and scaled until its outline is the person's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
import trimesh
from scipy.optimize import minimize
from torch import Tensor

from bodydouble.errors import InputError
from bodydouble.fitting.metrics import iou
from bodydouble.geometry.camera import clip_from_world, project, resized
from bodydouble.geometry.window import mask_box
from bodydouble.raster import rasteriser
from bodydouble.values import Camera, Mesh

FORMATS = (".obj", ".ply", ".glb", ".gltf", ".stl", ".off")
LEAST_IOU = 0.85  # of its outline and the person's, below which it is another person's, or in another pose
_LARGEST_FILE = 512 << 20  # bytes
_MOST_FACES = 2_000_000  # a scanner's; PIFuHD's has a tenth of it
_COMPARED_PX = 160  # height of the outlines that are compared: a hundredth of a person
_ROUNDS = 120  # of Nelder and Mead's simplex, with four unknowns


def read_mesh(path: Path) -> Mesh:
    """The triangles in a file, of all its parts.

    Raises:
        InputError: no such file, no mesh, without faces, with numbers that are not finite, or too large.
    """
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"{path} is no mesh that can be read; give one of {', '.join(FORMATS)}")
    if not path.is_file():
        raise InputError(f"the mesh {path} does not exist")
    if path.stat().st_size > _LARGEST_FILE:
        raise InputError(f"the mesh {path} is larger than {_LARGEST_FILE >> 20} MB; simplify it first")
    try:
        loaded: Any = trimesh.load(path, force="mesh", process=False)
        vertices, faces = np.asarray(loaded.vertices, np.float64), np.asarray(loaded.faces, np.int64)
    except Exception as error:  # a reader of many formats fails in as many ways
        raise InputError(f"the mesh {path} cannot be read: {error}") from error
    if faces.ndim != 2 or len(faces) == 0:
        raise InputError(f"the mesh {path} has no faces; a cloud of points is not enough")
    if len(faces) > _MOST_FACES:
        raise InputError(f"the mesh {path} has {len(faces)} faces; simplify it to {_MOST_FACES} or fewer")
    if not np.isfinite(vertices).all() or faces.min() < 0 or faces.max() >= len(vertices):
        raise InputError(f"the mesh {path} has vertices that are not finite, or faces of vertices that are not there")
    used, rows = np.unique(faces, return_inverse=True)
    kept = vertices[used]
    if np.ptp(kept, 0).min() <= 1e-6 * np.ptp(kept, 0).max():
        raise InputError(f"the mesh {path} is flat; a person has a depth")
    merged = trimesh.Trimesh(kept, rows.reshape(-1, 3), process=False)
    merged.merge_vertices(merge_tex=True, merge_norm=True)  # a seam in its own texture is no hole
    return Mesh(
        vertices=torch.from_numpy(np.asarray(merged.vertices)).float(),
        faces=torch.from_numpy(np.asarray(merged.faces, np.int64)),
    )


def lay_over(mesh: Mesh, mask: Tensor, camera: Camera, standing: Tensor, name: str) -> Mesh:
    """The mesh in the photo's world, where its outline is most like the person's.

    Args:
        mesh: y up, facing +z, in the person's pose.
        mask: H×W, how much the person covers.
        camera: the photo's.
        standing: N×3, metres, the double's vertices as it stands: they tell how far away.
        name: for the message.

    Raises:
        InputError: the outlines stay too different.
    """
    small = resized(camera, (_COMPARED_PX, max(1, round(camera.size[1] * _COMPARED_PX / camera.size[0]))))
    wanted = torch.nn.functional.interpolate(mask[None, None], small.size, mode="area")[0, 0] > 0.5
    middle = (mesh.vertices.amin(0) + mesh.vertices.amax(0)) / 2
    centred = (mesh.vertices - middle) / (mesh.vertices[:, 1].max() - mesh.vertices[:, 1].min())
    goal = (standing.amin(0) + standing.amax(0)) / 2
    height = float(standing[:, 1].max() - standing[:, 1].min())

    def placed(values: np.ndarray) -> Tensor:
        """Shift in x and y in heights, logarithm of the scale, and turn about the vertical in radians."""
        x, y, scale, turn = (float(value) for value in values)
        cosine, sine = np.cos(turn), np.sin(turn)
        rotation = torch.tensor([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]], dtype=torch.float32)
        return centred @ rotation.T * height * float(np.exp(scale)) + goal + torch.tensor([x, y, 0.0]) * height

    def unlike(values: np.ndarray) -> float:
        return 1 - iou(_outline(placed(values), mesh.faces, small), wanted)

    start = _first_guess(placed(np.zeros(4)), wanted, small, height, goal)
    simplex = start + np.vstack([np.zeros(4), np.diag([0.03, 0.03, 0.04, 0.1])])
    options = {"maxfev": _ROUNDS, "initial_simplex": simplex, "xatol": 1e-4, "fatol": 1e-4}
    best = minimize(unlike, start, method="Nelder-Mead", options=options)
    if 1 - best.fun < LEAST_IOU:
        raise InputError(
            f"the mesh {name} is not the person's in this pose: its outline covers the photo's to {1 - best.fun:.2f} "
            f"at best, {LEAST_IOU} is needed; it must stand upright, face +z, and be made from this photo"
        )
    return Mesh(vertices=placed(best.x), faces=mesh.faces)


def _first_guess(points: Tensor, wanted: Tensor, camera: Camera, height: float, goal: Tensor) -> np.ndarray:
    """Of the four unknowns: the outline's box on the person's."""
    if not bool(wanted.any()):
        return np.zeros(4)
    left, top, right, bottom = mask_box(wanted.float())
    x, y, _ = project(points, camera).unbind(-1)
    scale = (bottom - top) / max(float(y.max() - y.min()), 1e-3)
    depth = float(project(goal[None], camera)[0, 2])
    metres = depth / float(camera.intrinsics[1, 1])
    centre = project(goal[None], camera)[0, :2]
    across = ((left + right) / 2 - float(centre[0])) * metres
    down = ((top + bottom) / 2 - float(centre[1])) * metres
    return np.array([across / height, -down / height, np.log(scale), 0.0])


def _outline(points: Tensor, faces: Tensor, camera: Camera) -> Tensor:
    """H×W, bool: what the mesh covers."""
    return rasteriser()(clip_from_world(points, camera)[None], faces, camera.size).face[0] >= 0
