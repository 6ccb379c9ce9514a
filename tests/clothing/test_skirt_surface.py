"""Whether a photo shows a skirt, and that its tube is as wide and as long as the photo has it."""

import types
from dataclasses import replace

import numpy as np
import pytest
import torch

from bodydouble.body.skinning import dress_rest, subtree_weight
from bodydouble.clothing.fall import measure_fall
from bodydouble.clothing.garment_view import body_camera, garment_view
from bodydouble.clothing.loose import find_loose
from bodydouble.clothing.loose_surfaces import hang_loose, tuck_body
from bodydouble.clothing.offsets import clothe
from bodydouble.clothing.row_spans import measure_spans
from bodydouble.clothing.skirt_surface import fill_holes, find_end, find_skirt, parted_by_labels
from bodydouble.geometry.camera import clip_from_world, project
from bodydouble.parsing.garments import GARMENTS
from bodydouble.parsing.labels import DRESS, LABELS, LOWER, OUTER
from bodydouble.raster import rasteriser
from bodydouble.surface.skeleton import pose_surface
from bodydouble.values import StyleEstimate
from tests.garments import PIXELS_PER_METRE, SIDE, paint_skirt, paint_trousers


@pytest.mark.parametrize(("label", "length"), [("dress", 0.35), ("lower", 0.55)])
def test_what_bridges_both_legs_is_a_skirt_whatever_its_label(anny, draw_scene, label, length):
    scene = draw_scene(paint_skirt(label, length, 0.2, flare_m=0.06))
    loose = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)
    assert loose.skirt is not None


def test_a_skirt_s_pixels_are_not_painted_on_the_legs(anny, draw_scene):
    scene = draw_scene(paint_skirt("dress", 0.35, 0.17))
    locks = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny).hiding_pixels(scene.fit.camera)
    below = torch.arange(SIDE)[:, None] > float(scene.joints[0, 1]) + 0.15 * PIXELS_PER_METRE
    skirt = (scene.understanding.labels[LABELS.index("dress")] > 0.5) & below
    assert locks is not None and float((locks & skirt).sum() / skirt.sum()) > 0.95


def test_trousers_are_none(anny, draw_scene):
    scene = draw_scene(paint_trousers)
    assert find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny).skirt is None


def test_a_long_shirt_is_none(anny, draw_scene):
    scene = draw_scene(lambda *drawn: paint_skirt("upper", 0.12, 0.19)(paint_trousers(*drawn), *drawn[1:]))
    assert find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny).skirt is None


def test_who_sits_has_no_skirt_that_hangs(anny, draw_scene):
    scene = draw_scene(paint_skirt("dress", 0.4, 0.2))
    joints = scene.fit.pose.joints.clone()
    joints[[anny.roles["left_hip"], anny.roles["right_hip"]], 0] = -1.4
    seated = replace(scene.fit, pose=replace(scene.fit.pose, joints=joints))
    assert find_loose(seated, scene.photo, scene.person, scene.understanding, anny).skirt is None


def hung(scene, anny):
    loose = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)
    fit = clothe(scene.fit, scene.person, anny, loose=loose.pixels, join_legs=False)
    return tuck_body(fit, hang_loose(loose, scene.fit, anny), anny)


def test_the_tube_covers_what_the_photo_shows(anny, draw_scene):
    paint = paint_skirt("dress", 0.5, 0.2, flare_m=0.1)
    scene = draw_scene(paint)
    fit, (surface,) = hung(scene, anny)
    posed = pose_surface(surface, dress_rest(fit, anny), fit.pose)
    clip = clip_from_world(posed.mesh.vertices, fit.camera)[None]
    covered = rasteriser()(clip, posed.mesh.faces, fit.camera.size).face[0] >= 0
    shown = scene.understanding.labels[4] > 0.5
    rows = shown.any(1).nonzero()[:, 0]
    low = torch.zeros_like(shown)
    low[int(rows[0] + 0.15 * PIXELS_PER_METRE) :] = True  # below the waist, where the tube leaves the body
    both = shown & low
    assert float((covered & both).sum() / ((covered | shown) & low).sum()) > 0.93


