"""Fits are kept and found again; views are carried over; a person nobody sees counts as not detected."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from bodydouble.errors import InputError, NoPersonFound
from bodydouble.geometry.camera import project
from bodydouble.geometry.rotation import matrix_from_axis_angle
from bodydouble.values import BodyFit, Camera
from workshop.evaluation import cases, measure
from workshop.evaluation.align import Similarity, carried
from workshop.evaluation.cases import Case, Fits
from workshop.evaluation.datasets import Source
from workshop.evaluation.plan import Plan
from workshop.evaluation.views import input_view, target_view

FAR = Similarity(
    scale=0.8,
    rotation=matrix_from_axis_angle(torch.tensor([0.0, 1.0, 0.0])),
    translation=torch.tensor([1.0, 0.2, -2.0]),
)


@pytest.fixture
def undressed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clothing takes seconds and is not the subject here."""
    monkeypatch.setattr(cases, "clothe", lambda fit, person, body: fit)


@pytest.fixture
def case(tiny, tmp_path: Path, undressed: None) -> Case:
    subject = tiny.subject("varied-a")
    return Fits(folder=tmp_path, body=tiny.body).from_truth("a", subject, subject.view(0.0))


def test_a_fit_is_kept_until_the_photo_changes(tiny, tmp_path: Path, case: Case, monkeypatch) -> None:
    subject, fits = tiny.subject("varied-a"), Fits(folder=tmp_path, body=tiny.body)
    monkeypatch.setattr(cases, "clothe", lambda *_: pytest.fail("fitted again"))
    again = fits.from_truth("a", subject, subject.view(0.0))
    assert torch.equal(again.person.mask, case.person.mask)
    assert torch.equal(again.fit.pose.joints, case.fit.pose.joints) and again.fit.camera.size == case.fit.camera.size
    with pytest.raises(pytest.fail.Exception):
        fits.from_truth("a", subject, subject.view(4.0))


def test_true_geometry_needs_the_truth(tiny, tmp_path: Path) -> None:
    subject = replace(tiny.subject("varied-a"), shape=None)
    with pytest.raises(InputError, match="not known"):
        Fits(folder=tmp_path, body=tiny.body).from_truth("a", subject, subject.view(0.0))


def _pixels(case: Case, camera: Camera) -> torch.Tensor:
    vertices = case.body.pose(case.body.rest(case.fit.shape), case.fit.pose).vertices
    return project(vertices[::500], camera)[:, :2]


def test_a_perfect_fit_is_seen_as_the_truth_is(tiny, tmp_path: Path, case: Case) -> None:
    subject, view = tiny.subject("varied-a"), tiny.subject("varied-a").view(120.0)
    target = target_view("a", subject, case, view, False, Fits(folder=tmp_path, body=tiny.body))
    assert target.azimuth_deg == 120
    true = target.truth.window.camera(view.camera)
    assert (_pixels(case, target.camera) - _pixels(case, true)).abs().max() < 0.5
    own = input_view(case, subject.view(0.0))
    assert own.azimuth_deg == 0 and torch.equal(own.pose.joints, case.fit.pose.joints)


def test_a_fit_in_a_world_of_its_own_is_carried_over(tiny, tmp_path: Path, case: Case) -> None:
    """The true people stand elsewhere, turned and smaller: the pixels are the same."""
    subject, view = tiny.subject("varied-a"), tiny.subject("varied-a").view(120.0)
    vertices = case.body.pose(case.body.rest(subject.shape), view.pose).vertices
    scan = replace(subject, shape=None, surface=FAR(vertices))
    inverse = Similarity(
        scale=1 / FAR.scale, rotation=FAR.rotation.T, translation=-FAR.rotation.T @ FAR.translation / FAR.scale
    )
    far_case = replace(case, true_camera=carried(case.fit.camera, inverse))
    far_view = replace(view, camera=carried(view.camera, inverse))
    target = target_view("a", scan, far_case, far_view, False, Fits(folder=tmp_path, body=tiny.body))
    true = target.truth.window.camera(view.camera)
    assert (_pixels(case, target.camera) - _pixels(case, true)).abs().max() < 2


def test_whom_nobody_sees_is_not_detected(tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unseen(*_: object) -> BodyFit:
        raise NoPersonFound("nobody")

    monkeypatch.setattr(Fits, "estimate", unseen)
    plan = Plan(out=tmp_path, source=Source(), rows=("mean-colour",), protocols=(), flicker_frames=2)
    result = measure._Bench(plan, tiny.body, tiny, "turning-a").result()
    assert [(m.column, m.value) for m in result.measurements] == [("detected", 0.0)]
    assert result.failures == {"flicker": "nobody"}
