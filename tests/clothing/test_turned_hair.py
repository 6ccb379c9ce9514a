"""Hair leaves free of the hidden half of a turned face what it leaves free of the other half."""

import math
from dataclasses import replace

import pytest
import torch

from bodydouble.body.skinning import dress_rest
from bodydouble.clothing.loose import find_loose
from bodydouble.clothing.loose_surfaces import hang_loose
from bodydouble.clothing.turned_hair import find_free_face
from bodydouble.geometry.camera import project
from bodydouble.surface.skeleton import pose_surface
from bodydouble.values import FACE_LANDMARKS
from tests.garments import paint_hair

_CHEEK = {"right": 117, "left": 346}  # rows of the face's landmarks


@pytest.fixture
def turned(anny, draw_scene):
    """A function that turns a painted person with long hair: the body's fit, its view, and what is found there."""

    def turn(degrees: float):
        scene = draw_scene(paint_hair(0.25))
        pose = replace(scene.fit.pose, root_rotation=torch.tensor([0.0, math.radians(degrees), 0.0]))
        fit = replace(scene.fit, pose=pose)
        return fit, find_loose(fit, scene.photo, scene.person, scene.understanding, anny)

    return turn


def cheeks(fit, view, anny) -> torch.Tensor:
    """2×1×3: the right and the left cheek in pixels and depth."""
    face = anny.landmarks.points(anny.pose(anny.rest(fit.shape), fit.pose).vertices)[FACE_LANDMARKS]
    return project(face[list(_CHEEK.values())], view.camera)[:, None]


@pytest.mark.parametrize(("degrees", "hidden"), [(40.0, "left"), (-40.0, "right")])
def test_the_other_cheek_tells_of_the_hidden_one(anny, turned, degrees, hidden):
    fit, loose = turned(degrees)
    points = cheeks(fit, loose.head_view, anny)
    twin, tells = find_free_face(points, loose.head_view, fit, anny)
    row = list(_CHEEK).index(hidden)
    assert float(tells[row, 0]) > 0.9
    assert float(tells[1 - row, 0]) == 0
    away = (twin[row, 0] - points[1 - row, 0, :2]).norm() / loose.head_view.pixels(1.0)
    assert float(away) < 0.012, "metres from the cheek that the photo shows"


def test_who_faces_the_camera_tells_each_half_by_itself(anny, turned):
    fit, loose = turned(5.0)
    assert float(find_free_face(cheeks(fit, loose.head_view, anny), loose.head_view, fit, anny)[1].max()) == 0


def test_no_hair_hangs_over_the_hidden_cheek(anny, turned):
    """The painted hair is that of somebody who faces the camera: it leaves both cheeks free."""
    fit, loose = turned(40.0)
    (hair,) = hang_loose(loose, fit, anny)
    mesh = pose_surface(hair, dress_rest(fit, anny), fit.pose).mesh
    face = anny.landmarks.points(anny.pose(anny.rest(fit.shape), fit.pose).vertices)[FACE_LANDMARKS]
    corners = mesh.vertices[mesh.faces].mean(1)
    nearest = (corners - face[_CHEEK["left"]]).norm(dim=1).argsort()[:12]
    texel = (hair.layout.uv[hair.layout.faces].mean(1) * hair.texture.alpha.shape[-1]).long()
    alpha = hair.texture.alpha[texel[nearest, 1], texel[nearest, 0]]
    assert float(alpha.max()) < 0.5
