"""Whether a photo shows a coat over the legs, where it hangs open, and that it falls straight and level behind."""

from dataclasses import replace

import pytest
import torch

from bodydouble.body.skinning import dress_rest
from bodydouble.clothing.loose import find_loose
from bodydouble.clothing.loose_surfaces import hang_loose, tuck_body
from bodydouble.clothing.offsets import clothe
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.parsing.labels import LABELS
from bodydouble.values import StyleEstimate, SurfaceKind
from tests.garments import PIXELS_PER_METRE, SIDE, paint_skirt, paint_trousers


def paint_coat(label, length_m, half_width_m=0.22, open_m=0.0):
    """A coat over trousers, of which a strip of that width is seen between its fronts."""

    def paint(labels, joints, covered):
        trousers = paint_trousers(labels, joints, covered)
        coat = paint_skirt(label, length_m, half_width_m)(trousers, joints, covered)
        across = (torch.arange(SIDE) + 0.5 - SIDE / 2).abs() / PIXELS_PER_METRE
        return torch.where(across < open_m / 2, trousers, coat)

    return paint


@pytest.mark.parametrize(("label", "length"), [("outer", 0.4), ("outer", 0.18)])
def test_a_top_that_hangs_over_trousers_is_a_coat(anny, draw_scene, label, length):
    scene = draw_scene(paint_coat(label, length))
    loose = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)
    assert loose.coat is not None and loose.skirt is None
    assert loose.coat.opening is None
    hem = (float(loose.coat.hem.median()) - float(loose.view.joints[0, 1])) / loose.view.pixels(1.0)
    assert hem == pytest.approx(length, abs=0.03)


def test_a_tunic_is_a_tube_whatever_its_label(anny, draw_scene):
    scene = draw_scene(paint_coat("upper", 0.25))
    loose = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)
    assert (loose.coat is None) != (loose.skirt is None)


def test_it_hangs_open_where_the_photo_shows_what_is_beneath(anny, draw_scene):
    scene = draw_scene(paint_coat("outer", 0.4, open_m=0.14))
    loose = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)
    assert loose.coat is not None and loose.coat.opening is not None
    width = (loose.coat.opening.right - loose.coat.opening.left).median() / loose.view.pixels(1.0)
    assert float(width) == pytest.approx(0.14, abs=0.02)
    (coat,) = hang_loose(loose, scene.fit, anny)
    front = coat.vertices[:, 2] > coat.vertices[:, 2].median()
    across = coat.vertices[front & (coat.vertices[:, 1] < coat.vertices[:, 1].mean()), 0].abs()
    assert 0.05 < float(across.min()) < 0.09, "its front edges lie where the photo has them"
    middle = coat.vertices[coat.faces].mean(1)
    assert not bool(((middle[:, 0].abs() < 0.05) & (middle[:, 2] > coat.vertices[:, 2].median())).any())


@pytest.mark.parametrize(
    "paint", [paint_trousers, paint_skirt("dress", 0.4, 0.2), paint_coat("outer", 0.0), paint_coat("upper", 0.0)]
)
def test_trousers_dresses_and_jackets_are_none(anny, draw_scene, paint):
    scene = draw_scene(paint)
    assert find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny).coat is None


def test_behind_it_falls_straight_to_a_level_hem_and_covers_the_seat(anny, draw_scene):
    scene = draw_scene(paint_coat("outer", 0.5))
    loose = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)
    fit = clothe(scene.fit, scene.person, anny, loose=loose.pixels, join_legs=False)
    _, (coat,) = tuck_body(fit, hang_loose(loose, scene.fit, anny), anny)
    assert coat.kind == SurfaceKind.COAT
    rings = coat.vertices.view(28, 65, 3)
    assert float(rings[-1, :, 1].max() - rings[-1, :, 1].min()) < 0.05, "the hem is level all around"
    behind = rings[8:, 0, 2]
    assert float(behind.max() - behind.min()) < 0.05, "no lower than the seat does it follow the legs"


def test_the_trunk_falls_straight_to_the_coat_below_it(anny, draw_scene):
    scene = draw_scene(paint_coat("outer", 0.4))
    loose = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)
    before = clothe(scene.fit, scene.person, anny, loose=loose.pixels, join_legs=False)
    after, (coat,) = tuck_body(before, hang_loose(loose, scene.fit, anny), anny)
    top, seat = coat.vertices.view(28, 65, 3)[[0, 12], 0]

    def hollow(fit):
        """Metres by which the small of the back lies before the line from the shoulder blades to the coat's seat."""
        points = dress_rest(fit, anny).vertices
        back = points[(points[:, 0].abs() < 0.06) & (points[:, 1] > top[1])]
        back = back[back[:, 2] < points[:, 2].mean()]
        blades = back[back[:, 2].argmin()]
        small = back[(back[:, 1] - (blades[1] + top[1]) / 2).abs() < 0.04]
        along = (small[:, 1] - seat[1]) / (blades[1] - seat[1])
        return float((small[:, 2] - (seat[2] + along * (blades[2] - seat[2]))).mean())

    assert hollow(after) < 0.012 < 0.03 < hollow(before)


