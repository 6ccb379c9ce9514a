"""A texture is as large as the face in the photo asks for, and no larger for people shown whole."""

import pytest
import torch

from bodydouble.body.anny import AnnyBody
from bodydouble.person.landmarks import KNEES, FacePoint
from bodydouble.surface.regions import Region, anatomy
from bodydouble.texture.size import _TEXELS_PER_METRE, LARGE_TEXELS, ORDINARY_TEXELS, choose_texture_size
from bodydouble.values import Person


def person(face_px: float, legs: bool, face: bool = True) -> Person:
    """Whose face is so many pixels from brow to chin; the legs are in the photo or below its edge."""
    landmarks = torch.zeros(543, 3)
    landmarks[:, :2], landmarks[:, 2] = 100.0, 0.99
    landmarks[75 + FacePoint.CHIN, 1] += face_px
    landmarks[75:, 2] = float(face)
    if not legs:
        landmarks[KNEES] = torch.tensor([100.0, 500.0, 0.1])
    return Person(mask=torch.ones(400, 200), landmarks=landmarks, landmarks_world=torch.zeros(543, 3))


@pytest.mark.parametrize(
    ("persons", "texels"),
    [
        ([person(100, legs=False)], ORDINARY_TEXELS),
        ([person(200, legs=False)], LARGE_TEXELS),
        ([person(200, legs=True)], ORDINARY_TEXELS),
        ([person(200, legs=False, face=False)], ORDINARY_TEXELS),
        ([person(100, legs=True), person(200, legs=False)], LARGE_TEXELS),
        ([], ORDINARY_TEXELS),
    ],
    ids=["small face", "portrait", "whole person", "from behind", "second photo is a portrait", "nobody"],
)
def test_the_face_decides(persons, texels):
    assert choose_texture_size(persons) == texels


def test_the_layout_gives_a_face_so_many_texels(anny: AnnyBody):
    rest = anny.rest(anny.mean_shape())
    parts = anatomy(anny)
    corners, uv = rest.vertices[anny.faces], anny.layout.uv[anny.layout.faces] * ORDINARY_TEXELS
    normals = torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    one, other = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    texels = (one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]).abs()
    ahead = normals[:, 2] > 0.3 * normals.norm(dim=1)
    face = (parts.score.argmax(1) == Region.FACE)[anny.faces].all(1) & ~parts.hidden & ahead
    per_metre = (texels / normals.norm(dim=1).clamp_min(1e-12)).sqrt()[face]
    assert float(per_metre.quantile(0.25)) == pytest.approx(_TEXELS_PER_METRE, rel=0.02)
