"""Laws of refinement, on a photo whose truth is known."""

from dataclasses import replace

import torch

from bodydouble.body.skinning import pose_fit
from bodydouble.render.image import render_mesh
from bodydouble.texture.project import project_photo
from bodydouble.texture.refine import refine_texture

SIZE = 256


def _error(scene, anny, texture):
    """Mean squared error of the drawn picture inside the mask."""
    view = scene.view
    drawn = render_mesh(pose_fit(view.fit, anny), anny.layout, texture.rgb, view.fit.camera)
    inside = (view.person.mask > 0.99) & (drawn[3] == 1)
    return (drawn[:3] - view.photo.rgb)[:, inside].square().mean()


def test_the_picture_comes_nearer_to_the_photo_and_unseen_texels_stay(scene, anny):
    projected = project_photo(scene.view, anny, SIZE)
    blurred = torch.nn.functional.avg_pool2d(projected.rgb[None], 5, 1, 2)[0]
    start = replace(projected, rgb=torch.where(projected.confidence > 0, blurred, projected.rgb))
    refined = refine_texture(start, scene.view, anny)
    assert _error(scene, anny, refined) < 0.8 * _error(scene, anny, start)
    unseen = start.confidence == 0
    assert torch.equal(refined.rgb[:, unseen], start.rgb[:, unseen])
    assert refined.rgb.min() >= 0 and refined.rgb.max() <= 1


def test_each_round_brings_the_picture_nearer(scene, anny):
    projected = project_photo(scene.view, anny, SIZE)
    start = replace(projected, rgb=torch.nn.functional.avg_pool2d(projected.rgb[None], 5, 1, 2)[0])
    errors = [float(_error(scene, anny, refine_texture(start, scene.view, anny, rounds))) for rounds in (0, 1, 3, 6)]
    assert errors == sorted(errors, reverse=True) and len(set(errors)) == 4


def test_no_rounds_change_nothing(scene, anny):
    projected = project_photo(scene.view, anny, SIZE)
    same = refine_texture(projected, scene.view, anny, rounds=0)
    assert torch.equal(same.rgb, projected.rgb)