def test_a_short_skirt_leaves_the_waist_on_a_slope_and_is_no_deeper_than_the_seat_needs(anny, draw_scene):
    fit, (surface,) = hung(draw_scene(paint_skirt("dress", 0.25, 0.19)), anny)
    rings = surface.vertices.view(28, 65, 3)
    for column in (0, 32):  # behind and before
        profile = rings[:, column]
        slope = (profile[3:, 2] - profile[:-3, 2]).abs() / (profile[:-3, 1] - profile[3:, 1])
        assert float(slope.max()) < 0.6, "no shelf"
    seat = dress_rest(fit, anny).vertices
    seat = seat[(seat[:, 1] - rings[14, :, 1].mean()).abs() < 0.1, 2].min()
    assert -0.035 < float(rings[14, :, 2].min() - seat) < 0


@pytest.mark.parametrize(("label", "filled"), [("outer", 1.0), ("upper", 0.6), ("dress", 0.0)])
def test_a_top_falls_straight_to_the_skirt_below_it_and_a_dress_keeps_its_waist(anny, draw_scene, label, filled):
    def paint(labels, joints, covered):
        trunk = covered & (torch.arange(len(labels))[:, None] < float(joints[0, 1]))
        return paint_skirt("lower", 0.4, 0.2)(torch.where(trunk, LABELS.index(label), labels), joints, covered)

    scene = draw_scene(paint)
    loose = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)
    assert loose.skirt is not None
    assert measure_fall(loose.view, loose.skirt.waist, anny) == pytest.approx(filled, abs=0.1)
    fit = clothe(scene.fit, scene.person, anny, loose=loose.pixels, join_legs=False)
    worn = hang_loose(loose, scene.fit, anny)
    before, after = (dress_rest(tuck_body(fit, worn, anny, garments)[0], anny).vertices for garments in (None, loose))
    top = float(worn[0].vertices[:, 1].max())
    small = (before[:, 0].abs() < 0.06) & (before[:, 2] < before[:, 2].mean())
    small &= (before[:, 1] > top + 0.02) & (before[:, 1] < top + 0.1)
    assert float((before - after)[small, 2].mean()) == pytest.approx(0.043 * filled, abs=0.01)


