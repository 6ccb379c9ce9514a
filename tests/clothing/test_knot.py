"""Buns on the head are balls of their own, upright or to a side; big hair and bare heads have none."""

import math

import pytest
import torch
from torch import Tensor

from bodydouble.body.skinning import dress_rest
from bodydouble.clothing.knot import find_knots
from bodydouble.clothing.loose import find_loose
from bodydouble.clothing.loose_surfaces import hang_loose
from bodydouble.geometry.camera import project
from bodydouble.parsing.labels import HAIR, SKIN
from bodydouble.surface.skeleton import pose_surface
from bodydouble.values import SurfaceKind
from tests.garments import PIXELS_PER_METRE, SIDE, Paint

SKULL_M = 0.09  # from the middle of the skull to its outline


def paint_knot(high_m: float, half_width_m: float, *ways: float) -> Paint:
    """Hair over the top of the head, and ellipses of it that stand so high above the skull.

    Args:
        ways: radians from upright, of each of them; upright alone where none are given.
    """

    def paint(labels: Tensor, joints: Tensor, covered: Tensor) -> Tensor:
        y, x = torch.meshgrid(torch.arange(SIDE) + 0.5, torch.arange(SIDE) + 0.5, indexing="ij")
        top = int(covered.any(1).float().argmax())
        middle = float(covered[top : top + 4].any(0).nonzero().float().mean()) + 0.5
        half_height = (high_m + 0.02) / 2
        across, up = (x - middle) / PIXELS_PER_METRE, (top - y) / PIXELS_PER_METRE + SKULL_M
        hair = covered & (y < top + 0.05 * PIXELS_PER_METRE)
        for way in ways or (0.0,):
            out = math.sin(way) * across + math.cos(way) * up - SKULL_M - half_height + 0.02
            aside = math.cos(way) * across - math.sin(way) * up
            hair = hair | ((out / half_height) ** 2 + (aside / half_width_m) ** 2 < 1)
        return torch.where(hair, HAIR, labels)

    return paint


@pytest.mark.parametrize(
    ("high_m", "half_width_m", "is_knot"), [(0.07, 0.035, True), (0.07, 0.1, False), (0.02, 0.035, False)]
)
def test_a_bun_stands_high_and_narrow(anny, draw_scene, high_m, half_width_m, is_knot):
    scene = draw_scene(paint_knot(high_m, half_width_m))
    knots = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny).knots
    assert len(knots) == int(is_knot)


@pytest.mark.parametrize("ways", [(0.9,), (-0.9, 0.9)])
def test_hair_that_is_tied_may_stand_out_to_its_sides(anny, draw_scene, ways):
    scene = draw_scene(paint_knot(0.05, 0.035, *ways))
    view = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny).head_view
    assert find_knots(view) == (), "of loose hair that is a lock"
    knots = sorted(find_knots(view, tied=True), key=lambda knot: float(knot.out[0]))
    assert len(knots) == len(ways)
    for knot, way in zip(knots, ways, strict=True):
        assert float(knot.out[0]) == pytest.approx(math.sin(way), abs=0.25)
        assert knot.half_width / view.pixels(1.0) == pytest.approx(0.035, abs=0.012)
    assert bool((view.labels[HAIR] > 0.5)[torch.stack([knot.pixels for knot in knots]).any(0)].all())


def test_a_head_beside_its_fit_has_no_bun(anny, draw_scene):
    def paint(labels: Tensor, joints: Tensor, covered: Tensor) -> Tensor:
        y = torch.arange(SIDE)[:, None]
        top, aside = int(covered.any(1).float().argmax()), round(0.045 * PIXELS_PER_METRE)
        head = covered.roll(aside, 1) & (y < joints[anny.roles["head"], 1])
        hair = head & (y < top + 0.06 * PIXELS_PER_METRE)
        return torch.where(hair, HAIR, torch.where(head, SKIN, labels))

    scene = draw_scene(paint)
    view = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny).head_view
    assert find_knots(view, tied=True) == ()


def test_a_bare_head_has_none(anny, draw_scene):
    scene = draw_scene(lambda labels, joints, covered: labels)
    assert find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny).knots == ()


def test_it_is_a_ball_on_the_skull_that_follows_the_head(anny, draw_scene):
    scene = draw_scene(paint_knot(0.07, 0.035))
    loose = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)
    (knot,) = hang_loose(loose, scene.fit, anny)
    assert (knot.name, knot.kind) == ("knot", SurfaceKind.HAIR)
    assert bool((knot.skin_weights[:, anny.roles["head"]] == 1).all())
    vertices = pose_surface(knot, dress_rest(scene.fit, anny), scene.fit.pose).mesh.vertices
    size = vertices.amax(0) - vertices.amin(0)
    assert float(size[0]) == pytest.approx(0.07, abs=0.015)
    assert float(size[2]) == pytest.approx(float(size[0]), rel=0.2)
    skull = anny.rest(scene.fit.shape).vertices[:, 1].max()
    assert float(knot.vertices[:, 1].min()) < float(skull) < float(knot.vertices[:, 1].max()) - 0.05
    rows = (scene.understanding.labels[HAIR] > 0.5).any(1).nonzero()[:, 0]
    assert float(project(vertices, scene.fit.camera)[:, 1].min()) == pytest.approx(float(rows[0]), abs=2.5)


def test_its_outline_shapes_no_head(anny, draw_scene):
    scene = draw_scene(paint_knot(0.07, 0.035))
    pixels = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny).pixels
    assert bool(pixels.any()), "it is left out of the outline that clothing meets"
