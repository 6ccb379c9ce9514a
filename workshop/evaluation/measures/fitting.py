"""How far a fitted body lies from the true one, in millimetres of the true person."""

from __future__ import annotations

from torch import Tensor

from bodydouble.body.skinning import joint_transforms
from bodydouble.geometry.camera import to_camera
from workshop.evaluation.align import procrustes
from workshop.evaluation.cases import Case
from workshop.evaluation.datasets import Subject, TrueView

COLUMNS = ("detected", "vertex_mm", "joint_mm", "vertex_mm_procrustes", "joint_mm_procrustes", "height_mm")


def fitting_errors(subject: Subject, view: TrueView, case: Case) -> dict[str, float]:
    """The errors of the case's bare body; empty where the truth is unknown.

    `vertex_mm`, `joint_mm`: mean distances in the camera's axes with the roots laid over each other; scale and tilt
    count. `…_procrustes`: after the best similarity. `height_mm`: of the body at rest, too large is positive.
    """
    if subject.shape is None or view.pose is None or view.camera is None:
        return {}
    body = case.body
    own_rest, true_rest = body.rest(case.fit.shape), body.rest(subject.shape)
    own, true = body.pose(own_rest, case.fit.pose).vertices, body.pose(true_rest, view.pose).vertices
    own_joints = joint_transforms(own_rest, case.fit.pose)[1]
    true_joints = joint_transforms(true_rest, view.pose)[1]
    seen, real = to_camera(own, case.fit.camera), to_camera(true, view.camera)
    seen_joints, real_joints = to_camera(own_joints, case.fit.camera), to_camera(true_joints, view.camera)
    height = (own_rest.vertices[:, 1].max() - true_rest.vertices[:, 1].max()) * 1000
    return {
        "vertex_mm": _mean_mm(seen - seen_joints[0], real - real_joints[0]),
        "joint_mm": _mean_mm(seen_joints - seen_joints[0], real_joints - real_joints[0]),
        "vertex_mm_procrustes": _mean_mm(procrustes(own, true)(own), true),
        "joint_mm_procrustes": _mean_mm(procrustes(own_joints, true_joints)(own_joints), true_joints),
        "height_mm": float(height),
    }


def _mean_mm(first: Tensor, second: Tensor) -> float:
    return float((first - second).norm(dim=-1).mean() * 1000)
