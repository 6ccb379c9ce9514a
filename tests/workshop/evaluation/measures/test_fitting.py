"""A perfect fit has no error, and known errors are told in millimetres."""

from dataclasses import replace

import pytest
import torch

from bodydouble.geometry.rotation import axis_angle_from_matrix, matrix_from_axis_angle
from bodydouble.values import LANDMARK_COUNT, BodyFit, Clothing, Person, Photo
from workshop.evaluation.cases import Case
from workshop.evaluation.measures.fitting import fitting_errors

_TURN = matrix_from_axis_angle(torch.tensor([0.0, 0.3, 0.0]))


@pytest.fixture
def case(tiny) -> Case:
    subject = tiny.subject("varied-a")
    view = subject.view(30.0)
    count = int(tiny.body.faces.max()) + 1
    clothing = Clothing(offsets=torch.zeros(count, 3), leg_blend=torch.zeros(count))
    fit = BodyFit(shape=subject.shape, pose=view.pose, camera=view.camera, clothing=clothing)
    nobody = Person(
        mask=view.mask, landmarks=torch.zeros(LANDMARK_COUNT, 3), landmarks_world=torch.zeros(LANDMARK_COUNT, 3)
    )
    return Case(photo=Photo(rgb=view.rgb), person=nobody, fit=fit, body=tiny.body, azimuth_deg=30.0)


def _errors(tiny, case: Case, **changes) -> dict[str, float]:
    subject = tiny.subject("varied-a")
    return fitting_errors(subject, subject.view(30.0), replace(case, fit=replace(case.fit, **changes)))


def test_the_truth_has_no_error(tiny, case: Case) -> None:
    assert max(abs(value) for value in _errors(tiny, case).values()) < 1e-2


def test_a_shift_is_no_error_and_a_turn_is_none_after_procrustes(tiny, case: Case) -> None:
    shifted = replace(case.fit.pose, root_translation=torch.tensor([0.3, 0.0, -0.2]))
    assert _errors(tiny, case, pose=shifted)["vertex_mm"] < 1e-2
    turned = replace(case.fit.pose, root_rotation=axis_angle_from_matrix(_TURN))
    errors = _errors(tiny, case, pose=turned)
    assert errors["vertex_mm"] > 20 and errors["vertex_mm_procrustes"] < 0.1


def test_a_bent_elbow_costs_after_procrustes_too(tiny, case: Case) -> None:
    joints = case.fit.pose.joints.clone()
    joints[tiny.body.roles["left_elbow"]] = torch.tensor([0.0, 0.0, 1.0])
    errors = _errors(tiny, case, pose=replace(case.fit.pose, joints=joints))
    assert errors["joint_mm_procrustes"] > 5 and abs(errors["height_mm"]) < 1e-2


def test_unknown_truth_gives_no_figures(tiny, case: Case) -> None:
    subject = replace(tiny.subject("varied-a"), shape=None)
    assert fitting_errors(subject, subject.view(30.0), case) == {}
