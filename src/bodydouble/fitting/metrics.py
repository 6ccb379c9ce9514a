"""How well a fitted body matches its photo: the figures that `info` tells and the benchmarks collect."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import apply_clothing
from bodydouble.geometry.camera import clip_from_world, project
from bodydouble.person.landmarks import ELBOWS, FEET_ROWS, HIPS, KNEES, SHOULDERS, WRISTS, BodyPoint
from bodydouble.raster import rasteriser
from bodydouble.values import BODY_LANDMARKS, FACE_LANDMARKS, BodyFit, Person

# Body points that the hand and face networks do not know better: shoulders to wrists, hips to toes.
_BODY_ROWS = [*SHOULDERS, *ELBOWS, *WRISTS, *HIPS, *KNEES, *[*BodyPoint][FEET_ROWS]]


@dataclass(frozen=True, kw_only=True)
class FitQuality:
    """Figures of one fit. Landmark errors are mean distances on the image, as fractions of the person's height."""

    silhouette_iou: float  # of the drawn body against the person's mask, but for what a held thing hides
    body_landmark_error: float | None  # None: nothing of it was seen
    face_landmark_error: float | None


def fit_quality(fit: BodyFit, person: Person, body: BodyModel) -> FitQuality:
    """Measure a fit, with the clothing it carries, at the photo's own resolution."""
    rest = body.rest(fit.shape)
    bare = body.pose(rest, fit.pose)
    worn = body.pose(apply_clothing(rest, fit.clothing, body.mirror_joints), fit.pose)
    clip = clip_from_world(worn.vertices, fit.camera)[None]
    covered = rasteriser()(clip, body.faces, fit.camera.size).face[0] >= 0
    mask = person.mask > 0.5
    if person.things is not None:
        covered &= ~person.things
    points = project(body.landmarks.points(bare.vertices), fit.camera)
    height_px = fit.camera.intrinsics[1, 1] * rest.vertices[:, 1].max() / points[BODY_LANDMARKS, 2].median()
    distance = (points[:, :2] - person.landmarks[:, :2]).norm(dim=1) / height_px
    visible = (person.landmarks[:, 2] > 0.5) & (body.landmarks.weights.sum(1) > 0)
    rows = torch.zeros_like(visible)
    rows[_BODY_ROWS] = True
    face = torch.zeros_like(visible)
    face[FACE_LANDMARKS] = True
    return FitQuality(
        silhouette_iou=iou(covered, mask),
        body_landmark_error=_mean(distance[visible & rows]),
        face_landmark_error=_mean(distance[visible & face]),
    )


def iou(first: Tensor, second: Tensor) -> float:
    """Intersection over union of two H×W bool masks, [0, 1]; 0 where both are empty."""
    return float((first & second).sum() / (first | second).sum().clamp_min(1))


def _mean(values: Tensor) -> float | None:
    return float(values.mean()) if len(values) else None
