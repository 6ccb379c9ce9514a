"""How far a fitted body lies from the true one, in millimetres of the true person."""

from __future__ import annotations

from torch import Tensor

from bodydouble.body.skinning import joint_transforms
from bodydouble.geometry.camera import to_camera
from bodydouble.values import Camera
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
    fitted_rest, true_rest = body.rest(case.fit.shape), body.rest(subject.shape)
    fitted, true = body.pose(fitted_rest, case.fit.pose).vertices, body.pose(true_rest, view.pose).vertices
    fitted_joints = joint_transforms(fitted_rest, case.fit.pose)[1]
    true_joints = joint_transforms(true_rest, view.pose)[1]
    fitted_seen, fitted_joints_seen = _from_root(fitted, fitted_joints, case.fit.camera)
    true_seen, true_joints_seen = _from_root(true, true_joints, view.camera)
    return {
        "vertex_mm": _mean_mm(fitted_seen, true_seen),
        "joint_mm": _mean_mm(fitted_joints_seen, true_joints_seen),
        "vertex_mm_procrustes": _mean_mm(procrustes(fitted, true)(fitted), true),
        "joint_mm_procrustes": _mean_mm(procrustes(fitted_joints, true_joints)(fitted_joints), true_joints),
        "height_mm": float((fitted_rest.vertices[:, 1].max() - true_rest.vertices[:, 1].max()) * 1000),
    }


def _from_root(vertices: Tensor, joints: Tensor, camera: Camera) -> tuple[Tensor, Tensor]:
    """Vertices and joints in the camera's axes, from the root."""
    vertices, joints = to_camera(vertices, camera), to_camera(joints, camera)
    return vertices - joints[0], joints - joints[0]


def _mean_mm(first: Tensor, second: Tensor) -> float:
    return float((first - second).norm(dim=-1).mean() * 1000)
