"""Laws of projection, on a photo whose truth is known."""

from dataclasses import replace

import pytest
import torch

from bodydouble.body.skinning import pose_fit
from bodydouble.geometry.camera import cropped, project, resized
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.raster.shade import interpolate
from bodydouble.render.image import render_mesh
from bodydouble.surface.regions import Region, anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.texture.project import ProjectConfig, project_photo
from bodydouble.values import FittedView, Photo
from tests.texture.conftest import make_scene

SIZE = 256


@pytest.fixture(scope="module")
def projected(scene, anny):
    return project_photo(scene.view, anny, SIZE)


def test_what_is_seen_equals_the_truth(scene, projected):
    seen = projected.confidence > 0
    assert seen.sum() > 0.2 * SIZE * SIZE * 0.7
    error = (projected.rgb - scene.truth)[:, seen].square().mean()
    assert -10 * error.log10() > 30


def test_the_background_never_appears(projected):
    red, green, blue = projected.rgb
    assert not ((red > green) & (blue > green) & (projected.confidence > 0)).any()


def test_a_generous_mask_lets_no_background_in_beyond_the_bodys_edge(scene, anny):
    everything = replace(scene.view.person, mask=torch.ones_like(scene.view.person.mask))
    texture = project_photo(replace(scene.view, person=everything), anny, SIZE)
    red, green, _ = texture.rgb
    seen = texture.confidence > 0
    assert (red > green)[seen].float().mean() < 0.01


def test_confidence_is_the_cosine_to_the_camera_and_none_is_flat(anny):
    """The camera stands at the origin and the body, at rest, before it: the angle is between face and line of sight."""
    rest = anny.rest(anny.mean_shape())
    turned = make_scene(anny, yaw=0.0).view
    projected = project_photo(turned, anny, SIZE)
    seen = projected.confidence > 0
    texels = texel_map(anny.layout, SIZE)
    corners = rest.vertices[anny.faces][texels.face[0].clamp_min(0)][seen]
    # Of the face that each texel lies in, from its three corners, and not from normals that vertices share.
    normal = torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    place = corners.mean(1) + turned.fit.pose.root_translation
    angle = torch.nn.functional.cosine_similarity(normal, -place)
    assert (projected.confidence[seen] - angle).abs().median() < 0.03
    assert projected.confidence[seen].min() > ProjectConfig().lowest_cosine and projected.confidence.max() <= 1
    assert not projected.rgb[:, ~seen].any()


def test_nothing_is_seen_through_the_body(scene, projected, anny):
    """Texels that face away from the camera, and those behind the chest, stay empty."""
    texels = texel_map(anny.layout, SIZE)
    rest = anny.rest(scene.view.fit.shape)
    behind = interpolate(texels, anny.faces, vertex_normals(rest.vertices, anny.faces)[:, 2:])[0, 0] < -0.6
    assert behind.any() and not projected.confidence[behind].any()


def test_a_limb_in_front_hides_what_it_covers(anny, scene):
    """An arm before the chest: the chest takes nothing of the arm's red."""
    mesh_rest = anny.rest(scene.view.fit.shape)
    joints = scene.view.fit.pose.joints.clone()
    joints[anny.roles["left_shoulder"]] = torch.tensor([0.0, -1.3, 0.9])
    pose = replace(scene.view.fit.pose, joints=joints, root_rotation=torch.zeros(3))
    fit = replace(scene.view.fit, pose=pose)
    arm = mesh_rest.skin_weights[:, below(anny, "left_shoulder")].sum(1, keepdim=True)
    red = interpolate(texel_map(anny.layout, SIZE), anny.faces, arm)[0, 0] > 0.5
    truth = torch.stack([red.float(), (~red).float(), torch.zeros_like(red, dtype=torch.float32)])
    drawn = render_mesh(anny.pose(mesh_rest, pose), anny.layout, truth, fit.camera, supersample=2)
    person = replace(scene.view.person, mask=drawn[3])
    texture = project_photo(FittedView(photo=Photo(rgb=drawn[:3]), person=person, fit=fit), anny, SIZE)
    # A chart border's bilinear blend stays below one half.
    wrong = ((texture.rgb - truth).abs().amax(0) > 0.5) & (texture.confidence > 0)
    assert wrong.sum() <= 0.002 * (texture.confidence > 0).sum()


def below(anny, role):
    members = {anny.roles[role]}
    for joint, parent in enumerate(anny.parents):
        if parent in members:
            members.add(joint)
    return sorted(members)


def test_a_person_cut_off_by_the_photo_is_projected_to_its_edge(scene, anny, projected):
    top, left, height, width = 0, 0, 300, 400
    part = replace(scene.view.photo, rgb=scene.view.photo.rgb[:, top : top + height, left : left + width])
    person = replace(scene.view.person, mask=scene.view.person.mask[top : top + height, left : left + width])
    fit = replace(scene.view.fit, camera=cropped(scene.view.fit.camera, left, top, (height, width)))
    texture = project_photo(FittedView(photo=part, person=person, fit=fit), anny, SIZE)
    mesh = pose_fit(fit, anny)
    y = interpolate(texel_map(anny.layout, SIZE), anny.faces, project(mesh.vertices, fit.camera)[:, 1:2])[0, 0]
    # The occlusion outlines are found at a lower resolution, whose pixels begin elsewhere now.
    above = (y > 0) & (y < height - 2)
    assert (texture.confidence == projected.confidence)[above].float().mean() > 0.98
    assert not texture.confidence[y > height + 1].any()


