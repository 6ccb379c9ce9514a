"""Who has tied hair has a bun at the nape; loose hair, beards, hats and photos of which nothing is told have none."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from bodydouble.body.skinning import dress_rest
from bodydouble.clothing.loose import find_loose
from bodydouble.clothing.loose_surfaces import hang_loose
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.parsing.labels import FACIAL_HAIR, HAIR
from bodydouble.surface.skeleton import pose_surface
from bodydouble.values import StyleEstimate, SurfaceKind
from tests.garments import SIDE, paint_hair


def paint_crown(labels: Tensor, joints: Tensor, covered: Tensor) -> Tensor:
    """Hair on the skull alone."""
    top = int(covered.any(1).float().argmax())
    return torch.where(covered & (torch.arange(SIDE)[:, None] < top + 16), HAIR, labels)


def paint_beard(labels: Tensor, joints: Tensor, covered: Tensor) -> Tensor:
    """The same, and a beard."""
    hairy, top = paint_crown(labels, joints, covered), int(covered.any(1).float().argmax())
    below = torch.arange(SIDE)[:, None] > top + 28
    return torch.where(covered & below & (torch.arange(SIDE)[:, None] < top + 42), FACIAL_HAIR, hairy)


def find(anny, scene, tied: float | None):
    style = None if tied is None else StyleEstimate(chances={"tied": {"no": 1 - tied, "yes": tied}})
    understanding = replace(scene.understanding, style=style)
    return find_loose(scene.fit, scene.photo, scene.person, understanding, anny)


@pytest.mark.parametrize(("tied", "has_bun"), [(0.85, True), (0.7, False), (None, False)])
def test_the_style_tells_who_has_one(anny, draw_scene, tied, has_bun):
    assert (find(anny, draw_scene(paint_crown), tied).bun is not None) == has_bun


@pytest.mark.parametrize("paint", [paint_hair(0.0), paint_hair(0.2), paint_beard])
def test_loose_hair_and_beards_speak_against_it(anny, draw_scene, paint):
    assert find(anny, draw_scene(paint), 0.9).bun is None


def test_it_stands_out_of_the_back_of_the_head_and_follows_it(anny, draw_scene):
    scene = draw_scene(paint_crown)
    (bun,) = hang_loose(find(anny, scene, 0.9), scene.fit, anny)
    assert (bun.name, bun.kind) == ("bun", SurfaceKind.HAIR)
    assert bool((bun.skin_weights[:, anny.roles["head"]] == 1).all())
    rest = anny.rest(scene.fit.shape)
    head = rest.vertices[rest.vertices[:, 1] > rest.joints[anny.roles["head"], 1] - 0.02]
    lowest, highest = bun.vertices[:, 1].amin(), bun.vertices[:, 1].amax()
    beside = head[(head[:, 1] > lowest) & (head[:, 1] < highest)]
    out = beside[:, 2].amin() - bun.vertices[:, 2].amin()
    assert 0.02 < float(out) < 0.06, "metres behind the head"
    assert abs(float(bun.vertices[:, 0].mean())) < 0.005
    middle = bun.vertices.mean(0)
    outward = ((bun.vertices - middle) * vertex_normals(bun.vertices, bun.faces)).sum(1)
    assert float((outward > 0).float().mean()) > 0.98, "faces look outwards"
    posed = pose_surface(bun, dress_rest(scene.fit, anny), scene.fit.pose).mesh.vertices
    assert bool(posed.isfinite().all())
