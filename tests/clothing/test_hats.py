"""Hats are surfaces of their own: as wide as they are painted, with brims all around, and bound to the head."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from bodydouble.body.skinning import dress_rest, subtree_weight
from bodydouble.clothing.hat_surface import COLUMNS, CROWN_STEPS, find_hat
from bodydouble.clothing.loose import find_loose
from bodydouble.clothing.loose_surfaces import hang_loose, tuck_body
from bodydouble.clothing.offsets import clothe
from bodydouble.geometry.camera import project
from bodydouble.parsing.labels import HAT
from bodydouble.surface.skeleton import pose_surface
from bodydouble.values import SurfaceKind
from tests.garments import PIXELS_PER_METRE, SIDE, Paint, paint_hair

CROWN_M, DOWN_M, HIGH_M = 0.1, 0.07, 0.05  # half width; below the skull's top, and above it


def paint_hat(brim_m: float, thick_m: float = 0.015) -> Paint:
    """A round crown on the skull, and a level brim of that half width (0: none), seen from its edge."""

    def paint(labels: Tensor, joints: Tensor, covered: Tensor) -> Tensor:
        y, x = torch.meshgrid(torch.arange(SIDE) + 0.5, torch.arange(SIDE) + 0.5, indexing="ij")
        top = int(covered.any(1).float().argmax())
        middle = float(covered[top : top + 4].any(0).nonzero().float().mean()) + 0.5
        down, beside = (y - top) / PIXELS_PER_METRE, (x - middle).abs() / PIXELS_PER_METRE
        crown = (down > -HIGH_M) & (down < DOWN_M) & (beside < CROWN_M)
        brim = ((down - DOWN_M).abs() < thick_m) & (beside < brim_m)
        return torch.where(crown | brim, HAT, labels)

    return paint


def find(anny, scene):
    return find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)


def hang_hat(anny, scene):
    (hat,) = hang_loose(find(anny, scene), scene.fit, anny)
    return hat, pose_surface(hat, dress_rest(scene.fit, anny), scene.fit.pose).mesh.vertices


def test_a_bare_head_has_none(anny, draw_scene):
    scene = draw_scene(lambda labels, joints, covered: labels)
    assert find(anny, scene).hat is None


def test_a_head_beyond_the_photos_edge_has_none(anny, draw_scene):
    """Of legs alone the fitted head's neck may be all that lies in the picture."""
    view = find(anny, draw_scene(paint_hat(0.2))).head_view
    assert find_hat(view) is not None
    row = torch.arange(len(view.near))[:, None]
    below = replace(view, near=torch.where(row > view.joints[view.head, 1] + 1, view.near, torch.inf))
    assert bool(below.near.isfinite().any()) and find_hat(below) is None


@pytest.mark.parametrize("brim_m", [0.0, 0.17, 0.22])
def test_it_is_as_wide_as_it_is_seen_and_as_wide_behind(anny, draw_scene, brim_m):
    scene = draw_scene(paint_hat(brim_m))
    hat, vertices = hang_hat(anny, scene)
    assert hat.kind == SurfaceKind.HAT and bool((hat.skin_weights[:, anny.roles["head"]] == 1).all())
    size = vertices.amax(0) - vertices.amin(0)
    widest = 2 * (brim_m or CROWN_M)
    assert float(size[0]) == pytest.approx(widest, abs=0.02)
    assert widest < float(size[2]) < widest + 0.12, "heads are deeper than wide, and so are hats"
    assert (len(vertices) > CROWN_STEPS * COLUMNS) == bool(brim_m)


def test_a_crown_of_which_the_mask_left_a_stump_stands_upright(anny, draw_scene):
    def paint(labels: Tensor, joints: Tensor, covered: Tensor) -> Tensor:
        painted = paint_hat(0.2)(labels, joints, covered)
        middle = float((painted == HAT).any(0).nonzero().float().mean()) + 0.5
        top = int(covered.any(1).float().argmax())
        lost = (torch.arange(SIDE)[:, None] < top) & (torch.arange(SIDE) < middle + 0.03 * PIXELS_PER_METRE)
        return torch.where((painted == HAT) & lost, labels, painted)

    view = find(anny, draw_scene(paint)).head_view
    shape = find_hat(view)
    assert shape is not None and shape.brim is not None
    metre = view.pixels(1.0)
    assert float((shape.middle - shape.middle[-1]).abs().max()) < 0.01 * metre
    assert float(shape.half.min()) > 0.7 * CROWN_M * metre


def test_a_cap_that_reaches_lower_on_one_side_is_as_wide_there(anny, draw_scene):
    def paint(labels: Tensor, joints: Tensor, covered: Tensor) -> Tensor:
        painted = paint_hat(0.0)(labels, joints, covered)
        columns, top = (painted == HAT).any(0).nonzero()[:, 0], int(covered.any(1).float().argmax())
        low = torch.arange(SIDE)[:, None] < top + (DOWN_M + 0.05) * PIXELS_PER_METRE
        beside = (torch.arange(SIDE) <= int(columns[-1])) & (torch.arange(SIDE) > int(columns[-1]) - 6)
        hat = (painted == HAT) | (low & beside & (torch.arange(SIDE)[:, None] > top))
        return torch.where(hat, HAT, painted)

    view = find(anny, draw_scene(paint)).head_view
    shape = find_hat(view)
    assert shape is not None and shape.brim is None
    assert float(shape.half[-1]) > 0.9 * CROWN_M * view.pixels(1.0)


