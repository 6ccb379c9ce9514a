"""How well a fitted body covers the person in its photo."""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import dressed
from bodydouble.geometry.camera import clip_from_world, project, resized, to_camera
from bodydouble.metadata import Figures
from bodydouble.raster import rasteriser
from bodydouble.values import BODY_LANDMARKS, FACE_LANDMARKS, BodyFit, Camera, Mesh, Person

_LONGER_SIDE = 512  # pixels at which silhouettes are compared
_SURE = 0.5  # landmark score from which a landmark counts as seen


@torch.no_grad()
def measure(fit: BodyFit, person: Person, body: BodyModel) -> Figures:
    """Silhouette IoU of the bare and the clothed body, and mean landmark errors as shares of the person's height."""
    rest = body.rest(fit.shape)
    bare = body.pose(rest, fit.pose)
    clothed = body.pose(dressed(rest, fit.clothing, body.mirror_joints), fit.pose)
    root = to_camera(rest.joints[0] + fit.pose.root_translation, fit.camera)
    height_m = rest.vertices[:, 1].max() - rest.vertices[:, 1].min()
    height_px = float(height_m * fit.camera.intrinsics[1, 1] / root[2])
    distance = landmark_distances(bare, fit.camera, person, body) / height_px
    body_error, face_error = distance[BODY_LANDMARKS].nanmean(), distance[FACE_LANDMARKS].nanmean()
    return Figures(
        silhouette_iou_bare=silhouette_iou(bare, fit.camera, person.mask),
        silhouette_iou=silhouette_iou(clothed, fit.camera, person.mask),
        body_landmark_error=float(body_error.nan_to_num(1.0)),
        face_landmark_error=None if face_error.isnan() else float(face_error),
    )


def silhouette_iou(mesh: Mesh, camera: Camera, mask: Tensor) -> float:
    """Intersection over union in [0, 1] of the mesh's silhouette and an H×W mask, at 512 pixels."""
    scale = min(1.0, _LONGER_SIDE / max(camera.size))
    size = (max(1, round(camera.size[0] * scale)), max(1, round(camera.size[1] * scale)))
    clip = clip_from_world(mesh.vertices, resized(camera, size))
    covered = rasteriser()(clip[None], mesh.faces, size).face[0] >= 0
    person = torch.nn.functional.interpolate(mask[None, None], size, mode="area")[0, 0] > 0.5
    union = (covered | person).sum()
    return float((covered & person).sum() / union.clamp_min(1))


def landmark_distances(mesh: Mesh, camera: Camera, person: Person, body: BodyModel) -> Tensor:
    """(543,) pixels between each landmark and its place on the mesh; NaN where it is unsure or the body lacks it."""
    pixels = project(body.landmarks.points(mesh.vertices), camera)[:, :2]
    distance = (pixels - person.landmarks[:, :2]).norm(dim=-1)
    known = (person.landmarks[:, 2] > _SURE) & (body.landmarks.weights.sum(-1) > 0)
    return torch.where(known, distance, torch.nan)
