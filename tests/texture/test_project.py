"""Laws of gathering, on a photo whose truth is known."""

from dataclasses import replace

import pytest
import torch

from bodydouble.body.skinning import apply_clothing
from bodydouble.geometry.camera import camera_position, cropped, project, resized
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.raster.shade import interpolate
from bodydouble.render.image import render_mesh
from bodydouble.surface.texel_map import texel_map
from bodydouble.texture.project import ProjectConfig, project_photo

SIZE = 256


@pytest.fixture(scope="module")
def gathered(scene, anny):
    return project_photo(scene.photo, scene.person, scene.fit, anny, SIZE)


def test_what_is_seen_equals_the_truth(scene, gathered):
    seen = gathered.confidence > 0
    assert seen.sum() > 0.2 * SIZE * SIZE * 0.7
    error = (gathered.rgb - scene.truth)[:, seen].square().mean()
    assert -10 * error.log10() > 30


def test_the_background_never_appears(gathered):
    red, green, blue = gathered.rgb
    assert not ((red > green) & (blue > green) & (gathered.confidence > 0)).any()


def test_a_generous_mask_lets_no_background_in_beyond_the_bodys_edge(scene, anny):
    everything = replace(scene.person, mask=torch.ones_like(scene.person.mask))
    texture = project_photo(scene.photo, everything, scene.fit, anny, SIZE)
    red, green, _ = texture.rgb
    seen = texture.confidence > 0
    assert (red > green)[seen].float().mean() < 0.01


def test_seen_is_the_cosine_and_none_is_flat(scene, gathered, anny):
    mesh = anny.pose(apply_clothing(anny.rest(scene.fit.shape), scene.fit.clothing, anny.mirror_joints), scene.fit.pose)
    to_camera = torch.nn.functional.normalize(camera_position(scene.fit.camera) - mesh.vertices, dim=1)
    cosine = (vertex_normals(mesh.vertices, mesh.faces) * to_camera).sum(1, keepdim=True)
    carried = interpolate(texel_map(anny.layout, SIZE), mesh.faces, cosine)[0, 0]
    seen = gathered.confidence > 0
    assert torch.allclose(gathered.confidence[seen], carried[seen].clamp(max=1), atol=1e-6)
    assert gathered.confidence[seen].min() > ProjectConfig().lowest_cosine
    assert not gathered.rgb[:, ~seen].any()


def test_nothing_is_seen_through_the_body(scene, gathered, anny):
    """Texels that face away from the camera, and those behind the chest, stay empty."""
    texels = texel_map(anny.layout, SIZE)
    rest = anny.rest(scene.fit.shape)
    behind = interpolate(texels, anny.faces, vertex_normals(rest.vertices, anny.faces)[:, 2:])[0, 0] < -0.6
    assert behind.any() and not gathered.confidence[behind].any()


def test_a_limb_in_front_hides_what_it_covers(anny, scene):
    """An arm before the chest: the chest takes nothing of the arm's red."""
    mesh_rest = anny.rest(scene.fit.shape)
    joints = scene.fit.pose.joints.clone()
    joints[anny.roles["left_shoulder"]] = torch.tensor([0.0, -1.3, 0.9])
    pose = replace(scene.fit.pose, joints=joints, root_rotation=torch.zeros(3))
    fit = replace(scene.fit, pose=pose)
    arm = mesh_rest.skin_weights[:, below(anny, "left_shoulder")].sum(1, keepdim=True)
    red = interpolate(texel_map(anny.layout, SIZE), anny.faces, arm)[0, 0] > 0.5
    truth = torch.stack([red.float(), (~red).float(), torch.zeros_like(red, dtype=torch.float32)])
    drawn = render_mesh(anny.pose(mesh_rest, pose), anny.layout, truth, fit.camera, supersample=2)
    person = replace(scene.person, mask=drawn[3])
    texture = project_photo(replace(scene.photo, rgb=drawn[:3]), person, fit, anny, SIZE)
    # A chart border's bilinear blend stays below one half.
    wrong = ((texture.rgb - truth).abs().amax(0) > 0.5) & (texture.confidence > 0)
    assert wrong.sum() <= 0.002 * (texture.confidence > 0).sum()


def below(anny, role):
    members = {anny.roles[role]}
    for joint, parent in enumerate(anny.parents):
        if parent in members:
            members.add(joint)
    return sorted(members)


