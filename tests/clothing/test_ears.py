"""An ear beside which the outline stands off stays an ear."""

from dataclasses import replace

import pytest
import torch

from bodydouble.clothing.ears import keep_ears
from bodydouble.surface.regions import EAR, Region, anatomy
from bodydouble.values import FACE_LANDMARKS


@pytest.fixture
def swollen(anny, draw_scene):
    """A fit whose head stands off sideways by up to four centimetres, more the farther back."""
    fit = draw_scene(lambda labels, joints, covered: labels).fit
    vertices = anny.rest(fit.shape).vertices
    offsets = torch.zeros_like(vertices)
    high = vertices[:, 1] > vertices[:, 1].max() - 0.25
    offsets[high, 0] = vertices[high, 0].sign() * (0.03 - 0.1 * vertices[high, 2]).clamp(0.0, 0.04)
    return replace(fit, clothing=replace(fit.clothing, offsets=offsets))


def test_it_keeps_its_form_and_hardly_moves(anny, swollen):
    vertices = anny.rest(swollen.shape).vertices
    ear = anny.landmarks.points(vertices)[FACE_LANDMARKS][EAR]
    face = anatomy(anny).score.argmax(1) == Region.FACE
    inside = face & (vertices[:, 2] < ear[2]) & ((vertices[:, 1] - ear[1]).abs() < 0.035)
    offsets = keep_ears(swollen, anny).clothing.offsets
    for side in (1, -1):
        of_ear = inside & (vertices[:, 0] * side > ear[0].abs())
        assert int(of_ear.sum()) > 100
        assert float(swollen.clothing.offsets[of_ear].norm(dim=1).max()) > 0.025
        moved = offsets[of_ear]
        assert float((moved - moved[0]).norm(dim=1).max()) < 1e-6, "it moves as one"
        assert float(moved[0, 0]) * side == pytest.approx(0.006, abs=1e-6)


def test_hair_and_face_stay_where_they_are(anny, swollen):
    offsets = keep_ears(swollen, anny).clothing.offsets
    vertices = anny.rest(swollen.shape).vertices
    ear = anny.landmarks.points(vertices)[FACE_LANDMARKS][EAR]
    elsewhere = anatomy(anny).scalp | (vertices[:, 2] > ear[2] + 0.02)
    assert torch.equal(offsets[elsewhere], swollen.clothing.offsets[elsewhere])
