"""The square of the photo: the whole body is in it, where it is in the photo, and beyond the photo nobody is."""

from dataclasses import replace

import pytest
import torch

from bodydouble.body.skinning import pose_fit
from bodydouble.geometry.camera import cropped, project
from bodydouble.texture.square_view import square_view
from bodydouble.values import Photo
from tests.texture.conftest import Scene, make_scene

SIDE = 256


@pytest.fixture(scope="module")
def square(scene: Scene, anny):
    return square_view(scene.view, anny, SIDE)


def test_it_holds_the_whole_body(square):
    covered = (square.uv >= 0).all(0)
    assert square.rgb.shape == (3, SIDE, SIDE) and square.mask.shape == (SIDE, SIDE)
    assert 0.8 * SIDE < len(covered.any(1).nonzero()) < 0.97 * SIDE
    assert not (covered[0] | covered[-1] | covered[:, 0] | covered[:, -1]).any()


def test_body_and_person_lie_where_they_lie_in_the_photo(square, scene):
    covered, person = (square.uv >= 0).all(0), square.mask > 0.5
    assert (covered & person).sum() / (covered | person).sum() > 0.97
    magenta = square.rgb[0] > square.rgb[1]
    assert not magenta[square.mask > 0.99].any() and magenta[square.mask < 0.01].all()


def test_the_colour_at_each_uv_is_the_texture_s(square, scene):
    """The body's uv leads to the colours that the photo was drawn with."""
    inside = (square.mask > 0.99) & (square.uv >= 0).all(0)
    column, row = (square.uv[:, inside] * scene.truth.shape[-1]).long()
    assert (square.rgb[:, inside] - scene.truth[:, row, column]).abs().median() < 0.03


def test_the_cosine_is_one_ahead_and_nothing_beside(square):
    covered = (square.uv >= 0).all(0)
    assert square.cosine[covered].max() > 0.95 and square.cosine.min() >= 0 and square.cosine.max() <= 1
    assert not square.cosine[~covered].any()


def test_beyond_the_photo_there_is_no_person(scene, anny, square):
    """The photo ends at the waist: the square is the same, and its last row goes on below."""
    view = scene.view
    half = replace(
        view,
        photo=Photo(rgb=view.photo.rgb[:, :270]),
        person=replace(view.person, mask=view.person.mask[:270]),
        fit=replace(view.fit, camera=replace(view.fit.camera, size=(270, 400))),
    )
    cut = square_view(half, anny, SIDE)
    assert torch.allclose(cut.uv, square.uv)
    assert torch.allclose(cut.mask[:100], square.mask[:100]) and not cut.mask[160:].any()
    assert torch.allclose(cut.rgb[:, :100], square.rgb[:, :100])
    assert (cut.rgb[:, 160:] - cut.rgb[:, 160:161]).abs().max() < 1e-5


def test_a_body_elsewhere_than_the_photo_s_middle(scene, anny, square):
    """The same photo with a border: the square follows the body."""
    view = scene.view
    rgb = torch.nn.functional.pad(view.photo.rgb[None], (300, 20, 100, 50), mode="replicate")[0]
    mask = torch.nn.functional.pad(view.person.mask, (300, 20, 100, 50))
    camera = cropped(view.fit.camera, -300, -100, tuple(mask.shape))
    moved = square_view(
        replace(
            view,
            photo=Photo(rgb=rgb),
            person=replace(view.person, mask=mask),
            fit=replace(view.fit, camera=camera),
        ),
        anny,
        SIDE,
    )
    assert (moved.rgb - square.rgb).abs().mean() < 1e-3 and (moved.mask - square.mask).abs().mean() < 1e-3


def test_crossing_limbs_have_outlines_and_others_have_none(scene, anny):
    lowered, outstretched = (square_view(make_scene(anny, arms, yaw=0.0).view, anny, SIDE) for arms in (0.7, -0.5))
    assert lowered.outline.sum() > 50 and not outstretched.outline.any()


@pytest.mark.parametrize("depth", [0.0, -0.2])
def test_a_camera_inside_the_body_takes_no_memory(scene, anny, depth):
    """Points behind the camera have no place in the photo: the square stays within a photo's size of it."""
    view = scene.view
    near = replace(view.fit, pose=replace(view.fit.pose, root_translation=torch.tensor([0.0, -0.85, depth])))
    assert project(pose_fit(near, anny).vertices, near.camera)[:, :2].abs().max() > 10_000
    square = square_view(replace(view, fit=near), anny, 64)
    assert square.rgb.shape == (3, 64, 64) and square.rgb.isfinite().all() and square.cosine.isfinite().all()
