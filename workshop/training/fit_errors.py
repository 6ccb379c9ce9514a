"""Bodies as they would be fitted: true ones with the errors that the library's own fit makes.

A fit is good where it was compared, in the image: its outline and its landmarks. What it does not see is where it errs:
limbs turned about themselves, the thickness of clothes, shape that perspective explains as well. So the errors here are
drawn in the body's own parameters and the body is then laid over the true one again, as seen by the camera.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import dress_rest, joint_transforms
from bodydouble.geometry.camera import to_camera
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.geometry.rotation import axis_angle_from_matrix, matrix_from_axis_angle
from bodydouble.values import BodyFit, BodyShape, Clothing, Pose, RestBody


@dataclass(frozen=True, kw_only=True)
class FitErrors:
    """Standard deviations of a fit's errors."""

    aside_rad: float = 0.004  # of every joint about the camera's axis: what the photo shows
    depth_rad: float = 0.012  # about the axes across it: limbs towards the camera or away, and turned about themselves
    aside_m: float = 0.003  # what is left of the distance after the body was laid over the true one
    size: float = 0.004  # share by which it is too near or too far, and so too large or too small
    shape: float = 0.02  # of each coefficient
    cloth_m: float = 0.004  # a smooth field over the body
    cloth_share: float = 0.15  # clothes all too thick or too thin
    waves: int = 6  # of the smooth field


def perturb_person(fit: BodyFit, body: BodyModel, rng: np.random.Generator, errors: FitErrors) -> BodyFit:
    """The errors that all fits of a person's double share: of shape and clothing."""
    strength = float(rng.uniform(0, 1.5))
    lowest, highest = (limit.to(fit.shape.coefficients) for limit in body.shape_range)
    moved = fit.shape.coefficients + _normal_like(rng, fit.shape.coefficients) * errors.shape * strength
    shape = BodyShape(coefficients=torch.minimum(torch.maximum(moved, lowest), highest))
    rest = body.rest(shape)
    normals = vertex_normals(rest.vertices, body.faces)
    field = _smooth_field(rest.vertices, rng, errors.waves) * errors.cloth_m * strength
    thicker = 1 + float(rng.normal()) * errors.cloth_share * strength
    offsets = fit.clothing.offsets * thicker + field[:, None] * normals
    return replace(fit, shape=shape, clothing=Clothing(offsets=offsets, leg_blend=fit.clothing.leg_blend))


def perturb_photo(fit: BodyFit, true: BodyFit, body: BodyModel, rng: np.random.Generator, errors: FitErrors) -> BodyFit:
    """The errors of one photo, of pose and place, added to those of the person.

    Args:
        fit: from `perturb_person`; pose and camera are those of `true`.
    """
    strength = float(rng.uniform(0, 1.5))
    rest = dress_rest(fit, body)
    pose = _perturb_pose(
        true, rest, rng, torch.tensor([errors.depth_rad, errors.depth_rad, errors.aside_rad]) * strength
    )
    true_rest = dress_rest(true, body)
    perturbed_points = to_camera(body.pose(rest, pose).vertices, true.camera)
    true_points = to_camera(body.pose(true_rest, true.pose).vertices, true.camera)
    # Laid over the true body where the camera sees it: by place and by size.
    place, size = _tangent_mean_and_spread(perturbed_points)
    true_place, true_size = _tangent_mean_and_spread(true_points)
    depth = perturbed_points[:, 2].mean()
    farther = depth * size / true_size * (1 + float(rng.normal()) * errors.size * strength)
    aside = _normal_like(rng, true_place) * errors.aside_m * strength
    moved = torch.cat([true_place * farther - place * depth + aside, (farther - depth)[None]])
    world = true.camera.camera_from_world[:3, :3].T.to(moved) @ moved
    pose = replace(pose, root_translation=pose.root_translation + world)
    return replace(fit, pose=pose, camera=true.camera)


def _perturb_pose(fit: BodyFit, rest: RestBody, rng: np.random.Generator, deviation: Tensor) -> Pose:
    """The fit's pose, every joint turned at random; `deviation` (3,), radians, about the camera's axes."""
    pose = fit.pose
    camera = fit.camera.camera_from_world[:3, :3].to(pose.joints)
    rotations, _ = joint_transforms(rest, pose)
    above = rotations[[max(parent, 0) for parent in rest.parents]]
    in_world = (_normal_like(rng, pose.joints) * deviation.to(pose.joints)) @ camera
    # A turn in the world, before everything else the joint does, told in the parent's axes.
    change = matrix_from_axis_angle((above.transpose(1, 2) @ in_world[:, :, None])[:, :, 0])
    joints = axis_angle_from_matrix(change @ matrix_from_axis_angle(pose.joints))
    root = matrix_from_axis_angle(in_world[0]) @ matrix_from_axis_angle(pose.root_rotation)
    joints = torch.cat([torch.zeros_like(joints[:1]), joints[1:]])
    return replace(pose, joints=joints, root_rotation=axis_angle_from_matrix(root))


def _tangent_mean_and_spread(points: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (2,) and spread of points (V×3, camera axes) as tangents of the angle to the optical axis."""
    tangents = points[:, :2] / points[:, 2:]
    return tangents.mean(0), tangents.std(0).norm()


def _smooth_field(points: Tensor, rng: np.random.Generator, waves: int) -> Tensor:
    """(V,), unit variance: waves of 15 to 60 cm through the points (V×3, metres)."""
    directions = rng.normal(size=(waves, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True) * rng.uniform(0.15, 0.6, (waves, 1)) / (2 * np.pi)
    phases = torch.from_numpy(rng.uniform(0, 2 * np.pi, waves)).to(points)
    return (points @ torch.from_numpy(directions.T).to(points) + phases).sin().sum(1) * (2 / waves) ** 0.5


def _normal_like(rng: np.random.Generator, like: Tensor) -> Tensor:
    return torch.from_numpy(rng.normal(size=tuple(like.shape))).to(like)
