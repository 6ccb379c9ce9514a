"""Loose trousers: how wide they are seen, and that their legs hang open with a level hem."""

import math
from dataclasses import replace

import pytest
import torch

from bodydouble.body.skinning import dress_rest, subtree_weight
from bodydouble.clothing.footwear import Footwear
from bodydouble.clothing.loose import find_loose
from bodydouble.clothing.loose_surfaces import tuck_body
from bodydouble.clothing.offsets import clothe
from bodydouble.clothing.shoe_form import COLUMNS
from bodydouble.clothing.shoe_style import choose_style
from bodydouble.clothing.shoe_surface import shoe_surface
from bodydouble.clothing.trouser_legs import open_trousers, split_trousers
from bodydouble.clothing.trousers import STEPS, TrouserLegs, hem_height, lower_hem
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.parsing.labels import LABELS, LOWER, SHOES, SKIN
from bodydouble.person.landmarks import SIDES
from bodydouble.values import StyleEstimate
from tests.garments import PIXELS_PER_METRE, SIDE, Scene


def paint_legs(anny, half_m: float, hem: float):
    """Trouser legs of that half width along both shins and thighs, down to `hem` of the way from knee to ankle."""

    def paint(labels, joints, covered):
        y, x = torch.meshgrid(torch.arange(SIDE) + 0.5, torch.arange(SIDE) + 0.5, indexing="ij")
        for side in SIDES:
            hip, knee, ankle = (joints[anny.roles[f"{side}_{name}"]] for name in ("hip", "knee", "ankle"))
            for first, last, end in ((hip, knee, 1.0), (knee, ankle, hem)):
                down = (y - first[1]) / (last[1] - first[1])
                middle = first[0] + down * (last[0] - first[0])
                inside = (down >= 0) & (down < end) & ((x - middle).abs() < half_m * PIXELS_PER_METRE)
                labels = torch.where(inside, LOWER, labels)
        return torch.where((labels == LABELS.index("skin")) & (y > ankle[1]), LABELS.index("shoes"), labels)

    return paint


def find(scene: Scene, anny, bridged: float | None = None):
    understanding = scene.understanding
    if bridged is not None:
        style = StyleEstimate(chances={"legs": {"apart": 1 - bridged, "bridged": bridged}})
        understanding = replace(understanding, style=style)
    return find_loose(scene.fit, scene.photo, scene.person, understanding, anny)


