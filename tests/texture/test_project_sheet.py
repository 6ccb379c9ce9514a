"""What a photo shows of a surface that hangs off the body: its own pixels, where it faces the camera, unhidden."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from bodydouble.body.skinning import dress_rest
from bodydouble.clothing.ring_grid import ring_angles, ring_faces, ring_layout
from bodydouble.geometry.camera import project
from bodydouble.parsing.labels import BACKGROUND, HAIR, LABELS, OUTER, SKIN, UPPER
from bodydouble.surface.skeleton import body_surface, pose_surface
from bodydouble.texture.project_sheet import _beside_face, _Scene, _usable, project_worn
from bodydouble.values import FittedView, Person, Photo, Surface, SurfaceKind, Texture, Understanding

RINGS, COLUMNS, SIZE = 12, 48, 128
DRESS = LABELS.index("dress")


@pytest.fixture
def scene(anny, fit):
    """A view of a body, and a tube around its hips; everything is a dress, and each pixel's red tells its column."""
    rest = dress_rest(fit, anny)
    angle = ring_angles(COLUMNS).expand(RINGS, -1)
    height = torch.linspace(0.1, -0.4, RINGS)[:, None].expand(-1, COLUMNS)
    points = torch.stack([0.3 * angle.sin(), height, 0.25 * angle.cos()], -1).view(-1, 3) + rest.joints[0]
    weights = torch.zeros(len(points), len(anny.joint_names))
    weights[:, 0] = 1
    blank = Texture(rgb=torch.zeros(3, SIZE, SIZE), confidence=torch.zeros(SIZE, SIZE))
    tube = Surface(
        name="skirt",
        kind=SurfaceKind.SKIRT,
        vertices=points,
        faces=ring_faces(RINGS, COLUMNS),
        layout=ring_layout(RINGS, COLUMNS),
        texture=blank,
        skin_weights=weights,
    )
    height_px, width_px = fit.camera.size
    rgb = (torch.arange(width_px) / width_px).expand(3, height_px, width_px).clone()
    side = max(fit.camera.size)
    labels = torch.zeros(len(LABELS), side, side)
    labels[DRESS] = 1
    view = FittedView(
        photo=Photo(rgb=rgb),
        person=Person(
            mask=torch.ones(height_px, width_px),
            landmarks=torch.zeros(543, 3),
            landmarks_world=torch.full((543, 3), torch.nan),
        ),
        fit=fit,
        understanding=Understanding(labels=labels, normals=torch.zeros(3, side, side), left=0, top=0, side=side),
    )
    return tube, view


def show(body, worn, views):
    """The first of the surfaces, with what the photos show of it."""
    return project_worn(worn, body_surface(views[0].fit, body, worn[0].texture), views, body)[0]


def test_its_texels_take_the_pixels_they_lie_on(anny, fit, scene):
    tube, view = scene
    shown = show(anny, [tube], [view])
    seen = shown.texture.confidence > 0
    assert 0.2 < float(seen.float().mean()) < 0.5
    posed = pose_surface(tube, dress_rest(fit, anny), fit.pose)
    place = project(posed.mesh.vertices, fit.camera).view(RINGS, COLUMNS, 3)
    for column in range(COLUMNS):
        texel = round(column / COLUMNS * SIZE)
        if bool(seen[SIZE // 2, min(texel, SIZE - 1)]):
            expected = float(place[RINGS // 2 - 1 : RINGS // 2 + 1, column, 0].mean() - 0.5) / fit.camera.size[1]
            assert float(shown.texture.rgb[0, SIZE // 2, min(texel, SIZE - 1)]) == pytest.approx(expected, abs=0.03)


def test_pixels_of_something_else_are_not_taken(anny, scene):
    tube, view = scene
    labels = view.understanding.labels.clone()
    side = labels.shape[-1]
    labels[DRESS, :, : side // 2], labels[LABELS.index("skin"), :, : side // 2] = 0, 1
    other = replace(view, understanding=replace(view.understanding, labels=labels))
    seen, fewer = (show(anny, [tube], [each]).texture.confidence > 0 for each in (view, other))
    assert 0 < int(fewer.sum()) < 0.75 * int(seen.sum())
    assert not bool((fewer & ~seen).any())


def test_what_lies_in_front_hides_it(anny, fit, scene):
    tube, view = scene
    bigger = replace(tube, name="cover", vertices=(tube.vertices - tube.vertices.mean(0)) * 1.2 + tube.vertices.mean(0))
    assert int((show(anny, [tube, bigger], [view]).texture.confidence > 0).sum()) == 0


def test_of_two_photos_the_one_that_shows_it_best_is_taken(anny, scene):
    tube, view = scene
    red = replace(view, photo=Photo(rgb=torch.ones_like(view.photo.rgb)))
    turned = replace(red, fit=replace(red.fit, pose=replace(red.fit.pose, root_rotation=torch.tensor([0.0, 3.3, 0.0]))))
    one, two = (show(anny, [tube], views).texture for views in ([view], [view, turned]))
    seen = one.confidence > 0.8
    assert torch.equal(two.rgb[:, seen], one.rgb[:, seen])
    assert float((two.confidence > 0).float().mean()) > 1.6 * float((one.confidence > 0).float().mean())


@pytest.mark.parametrize(("beside", "reaches"), [(SKIN, True), (BACKGROUND, False)])
def test_hair_reaches_to_a_face_and_not_to_the_wall(scene, beside, reaches):
    """40 columns of hair, 1 mm each, beside a face or the wall; below, what is called hair there has skin's colour."""
    labels = np.full((80, 80), HAIR, np.uint8)
    labels[:, 40:] = beside
    labels[:5, 70:] = SKIN
    rgb = torch.full((3, 80, 80), 0.2)
    rgb[:, :, 40:] = 0.8
    rgb[:, 40:, 30:] = 0.8
    view = replace(scene[1], photo=Photo(rgb=rgb))
    painted = _Scene(view=view, meshes=(), depth=torch.zeros(1, 1, 1), labels=labels)
    inner = _usable(labels, (HAIR,), 11)[0] > 0
    believed = _beside_face(painted, (HAIR,), inner, metre=1000.0)[0] > 0
    assert bool(believed[:, :29].all())
    assert bool(believed[:40, 30:34].all()) == bool(believed[:40, 30:34].any()) == reaches
    assert not bool(believed[:, 36:].any() or believed[40:, 30:].any())


@pytest.mark.parametrize("shirt", [0.6, 0.9])
def test_the_half_of_a_coat_that_is_called_a_shirt_is_shown_where_it_has_the_coats_colour(anny, scene, shirt):
    tube, view = scene
    labels, half = torch.zeros_like(view.understanding.labels), view.fit.camera.size[1] // 2
    labels[OUTER, :, :half] = labels[UPPER, :, half:] = 1
    rgb = torch.full_like(view.photo.rgb, 0.5)
    rgb[..., half:] = shirt
    view = replace(view, photo=Photo(rgb=rgb), understanding=replace(view.understanding, labels=labels))
    blank = replace(tube.texture, labels=torch.full((SIZE, SIZE), OUTER, dtype=torch.uint8))
    shown = show(anny, [replace(tube, kind=SurfaceKind.COAT, texture=blank)], [view])
    found = shown.texture.rgb[0, shown.texture.confidence > 0]
    assert bool((found > 0.55).any()) == (shirt < 0.7)
