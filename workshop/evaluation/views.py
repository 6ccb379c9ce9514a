"""From a case and a true view to what a method is asked to draw."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from bodydouble.body.skinning import dress_rest
from bodydouble.values import BodyFit, Camera, Pose
from workshop.evaluation.align import carried, procrustes, through_photo, vertex_areas
from workshop.evaluation.cases import Case, Fits
from workshop.evaluation.datasets import Subject, TrueView
from workshop.evaluation.methods import TargetView
from workshop.evaluation.truth import Truth, truth_of


def true_vertices(subject: Subject, view: TrueView, case: Case) -> Tensor | None:
    """V×3 of the true bare body in the world of the view's camera; None where it is unknown."""
    if subject.shape is None or view.pose is None:
        return None
    return case.body.pose(case.body.rest(subject.shape), view.pose).vertices


def input_view(case: Case, view: TrueView) -> TargetView:
    """The input's own view: the camera is the fit's."""
    truth = truth_of(view)
    return _target_view(truth, case.fit.camera, case.fit.pose, 0.0)


def target_view(name: str, subject: Subject, case: Case, view: TrueView, reposed: bool, fits: Fits) -> TargetView:
    """Another view of the person.

    Args:
        name: of the view, for what is kept of it.
        reposed: the pose is another than the input's: it is then the true one, on the case's own body.

    Raises:
        NoPersonFound: the view's camera is unknown and the detector sees nobody to find it by.
    """
    truth, azimuth = truth_of(view), (view.azimuth_deg - case.azimuth_deg + 180) % 360 - 180
    true = true_vertices(subject, view, case)
    if true is None and not reposed and None not in (view.camera, case.true_camera, subject.surface):
        return _scan_view(truth, subject, case, view, azimuth)
    if true is None or view.camera is None or view.pose is None:
        registered_fit: BodyFit = fits.register(name, case, view)
        return _target_view(truth, registered_fit.camera, registered_fit.pose, azimuth)
    pose = view.pose if reposed else case.fit.pose
    fitted = case.body.pose(case.body.rest(case.fit.shape), replace(pose, expression=view.pose.expression)).vertices
    similarity = procrustes(fitted, true, vertex_areas(true, case.body.faces))
    return _target_view(truth, carried(view.camera, similarity), pose, azimuth)


def _scan_view(truth: Truth, subject: Subject, case: Case, view: TrueView, azimuth_deg: float) -> TargetView:
    assert view.camera is not None and case.true_camera is not None and subject.surface is not None
    rest = dress_rest(case.fit, case.body)
    fitted = case.body.pose(rest, case.fit.pose).vertices
    similarity = through_photo(fitted, case.fit.camera, subject.surface, case.true_camera)
    return _target_view(truth, carried(view.camera, similarity), case.fit.pose, azimuth_deg)


def _target_view(truth: Truth, camera: Camera, pose: Pose, azimuth_deg: float) -> TargetView:
    return TargetView(camera=truth.window.camera(camera), pose=pose, azimuth_deg=azimuth_deg, truth=truth)
