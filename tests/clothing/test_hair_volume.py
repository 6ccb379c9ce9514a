"""Short hair is as thick behind as in the outline, sets in at the hairline, and heads without any stay as they are."""

import pytest
import torch
from torch import Tensor

from bodydouble.body.skinning import subtree_weight
from bodydouble.clothing.hair_volume import raise_hair
from bodydouble.clothing.offsets import clothe, offset_caps
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.parsing.labels import HAIR
from bodydouble.surface.regions import Region, anatomy, height_above_hairline
from tests.garments import PIXELS_PER_METRE, SIDE, Paint


def paint_short_hair(thick_m: float, label: int = HAIR) -> Paint:
    """So much hair around the top of the head, down to the ears."""

    def paint(labels: Tensor, joints: Tensor, covered: Tensor) -> Tensor:
        top = int(covered.any(1).float().argmax())
        ears = top + round(0.11 * PIXELS_PER_METRE)
        crown = covered.clone()
        crown[ears:] = False
        y, x = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
        rows, columns = crown.nonzero().T
        away = torch.cdist(torch.stack([y, x], -1).view(-1, 2).float(), torch.stack([rows, columns], 1).float())
        around = away.amin(1).view(SIDE, SIDE) <= thick_m * PIXELS_PER_METRE
        hairline = top + round(0.045 * PIXELS_PER_METRE)
        beside = ~covered & (y < ears)
        return torch.where(around & ((y < hairline) | beside), label, labels)

    return paint


@pytest.fixture
def head(anny, standing):
    rest = anny.rest(standing.shape)
    scalp = anatomy(anny).score.argmax(1) == Region.SCALP
    normals = vertex_normals(rest.vertices, anny.faces)
    behind = scalp & (normals[:, 2] < -0.7) & (height_above_hairline(rest, anny) > 0.04)
    return rest, normals, behind


def clothed_heights(anny, scene, normals) -> tuple[Tensor, Tensor]:
    """(V,) metres off the skin, before and after."""
    fit = clothe(scene.fit, scene.person, anny, join_legs=False)
    raised = raise_hair(fit, scene.understanding, anny)
    return (fit.clothing.offsets * normals).sum(1), (raised.clothing.offsets * normals).sum(1)


def test_hair_is_as_thick_behind_as_at_the_sides(anny, draw_scene, head):
    _, normals, behind = head
    before, after = clothed_heights(anny, draw_scene(paint_short_hair(0.035)), normals)
    assert float(before[behind].median()) < 0.015, "offsets alone leave the skull bare"
    assert 0.015 < float(after[behind].median()) < 0.045, "thinner towards the nape"


def test_it_sets_in_at_the_hairline_and_leaves_face_and_neck(anny, draw_scene, head):
    rest, normals, _ = head
    before, after = clothed_heights(anny, draw_scene(paint_short_hair(0.035)), normals)
    below = (height_above_hairline(rest, anny) < 0) | (subtree_weight(rest, anny.roles["head"]) < 0.5)
    assert torch.equal(before[below], after[below])


def test_over_the_forehead_it_rises_without_a_peak(anny, draw_scene, head):
    rest, normals, _ = head
    _, after = clothed_heights(anny, draw_scene(paint_short_hair(0.035)), normals)
    above = height_above_hairline(rest, anny)
    ahead = (normals[:, 2] > 0.6) & (above > 0)
    assert int(ahead.sum()) > 20
    assert bool((after[ahead] <= 0.0035 + 0.5 * above[ahead]).all())
    crown = anatomy(anny).scalp & (normals[:, 1] > 0.9)
    assert float(after[crown].median()) > 0.02, "what the outline shows is met farther up"
    chest = (subtree_weight(rest, anny.roles["head"]) < 0.01) & (normals[:, 2] > 0.8) & (rest.vertices[:, 1] > 1.0)
    assert float(offset_caps(rest, anny)[chest].median()) > 0.03, "clothes have no hairline"


def test_the_bald_stay_bald(anny, draw_scene, head):
    _, normals, _ = head
    before, after = clothed_heights(anny, draw_scene(lambda labels, joints, covered: labels), normals)
    assert torch.equal(before, after)


def test_without_a_parser_nothing_changes(anny, standing):
    assert raise_hair(standing, None, anny) is standing
