from dataclasses import replace

import torch

from bodydouble.body.skinning import apply_clothing
from bodydouble.render.image import render_mesh
from bodydouble.texture.project import project_photo
from bodydouble.texture.refine import refine_texture

SIZE = 256


def _error(scene, anny, texture):
    """Mean squared error of the drawn picture inside the mask."""
    mesh = anny.pose(apply_clothing(anny.rest(scene.fit.shape), scene.fit.clothing, anny.mirror_joints), scene.fit.pose)
    drawn = render_mesh(mesh, anny.layout, texture.rgb, scene.fit.camera)
    inside = (scene.person.mask > 0.99) & (drawn[3] == 1)
    return (drawn[:3] - scene.photo.rgb)[:, inside].square().mean()


def test_the_picture_comes_nearer_to_the_photo_and_unseen_texels_stay(scene, anny):
    gathered = project_photo(scene.photo, scene.person, scene.fit, anny, SIZE)
    blurred = torch.nn.functional.avg_pool2d(gathered.rgb[None], 5, 1, 2)[0]
    start = replace(gathered, rgb=torch.where(gathered.confidence > 0, blurred, gathered.rgb))
    refined = refine_texture(start, scene.photo, scene.person, scene.fit, anny)
    assert _error(scene, anny, refined) < 0.8 * _error(scene, anny, start)
    unseen = start.confidence == 0
    assert torch.equal(refined.rgb[:, unseen], start.rgb[:, unseen])
    assert refined.rgb.min() >= 0 and refined.rgb.max() <= 1


def test_no_rounds_change_nothing(scene, anny):
    gathered = project_photo(scene.photo, scene.person, scene.fit, anny, SIZE)
    same = refine_texture(gathered, scene.photo, scene.person, scene.fit, anny, rounds=0)
    assert torch.equal(same.rgb, gathered.rgb)
