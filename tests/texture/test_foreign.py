"""What lies beside a garment is not painted on its edge; what is on it stays."""

from dataclasses import replace

import pytest
import torch

from bodydouble.body.skinning import pose_fit
from bodydouble.geometry.camera import project
from bodydouble.parsing.labels import OUTER, SKIN, UPPER
from bodydouble.raster.shade import interpolate
from bodydouble.surface.regions import Region, anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.texture.foreign import find_beside_things, find_foreign, find_gaps, leave_out_foreign
from bodydouble.values import Texture

SIZE = 512
BROWN, GREEN = torch.tensor([0.6, 0.35, 0.2]), torch.tensor([0.2, 0.5, 0.2])


@pytest.fixture(scope="module")
def trunk(anny):
    """Place of each texel, 3×S×S, and where the trunk's front is, S×S bool: up to 10 cm to either side."""
    place = interpolate(texel_map(anny.layout, SIZE), anny.faces, anny.rest(anny.mean_shape()).vertices)[0]
    parts = anatomy(anny)
    front = (parts.regions(SIZE) == Region.BODY) & (parts.limbs(SIZE) == 0) & (place[2] > 0)
    return place, front & (place[0].abs() < 0.1)


def paint(trunk, *patches):
    """A brown shirt on the trunk's front, with patches: (texels, colour)."""
    rgb = torch.zeros(3, SIZE, SIZE)
    rgb[:, trunk[1]] = BROWN[:, None]
    for texels, colour in patches:
        rgb[:, texels] = colour[:, None]
    return Texture(rgb=rgb, confidence=trunk[1] * 0.8, labels=(trunk[1] * UPPER).to(torch.uint8))


def strip(trunk, nearest, farthest):
    """Texels so far to the person's left, at the height of the chest."""
    x, y, _ = trunk[0]
    middle = y[trunk[1]].mean()
    return trunk[1] & (x > nearest) & (x < farthest) & ((y - middle).abs() < 0.05)


def test_background_at_the_edge_is_left_out(trunk, anny):
    edge = strip(trunk, 0.085, 0.1)
    texture = paint(trunk, (edge, GREEN))
    assert edge.sum() > 100
    foreign = find_foreign(texture, texture, anny)
    assert foreign[edge].float().mean() > 0.9
    assert not foreign[~edge].any()


def test_what_was_left_out_is_as_what_was_not_seen(trunk, anny, scene):
    texture = replace(paint(trunk, (strip(trunk, 0.085, 0.1), GREEN)), shade=torch.full((3, SIZE, SIZE), 0.7))
    foreign = find_foreign(texture, texture, anny)
    rest = leave_out_foreign(texture, texture, scene.view, anny)
    assert not rest.rgb[:, foreign].any() and not rest.labels[foreign].any() and not rest.confidence[foreign].any()
    assert (rest.shade[:, foreign] == 1).all()
    assert torch.equal(rest.rgb[:, ~foreign], texture.rgb[:, ~foreign])
    assert torch.equal(rest.confidence[~foreign], texture.confidence[~foreign])


def test_prints_shade_and_stripes_that_reach_the_edge_stay(trunk, anny):
    kept = {
        "a print": (strip(trunk, -0.03, 0.03), GREEN),
        "shade at the edge": (strip(trunk, 0.085, 0.1), BROWN * 0.6),
        "a stripe all across": (strip(trunk, -0.1, 0.1), GREEN),
    }
    for what, patch in kept.items():
        texture = paint(trunk, patch)
        assert not find_foreign(texture, texture, anny).any(), what


def test_what_is_too_flat_is_measured_by_what_is_not(trunk, anny):
    """The rim goes on to 12 cm: brown above the chest's middle, green below."""
    place, _ = trunk
    measure = paint(trunk)
    beside = (anatomy(anny).limbs(SIZE) == 0) & (anatomy(anny).regions(SIZE) == Region.BODY) & (place[2] > 0)
    beside &= (place[0] > 0.1) & (place[0] < 0.12) & ((place[1] - place[1][trunk[1]].mean()).abs() < 0.05)
    wrong = beside & (place[1] < place[1][trunk[1]].mean())
    rgb = torch.where(wrong, GREEN[:, None, None], BROWN[:, None, None]) * (beside | trunk[1])
    labels = ((beside | trunk[1]) * UPPER).to(torch.uint8)
    rim = Texture(rgb=rgb, confidence=(beside | trunk[1]) * 0.2, labels=labels)
    assert wrong.sum() > 50
    foreign = find_foreign(rim, measure, anny)
    assert foreign[wrong].float().mean() > 0.9 and not foreign[beside & ~wrong].any()


