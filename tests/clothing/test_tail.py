"""Hair that hangs over one shoulder alone, from a head whose ears are free, is a tail that comes from the nape."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from bodydouble.body.skinning import dress_rest
from bodydouble.clothing.loose import find_loose
from bodydouble.clothing.loose_surfaces import hang_loose
from bodydouble.geometry.camera import project
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.parsing.labels import HAIR
from bodydouble.surface.skeleton import pose_surface
from bodydouble.values import StyleEstimate, SurfaceKind
from tests.garments import PIXELS_PER_METRE, SIDE, Paint, paint_hair

LENGTH_M = 0.22


def paint_tail(beside_ear_m: float = 0.0, both: bool = False) -> Paint:
    """Hair on the skull, and a lock beside the neck, on the view's right."""

    def paint(labels: Tensor, joints: Tensor, covered: Tensor) -> Tensor:
        y, x = torch.meshgrid(torch.arange(SIDE) + 0.5, torch.arange(SIDE) + 0.5, indexing="ij")
        top = float(covered.any(1).float().argmax())
        head = covered[: round(top + 0.2 * PIXELS_PER_METRE)].any(0).nonzero()[:, 0]
        middle, ear = float(head.float().mean()), top + 0.17 * PIXELS_PER_METRE
        across = (x - middle).abs() if both else x - middle
        lock = (y > ear) & (y < ear + LENGTH_M * PIXELS_PER_METRE)
        lock &= (across / PIXELS_PER_METRE - 0.075).abs() < 0.022
        beside = ~covered & (y > top) & (y <= ear) & (across > 0)
        beside &= across / PIXELS_PER_METRE < 0.08 + beside_ear_m
        crown = covered & (y < top + 16)
        return torch.where(crown | lock | (beside & (beside_ear_m > 0)), HAIR, labels)

    return paint


def find(anny, scene, tied: float = 0.6):
    style = StyleEstimate(chances={"tied": {"no": 1 - tied, "yes": tied}})
    understanding = replace(scene.understanding, style=style)
    return find_loose(scene.fit, scene.photo, scene.person, understanding, anny)


def test_it_is_found_on_one_side_alone_beside_a_free_ear(anny, draw_scene):
    loose = find(anny, draw_scene(paint_tail()))
    assert loose.tail is not None and loose.hair is None and loose.bun is None
    assert bool(loose.pixels.any()), "its outline shapes no neck"
    for paint in (paint_tail(both=True), paint_tail(beside_ear_m=0.04), paint_hair(0.2)):
        assert find(anny, draw_scene(paint)).tail is None
    assert find(anny, draw_scene(paint_tail()), tied=0.1).tail is None


def test_it_comes_from_behind_the_neck_and_hangs_where_the_photo_shows_it(anny, draw_scene):
    scene = draw_scene(paint_tail())
    (tail,) = hang_loose(find(anny, scene), scene.fit, anny)
    assert tail.kind == SurfaceKind.HAIR
    vertices = pose_surface(tail, dress_rest(scene.fit, anny), scene.fit.pose).mesh.vertices
    body = anny.pose(anny.rest(scene.fit.shape), scene.fit.pose).vertices
    neck = body[(body[:, 1] - vertices[:20, 1].mean()).abs() < 0.02]
    assert float(vertices[:20, 2].mean()) < float(neck[:, 2].quantile(0.1)), "it begins behind the neck"
    rows, columns = (scene.understanding.labels[HAIR] > 0.5).nonzero().unbind(1)
    lock = rows > rows.max() - 0.1 * PIXELS_PER_METRE
    seen = project(vertices, scene.fit.camera)
    low = seen[:, 1] > float(rows.max()) - 0.08 * PIXELS_PER_METRE
    assert float(seen[low, 0].mean()) == pytest.approx(float(columns[lock].float().mean()), abs=2.5)
    assert float(seen[:, 1].max()) == pytest.approx(float(rows.max()), abs=0.02 * PIXELS_PER_METRE)
    ring = vertices.view(-1, 20, 3)[12]
    outward = vertex_normals(vertices, tail.faces).view(-1, 20, 3)[12]
    assert float(((ring - ring.mean(0)) * outward).sum(1).min()) > 0, "faces look outwards"