def test_a_brim_is_level_around_the_head(anny, draw_scene):
    hat, vertices = hang_hat(anny, draw_scene(paint_hat(0.2)))
    edge = vertices[CROWN_STEPS * COLUMNS :].view(-1, COLUMNS, 3)[5]
    assert float(edge[:, 1].std()) < 0.02
    assert float(edge[:, 2].max() - vertices[:, 2].mean()) > 0.12 and float(edge[:, 2].min()) < -0.12


def test_a_brim_that_is_seen_from_below_rises_in_front(anny, draw_scene):
    """Its near edge stands higher in the picture than its far one, and the face is free below it."""

    def paint(labels: Tensor, joints: Tensor, covered: Tensor) -> Tensor:
        y, x = torch.meshgrid(torch.arange(SIDE) + 0.5, torch.arange(SIDE) + 0.5, indexing="ij")
        top = int(covered.any(1).float().argmax())
        middle = float(covered[top : top + 4].any(0).nonzero().float().mean()) + 0.5
        down, beside = (y - top) / PIXELS_PER_METRE, (x - middle) / PIXELS_PER_METRE
        disc = ((down - 0.08) / 0.06) ** 2 + (beside / 0.2) ** 2 < 1
        crown = (down > -HIGH_M) & (down < 0.06) & (beside.abs() < CROWN_M)
        face = (down > 0.05) & (beside.abs() < 0.09)
        return torch.where((disc | crown) & ~face, HAT, labels)

    hat, vertices = hang_hat(anny, draw_scene(paint))
    edge = vertices[CROWN_STEPS * COLUMNS :].view(-1, COLUMNS, 3)[5]
    near, far = edge[COLUMNS // 2, 1], edge[0, 1]
    assert 0.05 < float(near - far) < 0.2


def test_the_head_lies_inside_of_the_crown(anny, draw_scene):
    scene = draw_scene(paint_hat(0.2))
    loose = find(anny, scene)
    clothed = clothe(scene.fit, scene.person, anny, loose=loose.pixels)
    tucked, (hat,) = tuck_body(clothed, hang_loose(loose, scene.fit, anny), anny)
    rest = anny.rest(scene.fit.shape)
    skull = (rest.vertices + tucked.clothing.offsets)[subtree_weight(rest, anny.roles["head"]) > 0.5]
    crown = hat.vertices[: CROWN_STEPS * COLUMNS]
    assert float(skull[:, 1].max()) < float(crown[:, 1].max())
    inside = skull[skull[:, 1] > float(crown[-COLUMNS:, 1].max()) + 0.01]
    assert len(inside) > 20
    middle = crown[:, [0, 2]].mean(0)
    radius = (crown[-2 * COLUMNS : -COLUMNS, [0, 2]] - middle).norm(dim=1)
    assert float((inside[:, [0, 2]] - middle).norm(dim=1).max()) < float(radius.max())


def test_its_outline_shapes_no_head_and_paints_none(anny, draw_scene):
    scene = draw_scene(paint_hat(0.2))
    loose = find(anny, scene)
    hidden = loose.hiding_pixels(scene.fit.camera)
    hat = scene.understanding.labels[HAT] > 0.5
    assert bool(loose.pixels.any()) and hidden is not None
    vertices = hang_hat(anny, scene)[1]
    pixel = project(vertices, scene.fit.camera)[:, :2].long()
    inside = pixel[(pixel >= 0).all(1) & (pixel < SIDE).all(1)]
    assert float((hidden[inside[:, 1], inside[:, 0]]).float().mean()) > 0.5
    assert bool(hat.any())


def test_without_hat_surfaces_there_is_none(anny, draw_scene):
    scene = draw_scene(paint_hat(0.2))
    assert find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny, hats=False).hat is None


def test_hair_lies_beneath_it(anny, draw_scene):
    """Long hair with a hat on: the hair covers the skull, and none of it stands out of the crown."""

    def paint(labels: Tensor, joints: Tensor, covered: Tensor) -> Tensor:
        return paint_hat(0.0)(paint_hair(0.25)(labels, joints, covered), joints, covered)

    scene = draw_scene(paint)
    loose = find(anny, scene)
    _, (hair, hat) = tuck_body(clothe(scene.fit, scene.person, anny), hang_loose(loose, scene.fit, anny), anny)
    assert (hair.kind, hat.kind) == (SurfaceKind.HAIR, SurfaceKind.HAT)
    assert float(hair.vertices[:, 1].max()) < float(hat.vertices[:, 1].max())
    rim = hat.vertices[-COLUMNS:]
    above = hair.vertices[hair.vertices[:, 1] > rim[:, 1].max() + 0.01]
    assert len(above) > 50
    middle = rim[:, [0, 2]].mean(0)
    widest = (hat.vertices[:, [0, 2]] - middle).norm(dim=1).max()
    assert float((above[:, [0, 2]] - middle).norm(dim=1).max()) < float(widest)
