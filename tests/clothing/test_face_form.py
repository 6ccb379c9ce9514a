"""A face takes the form that its landmarks tell, also in depth where the head is turned; nothing else moves."""

from dataclasses import replace

import pytest
import torch

from bodydouble.body.skinning import apply_clothing
from bodydouble.clothing.face_form import shape_face
from bodydouble.geometry.camera import photo_camera, project
from bodydouble.person.landmarks import FacePoint
from bodydouble.surface.regions import Region, anatomy
from bodydouble.values import FACE_LANDMARKS, BodyFit, Clothing, Person

_CAMERA = photo_camera(3000.0, (1600, 1200))  # a millimetre of a person 4 m away is 0.75 pixels


@pytest.fixture(scope="module")
def face_on(anny, standing) -> BodyFit:
    """The mean body before a camera of a usual photo's resolution, its head within the picture."""
    pose = replace(standing.pose, root_translation=torch.tensor([0.0, -1.4, -4.0]))
    return replace(standing, pose=pose, camera=_CAMERA)


def _turned(fit: BodyFit, radians: float) -> BodyFit:
    return replace(fit, pose=replace(fit.pose, root_rotation=torch.tensor([0.0, radians, 0.0])))


def _long_nose(anny, depth: float, down: float) -> Clothing:
    """A nose that is longer, smoothly, and alike on both sides."""
    rest = anny.rest(anny.mean_shape())
    tip = anny.landmarks.points(rest.vertices)[FACE_LANDMARKS][FacePoint.NOSE_TIP]
    near = torch.exp(-0.5 * ((rest.vertices - tip).norm(dim=1) / 0.03).square())
    return Clothing(offsets=near[:, None] * torch.tensor([0.0, -down, depth]), leg_blend=torch.zeros(len(near)))


def _points(anny, fit: BodyFit) -> torch.Tensor:
    rest = apply_clothing(anny.rest(fit.shape), fit.clothing, anny.mirror_joints)
    return anny.landmarks.points(anny.pose(rest, fit.pose).vertices)


def _seen(anny, fit: BodyFit, score: float = 1.0) -> Person:
    """The person of whom a detector without error sees this fit."""
    pixel = project(_points(anny, fit), fit.camera)
    landmarks = torch.cat([pixel[:, :2], torch.full((len(pixel), 1), score)], 1)
    return Person(mask=torch.zeros(1600, 1200), landmarks=landmarks, landmarks_world=torch.full((543, 3), torch.nan))


def test_landmarks_come_to_lie_where_they_were_detected(anny, face_on):
    person = _seen(anny, replace(face_on, clothing=_long_nose(anny, 0.0, 0.006)))

    def missed(fit):
        return (project(_points(anny, fit), _CAMERA)[FACE_LANDMARKS, :2] - person.landmarks[FACE_LANDMARKS, :2]).norm(
            dim=1
        )

    before, after = missed(face_on), missed(shape_face(face_on, person, anny))
    assert float(before.max()) > 4
    assert float(after.max()) < 1
    assert float(after.mean()) < 0.2 * float(before.mean())


def test_a_turned_head_tells_how_far_its_nose_stands_out(anny, face_on):
    turned = _turned(face_on, 0.6)
    person = _seen(anny, replace(turned, clothing=_long_nose(anny, 0.006, 0.0)))
    moved = anny.landmarks.points(shape_face(turned, person, anny).clothing.offsets)[FACE_LANDMARKS][FacePoint.NOSE_TIP]
    assert 0.002 < float(moved[2]) < 0.006
    assert abs(float(moved[0])) < 0.6 * float(moved[2]), "both sides move alike rather than one by itself"


def test_nothing_but_the_face_moves(anny, face_on):
    person = _seen(anny, replace(face_on, clothing=_long_nose(anny, 0.0, 0.02)))
    offsets = shape_face(face_on, person, anny).clothing.offsets
    assert 0.006 < float(offsets.norm(dim=1).max()) <= 0.012
    below = anatomy(anny).score.argmax(1)
    assert not bool(offsets[(below == Region.HAND) | (below == Region.FOOT)].any())
    assert float(offsets[anny.rest(face_on.shape).vertices[:, 2] < -0.05].norm(dim=1).max()) < 0.002


def test_hair_and_clothes_that_were_there_stay(anny, face_on):
    person = _seen(anny, replace(face_on, clothing=_long_nose(anny, 0.0, 0.006)))
    worn = replace(face_on.clothing, offsets=torch.full_like(face_on.clothing.offsets, 0.01))
    dressed = shape_face(replace(face_on, clothing=worn), person, anny).clothing.offsets
    assert torch.allclose(dressed - 0.01, shape_face(face_on, person, anny).clothing.offsets, atol=1e-6)


def test_a_face_that_was_not_seen_stays(anny, face_on):
    assert shape_face(face_on, _seen(anny, face_on, score=0.0), anny) is face_on
    away = _turned(face_on, 3.1)
    assert shape_face(away, _seen(anny, away), anny) is away
