"""Rotations: axis-angle vectors and matrices."""

import torch
from torch import Tensor


def matrix_from_axis_angle(axis_angle: Tensor) -> Tensor:
    """(…, 3) radians to (…, 3, 3); Rodrigues' formula with a series near zero, so gradients stay finite."""
    squared = (axis_angle * axis_angle).sum(-1)[..., None, None]
    small = squared < 1e-8
    angle = torch.where(small, torch.ones_like(squared), squared).sqrt()
    sine = torch.where(small, 1 - squared / 6, angle.sin() / angle)
    cosine = torch.where(small, 0.5 - squared / 24, (1 - angle.cos()) / (angle * angle))
    skew = cross_matrix(axis_angle)
    identity = torch.eye(3, dtype=axis_angle.dtype, device=axis_angle.device)
    return identity + sine * skew + cosine * (skew @ skew)


def cross_matrix(vector: Tensor) -> Tensor:
    """(…, 3) to (…, 3, 3): the matrix M with M @ x = vector × x."""
    x, y, z = vector.unbind(-1)
    zero = torch.zeros_like(x)
    return torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(*vector.shape[:-1], 3, 3)


def axis_angle_from_matrix(matrix: Tensor) -> Tensor:
    """(…, 3, 3) to (…, 3) radians, angle in [0, π]; through the quaternion, stable at both ends."""
    quaternion = quaternion_from_matrix(matrix)
    real, imaginary = quaternion[..., :1], quaternion[..., 1:]
    length = imaginary.norm(dim=-1, keepdim=True)
    angle = 2 * torch.atan2(length, real)
    return torch.where(length < 1e-7, 2 * imaginary, imaginary / length.clamp_min(1e-12) * angle)


def quaternion_from_matrix(matrix: Tensor) -> Tensor:
    """(…, 3, 3) to (…, 4) as w, x, y, z with w >= 0 (Bar-Itzhack's largest-component choice)."""
    m00, m11, m22 = matrix[..., 0, 0], matrix[..., 1, 1], matrix[..., 2, 2]
    squares = torch.stack([1 + m00 + m11 + m22, 1 + m00 - m11 - m22, 1 - m00 + m11 - m22, 1 - m00 - m11 + m22], -1)
    a = matrix[..., 2, 1] - matrix[..., 1, 2]
    b = matrix[..., 0, 2] - matrix[..., 2, 0]
    c = matrix[..., 1, 0] - matrix[..., 0, 1]
    d = matrix[..., 0, 1] + matrix[..., 1, 0]
    e = matrix[..., 0, 2] + matrix[..., 2, 0]
    f = matrix[..., 1, 2] + matrix[..., 2, 1]
    candidates = torch.stack(
        [
            torch.stack([squares[..., 0], a, b, c], -1),
            torch.stack([a, squares[..., 1], d, e], -1),
            torch.stack([b, d, squares[..., 2], f], -1),
            torch.stack([c, e, f, squares[..., 3]], -1),
        ],
        -2,
    )
    best = squares.argmax(-1)[..., None, None].expand(*squares.shape[:-1], 1, 4)
    quaternion = torch.nn.functional.normalize(candidates.gather(-2, best)[..., 0, :], dim=-1)
    return torch.where(quaternion[..., :1] < 0, -quaternion, quaternion)


def rotation_between(source: Tensor, target: Tensor) -> Tensor:
    """(…, 3) and (…, 3) directions to the (…, 3, 3) shortest rotation that turns source to target."""
    source = torch.nn.functional.normalize(source, dim=-1)
    target = torch.nn.functional.normalize(target, dim=-1)
    axis = torch.linalg.cross(source, target)
    cosine = (source * target).sum(-1, keepdim=True)
    sine = axis.norm(dim=-1, keepdim=True)
    # Opposite directions leave the axis open: take any that is perpendicular.
    helper = torch.where(source[..., :1].abs() < 0.9, torch.eye(3)[0].to(source), torch.eye(3)[1].to(source))
    spare = torch.nn.functional.normalize(torch.linalg.cross(source, helper.expand_as(source)), dim=-1)
    unit = torch.where(sine < 1e-6, spare, axis / sine.clamp_min(1e-12))
    return matrix_from_axis_angle(unit * torch.atan2(sine, cosine))


def heading_of(rotation: Tensor) -> Tensor:
    """(…,) radians: by how much a body with this rotation (…, 3, 3) is turned about y, its front at rest being +z."""
    front = rotation[..., 2].double()
    return torch.atan2(front[..., 0], front[..., 2]).to(rotation)


def turn_about_y(angle: Tensor) -> Tensor:
    """(…, 3, 3): rotations by (…,) radians."""
    return matrix_from_axis_angle(torch.stack([torch.zeros_like(angle), angle, torch.zeros_like(angle)], -1))


def remove_heading(root_rotation: Tensor) -> Tensor:
    """Axis-angle rotations (…, 3) with their turn about the vertical taken away: the body's front comes to face +z."""
    rotation = matrix_from_axis_angle(root_rotation)
    return axis_angle_from_matrix(turn_about_y(-heading_of(rotation)) @ rotation)
