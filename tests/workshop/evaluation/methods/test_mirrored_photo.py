"""The mirrored photo covers the photo, and lies where the truth does."""

from dataclasses import replace

import torch

from bodydouble.values import LANDMARK_COUNT, BodyFit, Person, Photo
from workshop.evaluation.cases import Case
from workshop.evaluation.datasets import TrueView
from workshop.evaluation.methods import TargetView
from workshop.evaluation.methods.mirrored_photo import MirroredPhoto
from workshop.evaluation.truth import truth_of


def _case(fit: BodyFit, anny) -> Case:
    """Red on the left of the picture, blue on the right."""
    mask = torch.zeros(120, 90)
    mask[20:100, 30:60] = 1
    rgb = torch.zeros(3, 120, 90)
    rgb[0, :, :45], rgb[2, :, 45:] = 1, 1
    person = Person(mask=mask, landmarks=torch.zeros(LANDMARK_COUNT, 3), landmarks_world=torch.zeros(LANDMARK_COUNT, 3))
    return Case(photo=Photo(rgb=rgb), person=person, fit=fit, body=anny, azimuth_deg=0.0)


def _target(case: Case, azimuth: float, mask: torch.Tensor) -> TargetView:
    truth = truth_of(TrueView(rgb=case.photo.rgb, mask=mask, azimuth_deg=azimuth))
    return TargetView(camera=case.fit.camera, pose=case.fit.pose, azimuth_deg=azimuth, truth=truth)


def test_the_photo_covers_itself_and_its_mirror_image_the_back(fit: BodyFit, anny) -> None:
    case = _case(fit, anny)
    front = MirroredPhoto(case).draw(_target(case, 0.0, case.person.mask))
    back = MirroredPhoto(case).draw(_target(case, 180.0, case.person.mask))
    truth = truth_of(TrueView(rgb=case.photo.rgb, mask=case.person.mask, azimuth_deg=0.0))
    inside = truth.mask > 0.99
    assert torch.allclose(front[3], truth.mask, atol=0.02)
    assert (front[:3] - truth.picture).abs()[:, inside].mean() < 0.02
    assert (back[:3].flip(-1) - truth.picture).abs()[:, inside].mean() < 0.05


def test_it_is_as_tall_as_the_truth_and_stands_where_they_do(fit: BodyFit, anny) -> None:
    case = _case(fit, anny)
    mask = torch.zeros(400, 300)
    mask[50:350, 100:150] = 1
    drawing = MirroredPhoto(case).draw(
        replace(
            _target(case, 0.0, case.person.mask),
            truth=truth_of(TrueView(rgb=torch.zeros(3, 400, 300), mask=mask, azimuth_deg=0.0)),
        )
    )
    truth = truth_of(TrueView(rgb=torch.zeros(3, 400, 300), mask=mask, azimuth_deg=0.0))
    for axis in (0, 1):
        drawn, true = ((m > 0.5).any(1 - axis).nonzero()[:, 0] for m in (drawing[3], truth.mask))
        assert abs(float(drawn.float().mean() - true.float().mean())) < 2
    assert abs(int((drawing[3] > 0.5).any(1).sum()) - int((truth.mask > 0.5).any(1).sum())) <= 3
