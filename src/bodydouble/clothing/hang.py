"""From a sheet in the photo's view to a surface on the skeleton: skin weights, and the way back to the rest pose."""

from __future__ import annotations

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import arm_weight, joint_transforms
from bodydouble.clothing.garment_view import GarmentView
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.values import Camera, Mesh, Pose, RestBody

TUCK_M = 0.012  # how far inside a sheet the body stays: as far as a hip stands out when its thigh is lifted
_DEEPEST_TUCK_M = 0.1  # a coat that hangs behind a skirt widens the fitted hips by as much
_NEIGHBOURS = 12  # body vertices that a sheet's vertex moves like


def unproject(points: Tensor, camera: Camera) -> Tensor:
    """(…, 3) x, y in pixels and depth in metres, to (…, 3) in the world."""
    intrinsics = camera.intrinsics
    x = (points[..., 0] - intrinsics[0, 2]) / intrinsics[0, 0] * points[..., 2]
    y = (points[..., 1] - intrinsics[1, 2]) / intrinsics[1, 1] * points[..., 2]
    local = torch.stack([x, y, points[..., 2]], -1)
    rotation, shift = camera.camera_from_world[:3, :3], camera.camera_from_world[:3, 3]
    return (local - shift) @ rotation


def nearest_weights(points: Tensor, view: GarmentView, allowed: Tensor) -> Tensor:
    """N×J: skin weights of points in the world, those of the allowed (V,) body vertices around each."""
    rows = allowed.nonzero()[:, 0]
    distance, index = cKDTree(view.mesh.vertices[rows].numpy()).query(points.numpy(), k=_NEIGHBOURS)
    near = torch.softmax(-torch.from_numpy(distance).float() / 0.02, 1)
    return (view.rest.skin_weights[rows][torch.from_numpy(index)] * near[..., None]).sum(1)


def to_rest(points: Tensor, skin_weights: Tensor, rest: RestBody, pose: Pose) -> Tensor:
    """N×3: where points of the posed world, N×3, lie at rest: the inverse of linear blend skinning."""
    rotations, positions = joint_transforms(rest, pose)
    shift = positions - (rotations @ rest.joints[..., None])[..., 0]
    rotation = torch.einsum("nj,jab->nab", skin_weights, rotations)
    moved = points - skin_weights @ shift
    return torch.linalg.solve(rotation, moved[..., None])[..., 0]


def arms(rest: RestBody, body: BodyModel) -> Tensor:
    """(V,), bool: vertices of the arms, with the shoulders that move with them."""
    return arm_weight(rest, body) > 0.3


def submesh(vertices: Tensor, faces: Tensor, kept: Tensor) -> Mesh:
    """The faces of a mesh whose corners all are among the kept (V,) vertices, and these vertices alone."""
    number = kept.long().cumsum(0) - 1
    return Mesh(vertices=vertices[kept], faces=number[faces[kept[faces].all(1)]])


def tuck_in(vertices: Tensor, sheet: Mesh, beneath: Tensor, rim: Tensor) -> Tensor:
    """V×3: body vertices at rest, moved inwards where they stood out of a sheet that covers them.

    Args:
        sheet: at rest.
        beneath: (V,), bool, the body vertices that it covers.
        rim: (N,), bool, the sheet's vertices beyond which it ends; what is nearest to one of them is left alone.
    """
    rows = beneath.nonzero()[:, 0]
    if not len(rows):
        return vertices
    index = torch.from_numpy(cKDTree(sheet.vertices.numpy()).query(vertices[rows].numpy())[1])
    normals = vertex_normals(sheet.vertices, sheet.faces)[index]
    height = ((vertices[rows] - sheet.vertices[index]) * normals).sum(1)
    by = (height + TUCK_M).clamp(0, _DEEPEST_TUCK_M) * ~rim[index]
    moved = vertices.clone()
    moved[rows] -= by[:, None] * normals
    return moved
