"""The world of a finished fit: its origin lies between the feet, and the body faces +z."""

from __future__ import annotations

from dataclasses import replace

import torch

from bodydouble.body import BodyModel
from bodydouble.geometry.rotation import axis_angle_from_matrix, heading_of, matrix_from_axis_angle, turn_about_y
from bodydouble.values import BodyFit


def stand_between_feet(fit: BodyFit, body: BodyModel) -> BodyFit:
    """The same view in a world whose origin lies between the feet and whose +z the body's front faces."""
    rotation = matrix_from_axis_angle(fit.pose.root_rotation)
    turn = turn_about_y(heading_of(rotation))
    rest = body.rest(fit.shape)
    pose = replace(
        fit.pose,
        root_rotation=axis_angle_from_matrix(turn.T @ rotation),
        root_translation=torch.zeros(3),
    )
    lowest = body.pose(rest, pose).vertices[:, 1].min()
    pose = replace(pose, root_translation=torch.tensor([0.0, -float(lowest), 0.0]))
    # p_old = turn @ (p_new - new root) + old root, for every point of the body.
    old_root = rest.joints[0] + fit.pose.root_translation
    new_root = rest.joints[0] + pose.root_translation
    old_from_new = torch.eye(4)
    old_from_new[:3, :3] = turn
    old_from_new[:3, 3] = old_root - turn @ new_root
    camera = replace(fit.camera, camera_from_world=fit.camera.camera_from_world @ old_from_new)
    return replace(fit, pose=pose, camera=camera)
