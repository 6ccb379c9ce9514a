"""Tops that end at the hips: where, and that their hem is level, stands off all around and spans both legs."""

import math
from dataclasses import replace

import pytest
import torch

from bodydouble.body.skinning import arm_weight
from bodydouble.clothing.loose import find_loose
from bodydouble.clothing.loose_surfaces import tuck_body
from bodydouble.clothing.top_hem import find_top_hem, hem_top
from bodydouble.parsing.labels import LABELS, OUTER
from tests.garments import PIXELS_PER_METRE, SIDE, paint_skirt, paint_trousers


def paint_top(anny, label, below_hip_m, open_m=0.0):
    """A top over trousers that ends so far below the hip joints; between its fronts a shirt that is tucked in."""

    def paint(labels, joints, covered):
        y, x = torch.meshgrid(torch.arange(SIDE) + 0.5, torch.arange(SIDE) + 0.5, indexing="ij")
        hip = float(joints[[anny.roles["left_hip"], anny.roles["right_hip"]], 1].mean())
        trousers = paint_trousers(labels, joints, covered)
        worn = covered & (y > hip - 0.5 * PIXELS_PER_METRE) & (y < hip + below_hip_m * PIXELS_PER_METRE)
        aside = (x - SIDE / 2).abs() / PIXELS_PER_METRE
        return torch.where(worn & (aside < 0.25) & (aside >= open_m / 2), LABELS.index(label), trousers)

    return paint


def find(scene, anny):
    return find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)


@pytest.mark.parametrize(("label", "below"), [("outer", 0.04), ("outer", -0.08), ("upper", 0.03)])
def test_it_ends_where_trousers_begin(anny, draw_scene, label, below):
    scene = draw_scene(paint_top(anny, label, below))
    hem = find(scene, anny).top_hem
    assert hem is not None and hem.label == LABELS.index(label)
    hip = float(anny.rest(scene.fit.shape).joints[anny.roles["left_hip"], 1])
    assert hip - hem.height == pytest.approx(below, abs=0.02)


def test_what_is_tucked_in_hangs_farther_down_or_is_no_top_has_none(anny, draw_scene):
    for paint in (
        paint_top(anny, "upper", -0.1),
        paint_top(anny, "outer", 0.3),
        paint_trousers,
        paint_skirt("dress", 0.4, 0.2),
    ):
        assert find(draw_scene(paint), anny).top_hem is None


def test_it_has_a_height_where_most_of_its_columns_end_above_the_row_that_counts(anny, draw_scene):
    view = find(draw_scene(paint_top(anny, "outer", 0.07)), anny).view
    top = (view.as_top(OUTER) > 0.5) & torch.isfinite(view.near)
    last = int(top.any(1).nonzero().max())
    gaps = torch.arange(view.near.shape[1]) % 5 < 3
    near = view.near.clone()
    near[last, gaps] = torch.inf
    height, even = (find_top_hem(each, anny).height for each in (replace(view, near=near), view))
    assert height == pytest.approx(even, abs=0.005)


def hemmed(anny, scene, fit=None):
    """The bare rest body, and with the scene's hem, and its height."""
    hem, rest = find(scene, anny).top_hem, anny.rest(scene.fit.shape)
    return rest, hem_top(rest.vertices, fit or scene.fit, rest, hem, anny), hem.height


def test_the_hem_is_level_stands_off_and_spans_both_legs(anny, draw_scene):
    rest, moved, height = hemmed(anny, draw_scene(paint_top(anny, "outer", 0.07)))
    ring = ((moved[:, 1] - height).abs() < 0.003) & (rest.vertices[:, 1] > height)
    ring &= arm_weight(rest, anny) < 0.3
    assert int(ring.sum()) > 20
    behind, before = (ring & (moved[:, 0].abs() < 0.15) & (side * moved[:, 2] > 0.03) for side in (-1, 1))
    for part in (behind, before):
        assert float(moved[part, 2].max() - moved[part, 2].min()) < 0.06, "no notch between the legs"
    assert float(moved[ring, 0].amax() - rest.vertices[ring, 0].amax()) > 0.008
    above = rest.vertices[:, 1] > float(rest.joints[anny.roles["left_hip"], 1]) + 0.12
    torch.testing.assert_close(moved[above], rest.vertices[above])


def test_between_the_fronts_of_an_open_jacket_nothing_ends(anny, draw_scene):
    rest, moved, height = hemmed(anny, draw_scene(paint_top(anny, "outer", 0.03, open_m=0.16)))
    middle = (rest.vertices[:, 0].abs() < 0.03) & ((rest.vertices[:, 1] - height).abs() < 0.05)
    change = (moved - rest.vertices).norm(dim=1)
    assert float(change[middle & (rest.vertices[:, 2] > 0.03)].max()) < 1e-4
    assert float(change[middle & (rest.vertices[:, 2] < -0.03)].max()) > 0.01


def test_it_is_whole_behind_who_is_seen_from_behind(anny, draw_scene):
    scene = draw_scene(paint_top(anny, "outer", 0.03))
    away = replace(scene.fit, pose=replace(scene.fit.pose, root_rotation=torch.tensor([0.0, math.pi, 0.0])))
    front, behind = (hemmed(anny, scene, fit)[1] for fit in (scene.fit, away))
    torch.testing.assert_close(front, behind, atol=2e-3, rtol=0)


def test_the_fit_tells_on_which_side_of_the_hem_each_vertex_lies(anny, draw_scene):
    scene = draw_scene(paint_top(anny, "outer", 0.07))
    loose, rest = find(scene, anny), anny.rest(scene.fit.shape)
    hems = tuck_body(scene.fit, (), anny, loose)[0].clothing.hems
    assert hems is not None and len(hems) == 1
    above, below = (rest.vertices[hems[0] == side, 1] - loose.top_hem.height for side in (1, -1))
    assert min(len(above), len(below)) > 50
    assert float(above.min()) > 0 > float(below.max())
    assert float(above.max()) < 0.15 and float(below.min()) > -0.15
