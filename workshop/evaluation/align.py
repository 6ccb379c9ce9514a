"""Laying a fitted body over the true one: the similarity between them, and true cameras carried over by it.

A fit lives in the frame of its photo, with a scale of its own. What it looks like from elsewhere can only be compared
after both bodies were laid over each other: Procrustes' problem, solved by Umeyama ("Least-squares estimation of
transformation parameters between two point patterns", 1991).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import joints_from
from bodydouble.geometry.camera import to_camera
from bodydouble.values import Camera, RestBody


@dataclass(frozen=True, kw_only=True)
class Similarity:
    """target = scale · rotation @ source + translation."""

    scale: float
    rotation: Tensor  # 3×3
    translation: Tensor  # (3,), metres

    def __call__(self, points: Tensor) -> Tensor:
        """(…, 3) points of the source's frame in the target's."""
        return self.scale * points @ self.rotation.T + self.translation


def procrustes(source: Tensor, target: Tensor, weights: Tensor | None = None) -> Similarity:
    """The similarity that carries `source` (N×3) to `target` (N×3) with the least squared error.

    Args:
        weights: (N,), not negative; all alike when None.
    """
    weight = torch.ones(len(source), dtype=torch.float64) if weights is None else weights.double()
    weight = (weight / weight.sum())[:, None]
    source64, target64 = source.double(), target.double()
    middle, goal = (source64 * weight).sum(0), (target64 * weight).sum(0)
    from_middle, from_goal = source64 - middle, target64 - goal
    u, spread, vh = torch.linalg.svd(from_goal.T @ (from_middle * weight))
    turn = torch.ones(3, dtype=torch.float64)
    turn[2] = torch.sign(torch.linalg.det(u @ vh))  # a mirror image is no rotation
    rotation = u @ torch.diag(turn) @ vh
    scale = float((spread * turn).sum() / (from_middle.square() * weight).sum())
    translation = goal - scale * rotation @ middle
    return Similarity(scale=scale, rotation=rotation.float(), translation=translation.float())


def large_joints(body: BodyModel, rest: RestBody) -> list[int]:
    """The joints by which two bodies in one pose are laid over each other: all but those of fingers and toes.

    These are two thirds of all joints of Anny: feet that one of two bodies has level would scale it by some per cent.
    """
    ends = [body.roles[f"{side}_{end}"] for side in ("left", "right") for end in ("wrist", "ankle")]
    small = {joint for end in ends for joint in joints_from(end, rest.parents)[1:]}
    return [joint for joint in range(len(rest.parents)) if joint not in small]


def carried(camera: Camera, similarity: Similarity) -> Camera:
    """A camera of the target's world in the source's: each source point is seen where its image in the target is."""
    pose = camera.camera_from_world
    moved = torch.eye(4)
    moved[:3, :3] = pose[:3, :3] @ similarity.rotation
    # Dividing the whole camera frame by the scale keeps it rigid and moves no pixel.
    moved[:3, 3] = (pose[:3, :3] @ similarity.translation + pose[:3, 3]) / similarity.scale
    return replace(camera, camera_from_world=moved)


def through_photo(fitted: Tensor, fitted_camera: Camera, scan: Tensor, scan_camera: Camera) -> Similarity:
    """The similarity that carries a fitted body (N×3) to a scan (M×3) where only the photo's two cameras are known.

    Both are seen alike by their own camera: that gives rotation and size. Their middles come to lie on each other.
    """
    fitted_in_camera, scan_in_camera = to_camera(fitted, fitted_camera), to_camera(scan, scan_camera)
    fitted_middle, scan_middle = (_middle(points) for points in (fitted_in_camera, scan_in_camera))
    fitted_focal, scan_focal = fitted_camera.intrinsics[0, 0], scan_camera.intrinsics[0, 0]
    scale = float((scan_middle[2] / scan_focal) / (fitted_middle[2] / fitted_focal))
    into_goal, from_own = scan_camera.camera_from_world, fitted_camera.camera_from_world
    rotation = into_goal[:3, :3].T @ from_own[:3, :3]
    middle = into_goal[:3, :3].T @ (scan_middle - into_goal[:3, 3])
    fitted_world = from_own[:3, :3].T @ (fitted_middle - from_own[:3, 3])
    return Similarity(scale=scale, rotation=rotation, translation=middle - scale * rotation @ fitted_world)


def _middle(points: Tensor) -> Tensor:
    """(3,) the middle of the box around N×3 points."""
    return (points.amin(0) + points.amax(0)) / 2


def vertex_areas(vertices: Tensor, faces: Tensor) -> Tensor:
    """(V,) a third of the area of the faces around each vertex: weights by which no finger outweighs a back."""
    a, b, c = vertices[faces].unbind(1)
    area = torch.linalg.cross(b - a, c - a).norm(dim=1) / 6
    return torch.zeros(len(vertices)).index_add(0, faces.flatten(), area.repeat_interleave(3))