def test_no_leg_stands_out_of_it_and_both_move_it(anny, draw_scene):
    scene = draw_scene(paint_skirt("dress", 0.45, 0.19))
    fit, (surface,) = hung(scene, anny)
    rest = dress_rest(fit, anny)
    for azimuth_axis in (0, 2):  # seen from the front and from the side, the tube is wider than the legs in it
        legs = (subtree_weight(rest, anny.roles["left_knee"]) < 0.5) & (
            subtree_weight(rest, anny.roles["left_hip"]) > 0.9
        )
        thigh = rest.vertices[legs]
        heights = surface.vertices[:, 1]
        thigh = thigh[(thigh[:, 1] < heights.max() - 0.12) & (thigh[:, 1] > heights.min() + 0.03)]
        for point in thigh[:: max(1, len(thigh) // 40)]:
            ring = surface.vertices[(heights - point[1]).abs() < 0.03][:, azimuth_axis]
            assert float(ring.min()) - 0.012 < float(point[azimuth_axis]) < float(ring.max()) + 0.012
    front = surface.vertices[:, 2].argmax()
    left, right = (surface.skin_weights[:, anny.roles[f"{side}_hip"]] for side in ("left", "right"))
    assert float((left - right)[front].abs()) < 0.25
    assert surface.skin_weights.sum(1).sub(1).abs().max() < 1e-3


def test_the_view_shows_the_body_where_the_photo_has_it(anny, draw_scene):
    scene = draw_scene(paint_trousers)
    view = garment_view(
        scene.fit, scene.photo, scene.person, scene.understanding, anny, body_camera(scene.person, scene.fit.camera)
    )
    assert float((torch.isfinite(view.front) & view.person).sum() / view.person.sum()) > 0.95
    assert bool((view.near <= view.far)[torch.isfinite(view.near)].all())
    pelvis = project(anny.pose(view.rest, scene.fit.pose).vertices.mean(0), view.camera)
    assert view.pixels(1.0) == pytest.approx(float(view.camera.intrinsics[0, 0] / pelvis[2]), rel=0.05)


def test_a_hem_that_is_higher_at_its_sides_makes_no_skirt_narrower(anny, draw_scene):
    def paint(labels, joints, covered):
        across = (torch.arange(len(labels)) + 0.5 - len(labels) / 2) / (0.2 * PIXELS_PER_METRE)
        skirt = paint_skirt("dress", 0.4, 0.2)(labels, joints, covered)
        hem = float(joints[0, 1]) + (0.4 - 0.06 * across.square()) * PIXELS_PER_METRE
        return torch.where(torch.arange(len(labels))[:, None] < hem, skirt, labels)

    scene = draw_scene(paint)
    shape = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny).skirt
    width = shape.spans.right - shape.spans.left
    assert float(width[-1]) > 0.97 * float(width[len(width) // 2])


def test_a_coat_that_hangs_behind_a_skirt_makes_it_no_wider(anny, draw_scene):
    def paint(labels, joints, covered):
        painted = paint_skirt("lower", 0.5, 0.17)(labels, joints, covered)
        rows, middle = (round(float(joints[0, axis])) for axis in (1, 0))
        beside = slice(middle + round(0.17 * PIXELS_PER_METRE), middle + round(0.26 * PIXELS_PER_METRE))
        painted[rows : rows + round(0.5 * PIXELS_PER_METRE), beside] = OUTER
        return painted

    def width(scene):
        style = StyleEstimate(chances={"outer": {"none": 0.95}, "legs": {"apart": 0.1, "bridged": 0.9}})
        understanding = replace(scene.understanding, style=style)
        loose = find_loose(scene.fit, scene.photo, scene.person, understanding, anny)
        return float((loose.skirt.spans.right - loose.skirt.spans.left).max()) / loose.view.pixels(1.0)

    assert width(draw_scene(paint)) == pytest.approx(width(draw_scene(paint_skirt("lower", 0.5, 0.17))), abs=0.02)


def in_style(scene, **chances):
    """The scene's understanding with chances of bridged legs."""
    legs = {"apart": 1 - chances["bridged"], "bridged": chances["bridged"]}
    return replace(scene.understanding, style=StyleEstimate(chances={"legs": legs}))


@pytest.mark.parametrize(("bridged", "skirt"), [(0.01, False), (0.99, True)])
def test_where_the_labels_are_in_doubt_the_style_decides(anny, draw_scene, bridged, skirt):
    """A tube of the legs' width, called what trousers are, too: nothing but its lack of a gap speaks for a skirt."""
    scene = draw_scene(paint_skirt("lower", 0.35, 0.17))
    loose = find_loose(scene.fit, scene.photo, scene.person, in_style(scene, bridged=bridged), anny)
    assert (loose.skirt is not None) == skirt


@pytest.mark.parametrize("notch", [False, True])
def test_a_long_skirt_has_a_level_hem_and_trousers_have_a_notch(anny, draw_scene, notch):
    """The style is for trousers, and so is the label."""

    def paint(labels, joints, covered):
        painted = paint_skirt("lower", 0.65, 0.17)(labels, joints, covered)
        lowest = int((painted == LOWER).any(1).nonzero().max())
        middle = round(float(joints[0, 0]))
        if notch:
            between = slice(middle - 1, middle + 2)
            painted[lowest - round(0.06 * PIXELS_PER_METRE) : lowest + 1, between] = 0
        return painted

    scene = draw_scene(paint)
    loose = find_loose(scene.fit, scene.photo, scene.person, in_style(scene, bridged=0.1), anny)
    assert (loose.skirt is None) == notch


def test_no_style_makes_a_skirt_of_trousers_with_a_gap(anny, draw_scene):
    scene = draw_scene(paint_trousers)
    assert find_loose(scene.fit, scene.photo, scene.person, in_style(scene, bridged=0.99), anny).skirt is None


def test_a_hem_that_ends_higher_on_one_side_lets_no_side_run_across(anny, draw_scene):
    scene = draw_scene(paint_trousers)
    camera = body_camera(scene.person, scene.fit.camera)
    view = garment_view(scene.fit, scene.photo, scene.person, scene.understanding, anny, camera)
    view = replace(view, cover=torch.zeros_like(view.cover))
    garment, rows = torch.zeros_like(view.person), slice(150, 230)
    garment[rows, 150:230] = True
    garment[rows.stop - round(view.pixels(0.1)) : rows.stop, 195:] = False
    spans = measure_spans(garment, view, rows.start, rows.stop)
    assert float((spans.right - 230).abs().max()) < 3 and float((spans.left - 150).abs().max()) < 3


@pytest.mark.parametrize(("one_piece", "rows"), [(True, 60), (False, 6)])
def test_a_bag_before_one_piece_of_cloth_is_no_hem(one_piece, rows):
    """Beneath it the labels change, too, from a dress's to a skirt's: the parser's doubt."""
    votes = np.zeros(80)
    votes[6:14], votes[60:] = np.nan, np.nan
    labels = torch.zeros(len(LABELS), 80, 20)
    labels[DRESS, :14], labels[LOWER, 14:] = 1.0, 1.0
    garment = torch.ones(80, 20, dtype=torch.bool)
    view = types.SimpleNamespace(pixels=lambda metres: 160 * metres)
    parted = parted_by_labels(votes, labels, garment, view, one_piece)
    assert find_end(votes, parted, view, True, one_piece) == rows


@pytest.mark.parametrize(("shows", "filled"), [("thing", True), ("background", False)])
def test_a_patch_within_the_cloth_is_its_own_and_a_gap_between_legs_is_none(shows, filled):
    garment = torch.zeros(40, 40, dtype=torch.bool)
    garment[5:35, 5:35] = True
    garment[15:20, 18:22] = False
    labels = torch.zeros(len(LABELS), 40, 40)
    labels[LABELS.index(shows)] = 1
    empty = torch.zeros_like(garment)
    view = types.SimpleNamespace(labels=labels, person=~empty, cover=empty)
    assert bool(fill_holes(garment, view)[15:20, 18:22].all()) == filled
    assert not bool(fill_holes(garment, view)[:5].any())


@pytest.mark.parametrize(("name", "found"), [("skirt", True), ("trousers", False)])
def test_a_skirt_of_which_a_coat_leaves_a_strip_is_found_where_its_name_is_sure(anny, draw_scene, name, found):
    scene = draw_scene(paint_skirt("lower", 0.5, 0.2))
    names = torch.zeros(len(GARMENTS), *scene.understanding.labels.shape[1:])
    names[GARMENTS.index(name)] = 1
    understanding = replace(scene.understanding, garments=names)
    view = find_loose(scene.fit, scene.photo, scene.person, understanding, anny).view
    beside = (torch.arange(view.cover.shape[1]) - view.joints[0, 0]).abs() > view.pixels(0.07)
    hidden = replace(view, cover=view.cover | (beside & view.person))
    assert (find_skirt(hidden, anny) is not None) == found


def test_an_edge_where_a_skirt_begins_is_no_hem(anny, draw_scene):
    """The top ends at the crotch, and what hangs below it wavers between two names: no reason to look no further."""
    scene = draw_scene(paint_skirt("lower", 0.6, 0.2))
    names = torch.zeros(len(GARMENTS), *scene.understanding.labels.shape[1:])
    names[GARMENTS.index("skirt")] = 0.3
    names[GARMENTS.index("shorts")] = 0.7
    understanding = replace(in_style(scene, bridged=0.97), garments=names)
    view = find_loose(scene.fit, scene.photo, scene.person, understanding, anny).view
    hip, knee = (view.joint_height(joint, anny) for joint in ("hip", "knee"))
    below = torch.arange(len(view.cover))[:, None] >= round(hip + 0.2 * (knee - hip))
    two_coloured = torch.where(below, view.colours.new_tensor(0.9), view.colours.new_tensor(0.1))
    view = replace(view, colours=two_coloured.expand_as(view.colours))
    style = StyleEstimate(chances={"legs": {"apart": 0.03, "bridged": 0.97}})
    assert find_skirt(view, anny, style) is not None


@pytest.mark.parametrize("legs", ["skirt", "trousers", "bare"])
def test_a_long_skirt_that_shows_below_a_coat_alone_is_found(anny, draw_scene, legs):
    """From the crotch down to the knees a coat hides what the legs wear."""
    paint = {"skirt": paint_skirt("lower", 0.8, 0.2, flare_m=0.1), "trousers": paint_trousers}
    scene = draw_scene(paint.get(legs, lambda labels, joints, covered: labels))
    names = torch.zeros(len(GARMENTS), *scene.understanding.labels.shape[1:])
    names[GARMENTS.index("trousers" if legs == "trousers" else "skirt")] = 1
    understanding = replace(scene.understanding, garments=names)
    view = find_loose(scene.fit, scene.photo, scene.person, understanding, anny).view
    down_to = torch.arange(len(view.cover))[:, None] < view.joint_height("knee", anny) + view.pixels(0.05)
    coat = view.person & down_to
    labels = torch.where(coat, torch.zeros_like(view.labels), view.labels)
    labels[OUTER] += coat.float()
    view = replace(view, labels=labels, cover=view.cover | coat)
    assert (find_skirt(view, anny) is not None) == (legs == "skirt")