def test_a_skirt_stays_within_the_coat_over_it(anny, draw_scene):
    def paint(labels, joints, covered):
        skirt = paint_skirt("lower", 0.5, 0.2, flare_m=0.1)(labels, joints, covered)
        return paint_skirt("outer", 0.15, 0.19)(skirt, joints, covered)

    scene = draw_scene(paint)
    loose = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)
    fit = clothe(scene.fit, scene.person, anny, loose=loose.pixels, join_legs=False)
    _, worn = tuck_body(fit, hang_loose(loose, scene.fit, anny), anny, loose)
    skirt, coat = worn[:2]
    assert (skirt.kind, coat.kind) == (SurfaceKind.SKIRT, SurfaceKind.COAT)
    rings = coat.vertices.view(28, 65, 3)
    above = skirt.vertices[skirt.vertices[:, 1] > float(rings[-3, :, 1].max())]
    nearest = torch.cdist(above, coat.vertices).argmin(1)
    out = ((above - coat.vertices[nearest]) * vertex_normals(coat.vertices, coat.faces)[nearest]).sum(1)
    assert float((out > 0).float().mean()) < 0.02


def test_a_coat_s_pixels_are_not_painted_on_the_legs(anny, draw_scene):
    scene = draw_scene(paint_coat("outer", 0.4))
    loose = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)
    locks = loose.hiding_pixels(scene.fit.camera)
    assert locks is not None and locks.shape == (SIDE, SIDE)
    coat = scene.understanding.labels[LABELS.index("outer")] > 0.5
    thighs = torch.zeros_like(coat)
    thighs[round(float(scene.joints[0, 1]) + 0.15 * PIXELS_PER_METRE) :] = True
    assert float((locks & coat & thighs).sum() / (coat & thighs).sum()) > 0.95
    trousers = scene.understanding.labels[LABELS.index("lower")] > 0.5
    assert float((locks & trousers).sum() / trousers.sum()) < 0.1


@pytest.mark.parametrize("below", ["lower", "dress"])
def test_what_hangs_deeper_than_a_coat_is_not_painted_on_the_legs_but_a_jumpsuit_is(anny, draw_scene, below):
    """A tip that is named a dress's, over trousers or over a jumpsuit's legs."""

    def paint(labels, joints, covered):
        coat = paint_coat("outer", 0.3)(labels, joints, covered)
        coat = torch.where(coat == LABELS.index("lower"), LABELS.index(below), coat)
        tip = torch.zeros_like(covered)
        hem = round(float(joints[0, 1]) + 0.3 * PIXELS_PER_METRE)
        middle, deep = round(float(joints[0, 0])), round(0.15 * PIXELS_PER_METRE)
        tip[hem : hem + deep, middle - 40 : middle] = True
        coat[tip & covered] = LABELS.index("dress")
        coat[hem : hem + deep, middle - 60 : middle - 40] = LABELS.index("outer")
        return coat

    scene = draw_scene(paint)
    locks = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny).hiding_pixels(scene.fit.camera)
    hem, middle = round(float(scene.joints[0, 1]) + 0.38 * PIXELS_PER_METRE), round(float(scene.joints[0, 0]))
    tip = (slice(hem, hem + 10), slice(middle - 30, middle - 10))
    shown = scene.understanding.labels[LABELS.index("dress")][tip] > 0.5
    assert bool(shown.any())
    assert bool(locks[tip][shown].all()) == (below == "lower")


@pytest.mark.parametrize(
    ("bare", "on_trunk", "coat"), [(0.97, True, False), (0.6, True, True), (0.6, False, False), (0.3, False, True)]
)
def test_a_style_that_doubts_a_coat_is_believed_where_the_trunk_shows_none_and_one_that_is_sure_always(
    anny, draw_scene, bare, on_trunk, coat
):
    def paint(labels, joints, covered):
        trunk = covered & (torch.arange(SIDE)[:, None] < float(joints[0, 1])) & on_trunk
        return paint_coat("outer", 0.4)(torch.where(trunk, LABELS.index("outer"), labels), joints, covered)

    scene = draw_scene(paint)
    style = StyleEstimate(chances={"outer": {"none": bare, "closed": 1 - bare, "open": 0.0}})
    loose = find_loose(scene.fit, scene.photo, scene.person, replace(scene.understanding, style=style), anny)
    assert (loose.coat is not None) == coat
