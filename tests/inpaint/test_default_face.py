"""A face that nobody saw gets lips and brows; one that was seen keeps its own."""

import pytest
import torch

from bodydouble.inpaint.region_colours import _BROWS, _LIPS, _points, paint_default_face
from bodydouble.surface.graph import mean_surface_graph
from bodydouble.surface.regions import Region


@pytest.fixture(scope="module")
def surface(anny):
    return mean_surface_graph(anny, 128).surface


@pytest.fixture
def skin(surface):
    return torch.tensor([0.7, 0.5, 0.4]).expand(len(surface), -1)


def _near(surface, lines):
    front = (surface.region == Region.FACE) & (surface.normal[:, 2] > 0.2)
    return front & (torch.cdist(surface.position, _points(surface, lines)).amin(1) < 0.003)


def test_brows_lie_above_the_eyes_and_lips_below_the_nose(surface):
    brows, lips = _points(surface, _BROWS), _points(surface, _LIPS)
    eyes = surface.position[surface.region == Region.EYE]
    nose, chin = surface.face_landmarks[1], surface.face_landmarks[152]
    assert brows[:, 1].min() > eyes[:, 1].mean() and brows[:, 1].max() < eyes[:, 1].max() + 0.04
    assert chin[1] < lips[:, 1].min() and lips[:, 1].max() < nose[1]
    assert all(abs(points[:, 0].mean()) < 0.002 for points in (brows, lips)), "as much left as right"


def test_a_face_that_nobody_saw_gets_lips_and_brows(surface, skin):
    painted, opacity = paint_default_face(surface, skin, torch.zeros(len(surface)))
    brows, lips = (painted[_near(surface, lines)].mean(0) for lines in (_BROWS, _LIPS))
    assert brows.mean() < 0.7 * skin[0].mean(), "brows are dark"
    assert lips[0] > 0.75 * skin[0, 0] and lips[1] < 0.8 * skin[0, 1], "lips are red"
    body = surface.region == Region.BODY
    assert torch.equal(painted[body], skin[body]) and not opacity[body].any()
    assert painted[surface.region == Region.EYE].std(0).min() > 0.1, "eyes have an iris"


def test_a_cheek_is_not_a_face_and_a_seen_mouth_stays(surface, skin):
    from_the_side = ((surface.position[:, 0] > 0.05) & (surface.region == Region.FACE)).float()
    assert paint_default_face(surface, skin, from_the_side)[1][_near(surface, _LIPS)].mean() > 0.5
    painted, opacity = paint_default_face(surface, skin, torch.ones(len(surface)))
    face = surface.region == Region.FACE
    assert torch.equal(painted[face], skin[face]) and not opacity[face].any()
    assert not torch.equal(painted, skin), "eyes are painted all the same"
