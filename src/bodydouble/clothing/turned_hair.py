"""Hair beside the half of a face that is turned away: it leaves free there what it leaves free of the other half.

A ring of hair covers what the photo does not show of it. Of a turned head that is half the face; but a person is much
the same left and right, so hair lies on the hidden cheek and over the hidden brow where it lies on those in the photo.
"""

from __future__ import annotations

import math

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import joint_transforms, subtree_weight
from bodydouble.clothing.garment_view import GarmentView
from bodydouble.clothing.hang import unproject
from bodydouble.geometry.camera import project
from bodydouble.geometry.smoothstep import smoothstep
from bodydouble.surface.regions import EAR
from bodydouble.values import FACE_LANDMARKS, BodyFit

_CHIN = 152  # row of the face's landmarks
_OF_HEAD = 0.5  # skin weight from which on a vertex is the head's
_TURNED_DEG = (12.0, 30.0)  # heading of the head to the camera, from where on the other half tells, and tells all
_SOFT_M = 0.012  # over which that begins before the ear, beside the middle and above the chin


def find_free_face(points: Tensor, view: GarmentView, fit: BodyFit, body: BodyModel) -> tuple[Tensor, Tensor]:
    """Where the other half of a turned face tells whether hair covers this one.

    Args:
        points: R×C×3 of a sheet of hair: x, y in pixels of the view, and depth in metres.
        fit: of the body, in whose pose the hair was found.

    Returns:
        R×C×2, pixels of the view, of the place on the other half; and R×C in [0, 1], how far that tells, 0 off the
        hidden half of the face.
    """
    rotations, positions = joint_transforms(view.rest, fit.pose)
    rotation, position = rotations[view.head], positions[view.head]
    towards = (-view.camera.camera_from_world[:3, :3].T @ view.camera.camera_from_world[:3, 3] - position) @ rotation
    heading = math.degrees(math.atan2(float(towards[0]), float(towards[2])))
    low, high = _TURNED_DEG
    if abs(heading) <= low:
        return points[..., :2], torch.zeros(points.shape[:2])
    turned = smoothstep(min(1.0, (abs(heading) - low) / (high - low)))
    origin = view.rest.joints[view.head]
    at_rest = (unproject(points, view.camera).view(-1, 3) - position) @ rotation + origin
    head = view.rest.vertices[subtree_weight(view.rest, view.head) > _OF_HEAD]
    place = head[torch.from_numpy(cKDTree(head.numpy()).query(at_rest.numpy())[1])]
    twin = project((place * torch.tensor([-1.0, 1.0, 1.0]) - origin) @ rotation.T + position, view.camera)
    landmarks = body.landmarks.points(view.rest.vertices)[FACE_LANDMARKS]
    inside = torch.stack(
        [
            place[:, 2] - landmarks[EAR, 2],
            -math.copysign(1.0, heading) * place[:, 0],
            at_rest[:, 1] - landmarks[_CHIN, 1],
        ]
    )
    tells = turned * smoothstep((inside / _SOFT_M).clamp(0, 1)).prod(0)
    return twin[:, :2].reshape(*points.shape[:2], 2), tells.reshape(points.shape[:2])