@pytest.mark.parametrize(("half", "hem"), [(0.08, 1.12), (0.085, 0.8)])
def test_loose_legs_are_as_wide_and_as_long_as_they_are_seen(anny, draw_scene, half, hem):
    trousers = find(draw_scene(paint_legs(anny, half, hem)), anny).trousers
    assert trousers is not None
    assert trousers.hem == pytest.approx(hem, abs=0.05)
    assert float(trousers.half[: STEPS // 2].median()) == pytest.approx(half, abs=0.012)


def test_close_legs_and_bare_ones_are_left_as_they_are(anny, draw_scene):
    assert find(draw_scene(paint_legs(anny, 0.045, 0.95)), anny).trousers is None
    assert find(draw_scene(lambda labels, joints, covered: labels), anny).trousers is None


def test_straight_legs_hang_open_on_shoes_and_not_where_they_end_in_boots(anny, draw_scene):
    on_shoes, in_boots = (find(draw_scene(paint_legs(anny, 0.051, hem)), anny).trousers for hem in (1.05, 0.75))
    assert on_shoes is not None and in_boots is None
    scene = draw_scene(paint_legs(anny, 0.051, 1.05))
    boots = StyleEstimate(chances={"shoes": {"low": 0.1, "boot": 0.9}})
    labels = replace(scene.understanding, style=boots)
    assert find_loose(scene.fit, scene.photo, scene.person, labels, anny).trousers is None


def test_a_skirt_beneath_a_coat_is_no_pair_of_trousers(anny, draw_scene):
    scene = draw_scene(paint_legs(anny, 0.085, 0.8))
    assert find(scene, anny, bridged=0.1).trousers is not None
    assert find(scene, anny, bridged=0.9).trousers is None


@pytest.mark.parametrize("sandal", [0.5, 0.9])
def test_hems_that_lie_on_shoes_make_no_sandals_of_them_unless_the_style_is_sure(anny, draw_scene, sandal):
    def paint(labels, joints, covered):
        labels = paint_legs(anny, 0.085, 1.12)(labels, joints, covered)
        shoes = labels == SHOES
        rows = shoes.any(1).nonzero()[:, 0]
        toes = shoes & (torch.arange(SIDE)[:, None] > rows[len(rows) // 2])
        return torch.where(toes, SKIN, labels)

    scene = draw_scene(paint)
    style = StyleEstimate(chances={"shoes": {"low": 1 - sandal, "boot": 0.0, "pump": 0.0, "sandal": sandal}})
    labels = replace(scene.understanding, style=style)
    assert find_loose(scene.fit, scene.photo, scene.person, labels, anny).footwear.closed == (sandal < 0.6)


@pytest.mark.parametrize(("hem", "pitch"), [(0.8, 0.0), (1.1, 0.0), (1.5, 0.0), (1.1, 0.3)])
def test_a_leg_hangs_open_in_a_level_hem_above_the_floor(anny, standing, hem, pitch):
    rest = anny.rest(standing.shape)
    legs = TrouserLegs(half=torch.full((STEPS,), 0.09), hem=hem)
    moved = open_trousers(rest.vertices, standing, rest, legs, Footwear(pitch=pitch), anny)
    for side in SIDES:
        knee, ankle = (rest.joints[anny.roles[f"{side}_{joint}"]] for joint in ("knee", "ankle"))
        of_shin = subtree_weight(rest, anny.roles[f"{side}_knee"]) > 0.5
        beyond = of_shin & ((moved - rest.vertices).norm(dim=1) > 0.02) & (rest.vertices[:, 1] > ankle[1] - 0.02)
        height = moved[beyond, 1]
        lowest = beyond & (moved[:, 1] < float(height.min()) + (0.02 if pitch == 0 else 0.05))
        assert float(moved[of_shin, 1].min()) > float(rest.vertices[:, 1].min()) - (0.001 if pitch == 0 else 0.1)
        if hem < 1.5:
            wanted = float(knee[1] + hem * (ankle[1] - knee[1]))
            assert float(height.min()) == pytest.approx(wanted, abs=0.015 if pitch == 0 else 0.04)
        assert float(moved[lowest, 0].max() - moved[lowest, 0].min()) == pytest.approx(0.18, abs=0.03)
        assert float(moved[lowest, 2].max() - moved[lowest, 2].min()) > 0.15


def test_they_hang_the_same_on_who_is_seen_from_behind(anny, standing):
    rest = anny.rest(standing.shape)
    legs = TrouserLegs(half=torch.full((STEPS,), 0.11), hem=1.12)
    away = replace(standing, pose=replace(standing.pose, root_rotation=torch.tensor([0.0, math.pi, 0.0])))
    front, behind = (open_trousers(rest.vertices, fit, rest, legs, Footwear(), anny) for fit in (standing, away))
    torch.testing.assert_close(behind, front, atol=2e-3, rtol=0)


def test_only_legs_below_the_seat_are_moved(anny, standing):
    rest = anny.rest(standing.shape)
    legs = TrouserLegs(half=torch.full((STEPS,), 0.09), hem=1.1)
    moved = open_trousers(rest.vertices, standing, rest, legs, Footwear(), anny)
    changed = (moved - rest.vertices).norm(dim=1) > 1e-4
    assert float(rest.vertices[changed, 1].max()) < float(rest.joints[anny.roles["left_hip"], 1])


def test_the_clothed_body_has_them(anny, draw_scene):
    scene = draw_scene(paint_legs(anny, 0.085, 0.8))
    loose = find(scene, anny)
    fit = clothe(scene.fit, scene.person, anny, loose=loose.pixels, join_legs=False)
    tucked, _ = tuck_body(fit, (), anny, loose)
    rest, clothed = anny.rest(fit.shape), dress_rest(tucked, anny).vertices
    knee, ankle = (rest.joints[anny.roles[f"left_{joint}"], 1] for joint in ("knee", "ankle"))
    left = clothed[subtree_weight(rest, anny.roles["left_knee"]) > 0.5]
    above, below = ((left[:, 1] - torch.lerp(knee, ankle, place)).abs() < 0.035 for place in (0.72, 0.93))
    spans = [float(left[near, 0].max() - left[near, 0].min()) for near in (above, below)]
    assert spans[0] > 0.15
    assert spans[1] < 0.13


def test_their_tubes_are_told_from_what_comes_out_below(anny, standing):
    """Those are the vertices that become as wide as the legs were seen."""
    rest = anny.rest(standing.shape)
    legs = TrouserLegs(half=torch.full((STEPS,), 0.09), hem=0.7)
    cloth, below = split_trousers(rest, legs, anny)
    moved = open_trousers(rest.vertices, standing, rest, legs, Footwear(), anny)
    shins = torch.stack([subtree_weight(rest, anny.roles[f"{side}_knee"]) > 0.5 for side in SIDES]).any(0)
    assert not bool((cloth & below).any()) and torch.equal(cloth | below, shins)
    wider = (moved - rest.vertices)[:, [0, 2]].norm(dim=1) > 0.02
    assert int((wider & cloth).sum()) > 100 and not bool((wider & below).any())


def boot_legs(anny, hem: float):
    """Boots from the hems of trousers down."""

    def paint(labels, joints, covered):
        labels = paint_legs(anny, 0.075, hem)(labels, joints, covered)
        knees = torch.arange(SIDE)[:, None] > joints[anny.roles["left_knee"], 1]
        return torch.where(knees & (labels == SKIN), SHOES, labels)

    return paint


@pytest.mark.parametrize(("hem", "covered"), [(0.8, True), (0.58, False)])
def test_low_boots_go_on_inside_of_them_and_tall_ones_are_worn_over_them(anny, draw_scene, hem, covered):
    loose = find(draw_scene(boot_legs(anny, hem)), anny)
    assert loose.footwear.covered == covered
    above = loose.footwear.shaft - hem_height(loose.trousers, loose.view.rest, anny)
    assert not covered or above > 0.025


def test_low_shoes_below_hems_on_the_ground_have_no_shaft(anny, draw_scene):
    loose = find(draw_scene(paint_legs(anny, 0.085, 1.24)), anny)
    assert hem_height(loose.trousers, loose.view.rest, anny) < 0.02
    assert loose.footwear.shaft == 0 and not loose.footwear.covered


def test_the_shafts_of_boots_beneath_them_do_not_cut_through_them_and_hide_the_leg(anny, draw_scene):
    scene = draw_scene(boot_legs(anny, 0.8))
    loose = find(scene, anny)
    fit = clothe(scene.fit, scene.person, anny, loose=loose.pixels, join_legs=False)
    shoes = shoe_surface(loose.view.rest, anny, loose.footwear, choose_style(loose.footwear))
    tucked, (worn,) = tuck_body(fit, (shoes,), anny, loose)
    top = worn.vertices[:COLUMNS]
    assert float(top[:, 0].max() - top[:, 0].min()) < 2 * 0.075 - 0.04
    leg = dress_rest(tucked, anny).vertices[split_trousers(loose.view.rest, loose.trousers, anny)[1]]
    nearest = torch.cdist(leg, worn.vertices).argmin(1)
    normals = vertex_normals(worn.vertices, worn.faces)[nearest]
    assert float(((leg - worn.vertices[nearest]) * normals).sum(1).max()) < 0.002


def test_hems_at_the_ankle_that_lie_on_shoes_reach_down_to_them(anny):
    rest = anny.rest(anny.mean_shape())
    for hem, on_shoes, lowered in ((0.95, True, True), (0.95, False, False), (0.8, True, False), (1.3, True, False)):
        legs = TrouserLegs(half=torch.full((STEPS,), 0.08), hem=hem, on_shoes=on_shoes)
        height = hem_height(lower_hem(legs, 0.06, rest, anny), rest, anny)
        assert height == pytest.approx(0.06 if lowered else hem_height(legs, rest, anny), abs=1e-4)


@pytest.mark.parametrize("bare", [False, True])
def test_bare_ankles_between_hem_and_shoe_are_told(anny, draw_scene, bare):
    def paint(labels, joints, covered):
        ankle = joints[anny.roles["left_ankle"]]
        painted = paint_legs(anny, 0.085, 0.92)(labels, joints, covered)
        above = (torch.arange(SIDE)[:, None] < ankle[1] + 1) & (painted == SKIN) & covered
        low = above & (torch.arange(SIDE)[:, None] > ankle[1] - 0.1 * PIXELS_PER_METRE)
        return torch.where(low, SKIN if bare else SHOES, painted)

    assert find(draw_scene(paint), anny).trousers.on_shoes != bare