def test_labels_that_were_not_well_seen_and_textures_without_labels_stay(trunk, anny, scene):
    edge = strip(trunk, 0.085, 0.1)
    texture = paint(trunk, (edge, GREEN))
    labels = torch.where(edge, OUTER, texture.labels).to(torch.uint8)
    assert not find_foreign(replace(texture, labels=labels), texture, anny).any()
    bare = replace(texture, labels=None)
    assert leave_out_foreign(bare, bare, scene.view, anny) is bare


def test_a_bags_strap_is_left_out_where_the_bag_is_and_a_bracelet_is_not(trunk, anny, scene):
    """A thing hides the column of the photo in which the strap runs down the trunk's middle."""
    strap, mesh = strip(trunk, -0.01, 0.01), pose_fit(scene.view.fit, anny)
    points = interpolate(texel_map(anny.layout, SIZE), mesh.faces, mesh.vertices)[0][:, strap].T
    things = torch.zeros(scene.view.fit.camera.size, dtype=torch.bool)
    things[:, round(float(project(points, scene.view.fit.camera)[:, 0].mean()))] = True
    held = replace(scene.view, person=replace(scene.view.person, things=things))
    beside = find_beside_things(held, anny)
    texture = paint(trunk, (strap, GREEN))
    assert find_beside_things(scene.view, anny) is None and not find_foreign(texture, texture, anny).any()
    foreign = find_foreign(texture, texture, anny, beside)
    assert torch.equal(foreign, strap) and beside[strap].all() and not beside[strip(trunk, 0.08, 0.1)].any()
    bare = replace(texture, labels=torch.where(trunk[1], SKIN, 0).to(torch.uint8))
    assert not find_foreign(bare, bare, anny, beside, (SKIN,)).any()


def test_a_bag_s_colour_is_left_out_though_nothing_was_well_seen_around_it(trunk, anny):
    place, front = trunk
    low = place[1] < place[1][front].quantile(0.3)
    beside, bag = front & low, front & (place[1] < place[1][front].quantile(0.1))
    texture = paint(trunk, (bag, GREEN))
    foreign = find_foreign(texture, texture, anny, beside)
    assert torch.equal(foreign, bag), "and the shirt's own colour stays there"
    half = bag & (place[1] < place[1][bag].median())
    island = paint((place, front & (~low | bag)), (half, GREEN))
    assert torch.equal(find_foreign(island, island, anny, beside), bag), "its shade is as brown as the shirt"


def test_a_strap_along_a_bare_arm_is_no_sleeve_and_an_armhole_stays(trunk, anny):
    place, front = trunk
    rest = anny.rest(anny.mean_shape())
    shoulder, elbow = rest.joints[anny.roles["left_shoulder"]], rest.joints[anny.roles["left_elbow"]]
    away = (place - shoulder[:, None, None]).norm(dim=0)
    arm = (anatomy(anny).limbs(SIZE) == 1) & (place[0] > 0) & (place[2] > shoulder[2] - 0.03)
    arm &= away < 0.9 * (elbow - shoulder).norm()
    line = place[2] - place[2][arm].mean()
    strap, top = arm & (line.abs() < 0.01) & (away > 0.1), arm & (away < 0.06)
    texture = paint((place, front | arm), (strap, GREEN))
    labels = torch.where(arm & ~strap & ~top, SKIN, texture.labels).to(torch.uint8)
    foreign = find_foreign(replace(texture, labels=labels), replace(texture, labels=labels), anny)
    assert foreign[strap].float().mean() > 0.9 and not foreign[~strap].any()
    sleeve = replace(texture, labels=torch.where(arm | front, UPPER, 0).to(torch.uint8))
    assert not find_foreign(sleeve, sleeve, anny)[strap].any(), "a stripe on a sleeve"


@pytest.mark.parametrize("size", [256, SIZE])
def test_where_charts_end_nothing_is_missing(anny, size):
    covered = texel_map(anny.layout, 2 * SIZE).face[0] >= 0
    whole = Texture(rgb=torch.zeros(3, 2 * SIZE, 2 * SIZE), confidence=covered * 0.8)
    assert not find_gaps(whole, anny, size).any()
    hole = covered.clone()
    hole[:, SIZE:] = False
    gaps = find_gaps(replace(whole, confidence=hole * 0.8), anny, size)
    assert gaps.any() and not gaps[:, : size // 2].any()
