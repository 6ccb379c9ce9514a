"""A first guess of a person's pose and place from the detector's landmarks in metres, without optimisation.

The torso's frame gives the root's rotation and the limbs' directions give the joints', so that the optimisation in
`fit.py` starts on the right side: left and right, or front and back, are never its to discover.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.fitting.clavicles import raised_clavicles
from bodydouble.geometry.rotation import axis_angle_from_matrix, matrix_from_axis_angle, rotation_between
from bodydouble.person.landmarks import HIPS, SHOULDERS, SIDES, side_point
from bodydouble.values import BODY_LANDMARKS, Camera, Person, Pose, RestBody

NEAREST_M = 0.5  # metres before the camera, at least
_ARM = ("shoulder", "elbow", "wrist", "index")  # body points along a limb; the joints are at all but the last
_LEG = ("hip", "knee", "ankle", "foot_index")
_BENT = 0.3  # sine of the angle from which a joint's bend fixes the plane of the limb


def initial_pose(person: Person, rest: RestBody, body: BodyModel) -> Pose:
    """The rest body turned and bent so that torso and limbs point where the landmarks in metres say.

    Joints whose landmarks are unknown keep their rest rotation.
    """
    observed = world_axes(person.landmarks_world)[BODY_LANDMARKS]
    at_rest = body.landmarks.points(rest.vertices)[BODY_LANDMARKS]
    root = _torso_frame(observed) @ _torso_frame(at_rest).T
    rotations = {0: root}
    raised = raised_clavicles(observed, body)
    for side in SIDES:
        clavicle = body.roles[f"{side}_clavicle"]
        rotations[clavicle] = root @ matrix_from_axis_angle(raised[clavicle])
        for limb in (_ARM, _LEG):
            rows = [side_point(side, part) for part in limb]
            _aim(rotations, body, [f"{side}_{part}" for part in limb[:3]], at_rest[rows], observed[rows])
    joints = torch.zeros(len(body.joint_names), 3)
    for joint, rotation in rotations.items():
        if joint > 0:
            joints[joint] = axis_angle_from_matrix(_nearest_above(rotations, body, joint).T @ rotation)
    return Pose(
        joints=joints,
        root_rotation=axis_angle_from_matrix(root),
        root_translation=torch.zeros(3),
        expression=torch.zeros(len(body.expression_names)),
    )


def _nearest_above(rotations: dict[int, Tensor], body: BodyModel, joint: int) -> Tensor:
    """3×3 world rotation of the nearest joint above one that has any."""
    ancestor = body.parents[joint]
    while ancestor > 0 and ancestor not in rotations:
        ancestor = body.parents[ancestor]
    return rotations[ancestor]


def place(points: Tensor, pixels: Tensor, weights: Tensor, camera: Camera) -> Tensor:
    """The translation (3,), metres, that brings N×3 world points nearest to N×2 pixels: linear least squares.

    For `geometry.camera.photo_camera`: it stands at the origin and looks along -z.
    """
    focal, centre = camera.intrinsics[0, 0], camera.intrinsics[:2, 2]
    offset = pixels - centre
    zero, one = torch.zeros(len(points)), torch.full((len(points),), float(focal))
    rows_x = torch.stack([one, zero, offset[:, 0]], 1)
    rows_y = torch.stack([zero, -one, offset[:, 1]], 1)
    right_x = -focal * points[:, 0] - offset[:, 0] * points[:, 2]
    right_y = focal * points[:, 1] - offset[:, 1] * points[:, 2]
    # Normal equations in float64: lapack's least squares differ in the last bit from call to call.
    matrix = (torch.cat([rows_x, rows_y]) * weights.repeat(2)[:, None]).double()
    right = (torch.cat([right_x, right_y]) * weights.repeat(2)).double()
    normal = (matrix[:, :, None] * matrix[:, None, :]).sum(0)
    return torch.linalg.solve(normal, (matrix * right[:, None]).sum(0)).float()


def world_axes(points: Tensor) -> Tensor:
    """Camera axes (x right, y down, z forward) to the axes of the world as `photo_camera` sees it."""
    return points * torch.tensor([1.0, -1.0, -1.0])


def _torso_frame(points: Tensor) -> Tensor:
    """3×3 with columns left, up, front of the torso."""
    shoulders, hips = points[SHOULDERS], points[HIPS]
    left = (shoulders[0] - shoulders[1]) + (hips[0] - hips[1])
    up = shoulders.mean(0) - hips.mean(0)
    up = torch.nn.functional.normalize(up, dim=0)
    left = torch.nn.functional.normalize(left - (left @ up) * up, dim=0)
    return torch.stack([left, up, torch.linalg.cross(left, up)], 1)


def _aim(rotations: dict[int, Tensor], body: BodyModel, roles: list[str], at_rest: Tensor, observed: Tensor) -> None:
    """Turn a chain of three joints so that its bones (4 points each) point as seen; adds to `rotations`."""
    if not torch.isfinite(observed).all():
        return
    rest_bones, seen_bones = at_rest.diff(dim=0), observed.diff(dim=0)
    current = _nearest_above(rotations, body, body.roles[roles[0]])
    for n, role in enumerate(roles):
        turned = current @ rest_bones[n]
        current = rotation_between(turned, seen_bones[n]) @ current
        if n == 0:
            current = _in_bending_plane(current, rest_bones[:2], seen_bones[:2], role)
        rotations[body.roles[role]] = current


def _in_bending_plane(rotation: Tensor, rest_bones: Tensor, seen_bones: Tensor, role: str) -> Tensor:
    """Twist a limb's first bone so that its second bends about the joint's hinge, where the bend is clear."""
    direction = torch.nn.functional.normalize(seen_bones[0], dim=0)
    hinge = torch.linalg.cross(direction, torch.nn.functional.normalize(seen_bones[1], dim=0))
    if hinge.norm() < _BENT:
        return rotation
    if role.endswith("hip"):
        rest_hinge = torch.tensor([1.0, 0.0, 0.0])  # a knee bends the shin backwards: about the body's left
    else:
        rest_hinge = torch.linalg.cross(rest_bones[0], rest_bones[1])
    turned = rotation @ rest_hinge
    twist = torch.atan2(torch.linalg.cross(turned, hinge) @ direction, turned @ hinge)
    return matrix_from_axis_angle(twist * direction) @ rotation
