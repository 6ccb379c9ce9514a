"""Laws of refinement, on a photo whose truth is known."""

from dataclasses import replace

import torch

from bodydouble.body.skinning import pose_fit
from bodydouble.render.image import render_mesh
from bodydouble.texture.project import project_photo
from bodydouble.texture.refine import refine_texture

SIZE = 256


def _error(scene, anny, texture):
    """Mean squared error of the drawn picture inside the mask, where it shows what was seen."""
    view, mesh = scene.view, pose_fit(scene.view.fit, anny)
    drawn, seen = (
        render_mesh(mesh, anny.layout, colours, view.fit.camera)
        for colours in (texture.rgb, (texture.confidence > 0).float().expand(3, -1, -1))
    )
    inside = (view.person.mask > 0.99) & (drawn[3] == 1) & (seen[0] > 0.99)
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


def test_seen_texels_make_up_for_no_unseen_ones(scene, anny):
    """Those have no colour yet: at the border of what was seen texels came out white, as a dotted line."""
    truth = project_photo(scene.view, anny, SIZE)
    unseen = (torch.arange(SIZE) // 5 % 2 == 0) & (truth.confidence > 0)
    partial = replace(truth, rgb=truth.rgb * ~unseen, confidence=truth.confidence * ~unseen)
    refined = refine_texture(partial, scene.view, anny)
    moved = (refined.rgb - truth.rgb)[:, partial.confidence > 0].abs()
    assert float(moved.max()) < 0.2