def test_a_person_cut_off_by_the_photo_is_gathered_to_its_edge(scene, anny, gathered):
    top, left, height, width = 0, 0, 300, 400
    part = replace(scene.photo, rgb=scene.photo.rgb[:, top : top + height, left : left + width])
    person = replace(scene.person, mask=scene.person.mask[top : top + height, left : left + width])
    fit = replace(scene.fit, camera=cropped(scene.fit.camera, left, top, (height, width)))
    texture = project_photo(part, person, fit, anny, SIZE)
    mesh = anny.pose(apply_clothing(anny.rest(fit.shape), fit.clothing, anny.mirror_joints), fit.pose)
    y = interpolate(texel_map(anny.layout, SIZE), anny.faces, project(mesh.vertices, fit.camera)[:, 1:2])[0, 0]
    # The occlusion outlines are found at a lower resolution, whose pixels begin elsewhere now.
    above = (y > 0) & (y < height - 2)
    assert (texture.confidence == gathered.confidence)[above].float().mean() > 0.98
    assert not texture.confidence[y > height + 1].any()


def test_a_body_outside_the_photo_gathers_nothing(scene, anny):
    fit = replace(scene.fit, camera=cropped(scene.fit.camera, 5000, 0, scene.fit.camera.size))
    assert not project_photo(scene.photo, scene.person, fit, anny, 64).confidence.any()


def test_a_photo_of_more_pixels_than_texels_gives_the_same_colours(scene, anny, gathered):
    height, width = scene.photo.size
    size = (2 * height, 2 * width)
    grow = torch.nn.functional.interpolate
    rgb = grow(scene.photo.rgb[None], size, mode="bilinear")[0]
    mask = grow(scene.person.mask[None, None], size, mode="bilinear")[0, 0]
    fit = replace(scene.fit, camera=resized(scene.fit.camera, size))
    texture = project_photo(replace(scene.photo, rgb=rgb), replace(scene.person, mask=mask), fit, anny, SIZE)
    both = (texture.confidence > 0) & (gathered.confidence > 0)
    assert both.sum() > 0.9 * (gathered.confidence > 0).sum()
    assert (texture.rgb - gathered.rgb)[:, both].abs().mean() < 0.01


def test_no_colour_is_taken_within_three_pixels_of_the_masks_edge(scene, anny):
    """In the photo's own pixels, and even where the person is small."""
    size = tuple(side // 2 for side in scene.photo.size)
    small = torch.nn.functional.interpolate
    rgb = small(scene.photo.rgb[None], size, mode="area")[0]
    mask = small(scene.person.mask[None, None], size, mode="area")[0, 0]
    fit = replace(scene.fit, camera=resized(scene.fit.camera, size))
    texture = project_photo(replace(scene.photo, rgb=rgb), replace(scene.person, mask=mask), fit, anny, SIZE)
    mesh = anny.pose(apply_clothing(anny.rest(fit.shape), fit.clothing, anny.mirror_joints), fit.pose)
    points = interpolate(texel_map(anny.layout, SIZE), anny.faces, mesh.vertices)[0][:, texture.confidence > 0].T
    column, row = project(points, fit.camera)[:, :2].T.long()
    # A disc of radius 3 around the pixel holds the five-pixel square less its corners, all of it person.
    solid = -torch.nn.functional.max_pool2d(-(mask > 0.5).float()[None, None], 5, 1, 2)[0, 0]
    assert len(row) > 1000 and solid[row, column].mean() > 0.9998, "all but a rounding"


def test_a_hand_sunk_into_the_body_leaves_no_colour_on_it(anny, scene):
    """The photo's hands lie before the hips; the fitted ones have sunk 6 cm into them."""
    rest = anny.rest(scene.fit.shape)
    joints = scene.fit.pose.joints.clone()
    for side, sign in (("left", 1.0), ("right", -1.0)):
        joints[anny.roles[f"{side}_shoulder"]] = torch.tensor([0.0, 0.0, -0.75 * sign])
        joints[anny.roles[f"{side}_elbow"]] = torch.tensor([-0.2, -0.5 * sign, 0.0])
    pose = replace(scene.fit.pose, joints=joints, root_rotation=torch.zeros(3))
    share = sum(rest.skin_weights[:, below(anny, f"{side}_wrist")].sum(1) for side in ("left", "right"))
    red = interpolate(texel_map(anny.layout, SIZE), anny.faces, share[:, None])[0, 0] > 0.5
    truth = torch.stack([red.float(), (~red).float(), torch.zeros_like(red, dtype=torch.float32)])
    drawn = render_mesh(anny.pose(rest, pose), anny.layout, truth, scene.fit.camera, supersample=2)
    sunk = replace(scene.fit.clothing, offsets=share[:, None] * torch.tensor([0.0, 0.0, -0.06]))
    fit = replace(scene.fit, pose=pose, clothing=sunk)
    person = replace(scene.person, mask=drawn[3])
    texture = project_photo(replace(scene.photo, rgb=drawn[:3]), person, fit, anny, SIZE)
    trunk = interpolate(texel_map(anny.layout, SIZE), anny.faces, (share < 1e-4).float()[:, None])[0, 0] > 0.99
    on_trunk = (texture.rgb[0] > 0.5) & (texture.confidence > 0) & trunk
    assert on_trunk.sum() <= 0.002 * (texture.confidence > 0).sum()