def test_a_body_outside_the_photo_gives_nothing(scene, anny):
    fit = replace(scene.view.fit, camera=cropped(scene.view.fit.camera, 5000, 0, scene.view.fit.camera.size))
    assert not project_photo(replace(scene.view, fit=fit), anny, 64).confidence.any()


def test_a_photo_of_more_pixels_than_texels_gives_the_same_colours(scene, anny, projected):
    height, width = scene.view.photo.size
    size = (2 * height, 2 * width)
    grow = torch.nn.functional.interpolate
    rgb = grow(scene.view.photo.rgb[None], size, mode="bilinear")[0]
    mask = grow(scene.view.person.mask[None, None], size, mode="bilinear")[0, 0]
    fit = replace(scene.view.fit, camera=resized(scene.view.fit.camera, size))
    person = replace(scene.view.person, mask=mask)
    texture = project_photo(FittedView(photo=Photo(rgb=rgb), person=person, fit=fit), anny, SIZE)
    both = (texture.confidence > 0) & (projected.confidence > 0)
    assert both.sum() > 0.9 * (projected.confidence > 0).sum()
    assert (texture.rgb - projected.rgb)[:, both].abs().mean() < 0.01


def test_no_colour_is_taken_within_three_pixels_of_the_masks_edge(scene, anny):
    """In the photo's own pixels, and even where the person is small."""
    size = tuple(side // 2 for side in scene.view.photo.size)
    small = torch.nn.functional.interpolate
    rgb = small(scene.view.photo.rgb[None], size, mode="area")[0]
    mask = small(scene.view.person.mask[None, None], size, mode="area")[0, 0]
    fit = replace(scene.view.fit, camera=resized(scene.view.fit.camera, size))
    person = replace(scene.view.person, mask=mask)
    texture = project_photo(FittedView(photo=Photo(rgb=rgb), person=person, fit=fit), anny, SIZE)
    mesh = pose_fit(fit, anny)
    points = interpolate(texel_map(anny.layout, SIZE), anny.faces, mesh.vertices)[0][:, texture.confidence > 0].T
    column, row = project(points, fit.camera)[:, :2].T.long()
    # A disc of radius 3 around the pixel holds the five-pixel square less its corners, all of it person.
    solid = -torch.nn.functional.max_pool2d(-(mask > 0.5).float()[None, None], 5, 1, 2)[0, 0]
    assert len(row) > 1000 and solid[row, column].mean() > 0.9998, "all but a rounding"


def test_limbs_that_turn_away_are_not_believed_near_the_masks_edge(scene, anny):
    """There a small error smears what lies beside; a head is round, and its edge fades by itself."""
    narrow = ProjectConfig(turning_margin_px=0.0)
    less, more = (project_photo(scene.view, anny, SIZE, config) for config in (None, narrow))
    dropped = (more.confidence > 0) & (less.confidence == 0)
    limbs = anatomy(anny).regions(SIZE) == Region.BODY
    assert 0.01 < float(dropped[limbs].sum() / (more.confidence > 0)[limbs].sum()) < 0.3
    assert float(more.confidence[dropped].max()) <= narrow.turning_cosine
    assert not dropped[~limbs].any()


def test_a_hand_sunk_into_the_body_leaves_no_colour_on_it(anny, scene):
    """The photo's hands lie before the hips; the fitted ones have sunk 6 cm into them."""
    rest = anny.rest(scene.view.fit.shape)
    joints = scene.view.fit.pose.joints.clone()
    for side, sign in (("left", 1.0), ("right", -1.0)):
        joints[anny.roles[f"{side}_shoulder"]] = torch.tensor([0.0, 0.0, -0.75 * sign])
        joints[anny.roles[f"{side}_elbow"]] = torch.tensor([-0.2, -0.5 * sign, 0.0])
    pose = replace(scene.view.fit.pose, joints=joints, root_rotation=torch.zeros(3))
    share = sum(rest.skin_weights[:, below(anny, f"{side}_wrist")].sum(1) for side in ("left", "right"))
    red = interpolate(texel_map(anny.layout, SIZE), anny.faces, share[:, None])[0, 0] > 0.5
    truth = torch.stack([red.float(), (~red).float(), torch.zeros_like(red, dtype=torch.float32)])
    drawn = render_mesh(anny.pose(rest, pose), anny.layout, truth, scene.view.fit.camera, supersample=2)
    sunk = replace(scene.view.fit.clothing, offsets=share[:, None] * torch.tensor([0.0, 0.0, -0.06]))
    fit = replace(scene.view.fit, pose=pose, clothing=sunk)
    person = replace(scene.view.person, mask=drawn[3])
    texture = project_photo(FittedView(photo=Photo(rgb=drawn[:3]), person=person, fit=fit), anny, SIZE)
    trunk = interpolate(texel_map(anny.layout, SIZE), anny.faces, (share < 1e-4).float()[:, None])[0, 0] > 0.99
    on_trunk = (texture.rgb[0] > 0.5) & (texture.confidence > 0) & trunk
    assert on_trunk.sum() <= 0.002 * (texture.confidence > 0).sum()
