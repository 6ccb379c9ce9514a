"""Long hair: whether the photo shows any, that it falls behind, and that it leaves the face free."""

from dataclasses import replace

import pytest
import torch

from bodydouble.body.skinning import dress_rest, subtree_weight
from bodydouble.clothing import hair_sheet
from bodydouble.clothing.hair_sheet import hair_points
from bodydouble.clothing.hair_surface import find_hair
from bodydouble.clothing.loose import find_loose
from bodydouble.clothing.loose_surfaces import hang_loose
from bodydouble.clothing.offsets import clothe
from bodydouble.clothing.ring_grid import ring_angles
from bodydouble.geometry.camera import project
from bodydouble.geometry.uv import texel_at
from bodydouble.parsing.labels import LABELS
from bodydouble.surface.skeleton import pose_surface
from bodydouble.values import FACE_LANDMARKS, SurfaceKind
from tests.garments import PIXELS_PER_METRE, paint_hair


@pytest.fixture
def hang(anny, draw_scene):
    """A function that paints hair so long and hangs it: the scene, the surface, and its vertices as they stand."""

    def hung(below_chin_m: float):
        scene = draw_scene(paint_hair(below_chin_m))
        loose = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)
        (surface,) = hang_loose(loose, scene.fit, anny)
        posed = pose_surface(surface, dress_rest(scene.fit, anny), scene.fit.pose)
        return scene, surface, posed.mesh.vertices

    return hung


@pytest.mark.parametrize(("below_chin_m", "is_long"), [(-0.08, False), (0.0, True), (0.12, True), (0.3, True)])
def test_hair_is_a_surface_where_it_falls_beside_the_jaw(anny, draw_scene, below_chin_m, is_long):
    scene = draw_scene(paint_hair(below_chin_m))
    assert (find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny).hair is not None) == is_long


def test_it_falls_behind_as_far_as_at_the_sides(anny, hang):
    scene, surface, vertices = hang(0.25)
    assert surface.kind == SurfaceKind.HAIR
    mesh = anny.pose(anny.rest(scene.fit.shape), scene.fit.pose)
    head = mesh.vertices[mesh.vertices[:, 1] > mesh.vertices[:, 1].max() - 0.2]
    behind = vertices[vertices[:, 2] < head[:, 2].min() + 0.02]
    assert len(behind) > 50, "hair stands behind the back of the head"
    hair_rows = (scene.understanding.labels[9] > 0.5).any(1).nonzero()[:, 0]
    lowest = project(behind, scene.fit.camera)[:, 1].max()
    assert float(lowest) == pytest.approx(float(hair_rows[-1]), abs=0.05 * PIXELS_PER_METRE)


def test_in_front_it_hangs_down_to_its_tips(anny, hang):
    scene, surface, _ = hang(0.25)
    posed = pose_surface(surface, dress_rest(scene.fit, anny), scene.fit.pose).mesh
    middle = posed.vertices[posed.faces].mean(1)
    body = anny.pose(anny.rest(scene.fit.shape), scene.fit.pose).vertices
    assert float(middle[:, 2].max()) < float(body[:, 2].max()) + 0.05, "and no ring flies to the camera"
    # Behind the sides tips reach below the usual end.
    in_front = project(middle[middle[:, 2] > middle[:, 2].mean() + 0.04], scene.fit.camera)[:, 1]
    hair_rows = (scene.understanding.labels[9] > 0.5).any(1).nonzero()[:, 0]
    assert float(in_front.max()) == pytest.approx(float(hair_rows[-1]), abs=0.012 * PIXELS_PER_METRE)


def test_a_twig_behind_the_head_makes_no_horn(anny, draw_scene):
    def paint(labels, joints, covered):
        hairy = paint_hair(0.25)(labels, joints, covered)
        top = int((hairy > 0).any(1).float().argmax())
        columns = (hairy[top : top + 4] > 0).any(0).nonzero()[:, 0]
        middle = int(columns.float().mean())
        hairy[top - 12 : top + 2, middle - 2 : middle + 3] = LABELS.index("hair")
        return hairy

    tops = []
    for each in (paint_hair(0.25), paint):
        scene = draw_scene(each)
        loose = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)
        surface = hang_loose(loose, scene.fit, anny)[0]
        tops.append(float(surface.vertices[:, 1].max()))
    assert tops[1] == pytest.approx(tops[0], abs=0.012), "metres; the twig is 6.7 cm high"


def test_a_lock_that_flies_out_widens_the_back_of_no_head(anny, draw_scene):
    def paint(labels, joints, covered):
        hairy = paint_hair(0.25)(labels, joints, covered)
        rows = (hairy == LABELS.index("hair")).any(1).nonzero()[:, 0]
        for row in range(int(rows[len(rows) // 5]), int(rows[len(rows) // 2])):
            right = int((hairy[row] == LABELS.index("hair")).nonzero()[-1])
            hairy[row, right : right + round(0.15 * PIXELS_PER_METRE)] = LABELS.index("hair")
        return hairy

    reaches = []
    for each in (paint_hair(0.25), paint):
        scene = draw_scene(each)
        loose = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)
        x, _, z = hang_loose(loose, scene.fit, anny)[0].vertices.unbind(1)
        behind = z < z.min() + 0.08
        reaches.append((float(x.abs().max()), float(x[behind].abs().max()), float(z.min())))
    (seen, back, deep), (seen_flying, back_flying, deep_flying) = reaches
    assert seen_flying > seen + 0.1, "in front it is as wide as it is seen"
    assert back_flying < back + 0.05
    assert deep_flying > deep - 0.03, "metres; and no deeper"


def test_hair_that_is_high_on_one_side_has_no_step_behind_the_crown(anny, draw_scene):
    """Of a tilted head, above whose skull hair reaches farther to one side."""

    def paint(labels, joints, covered):
        hairy = paint_hair(0.25)(labels, joints, covered)
        top = int(covered.any(1).float().argmax())
        middle = int(covered[top : top + 4].any(0).nonzero().float().mean())
        high, low, wide = (round(metres * PIXELS_PER_METRE) for metres in (0.05, 0.02, 0.1))
        hairy[:top] = labels[:top]
        hairy[top - high : top + low, middle - low : middle + wide] = LABELS.index("hair")
        return hairy

    scene = draw_scene(paint)
    loose = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)
    points = hair_points(loose.hair, loose.head_view)
    towards = ring_angles(points.shape[1]).cos()
    crown = points[:, :, 1].mean(1) < loose.head_view.skull_top
    crown[: hair_sheet._CAP_RINGS] = False
    assert int(crown.sum()) > 1
    before, behind = (points[crown][:, side, 0].amax(1) for side in (towards > 0, towards < 0))
    assert float((before - behind).max()) < loose.head_view.pixels(0.012)


def test_its_border_beside_face_and_neck_has_no_saw_teeth(anny, draw_scene):
    """Labels of a small photo step from pixel to pixel; on a cheek that is seen from the side a step is wide."""

    def paint(labels, joints, covered):
        hairy = paint_hair(0.25)(labels, joints, covered)
        toothed, hair = hairy.clone(), hairy == LABELS.index("hair")
        for row in range(len(hairy)):
            if row % 4 < 2:
                beside = hair[row].roll(2) | hair[row].roll(-2)
                toothed[row, beside & covered[row]] = LABELS.index("hair")
        return toothed

    steps = []
    for each in (paint_hair(0.25), paint):
        scene = draw_scene(each)
        loose = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)
        alpha = hang_loose(loose, scene.fit, anny)[0].texture.alpha
        width = (alpha > 0.5).sum(1).float()
        beside = slice(len(alpha) // 2, 7 * len(alpha) // 8)
        steps.append(float(width[beside].diff().abs().mean()))
    assert steps[1] < steps[0] + 1.8, "texels; the teeth are of 3"


def test_where_the_view_shows_no_hairline_hair_still_has_a_form(anny, draw_scene):
    scene = draw_scene(paint_hair(0.25))
    loose = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)
    near = loose.head_view.near.clone()
    near[loose.head_view.skull_top + 1 : round(loose.hair.chin)] = torch.inf
    assert hair_points(loose.hair, replace(loose.head_view, near=near)).isfinite().all()


def test_it_leaves_the_face_free(anny, hang):
    scene, surface, _ = hang(0.25)
    vertices = anny.rest(scene.fit.shape).vertices
    face = anny.landmarks.points(vertices)[FACE_LANDMARKS]
    nose = face[face[:, 2].argmax()]
    middle = surface.vertices[surface.faces].mean(1)
    uv = surface.layout.uv[surface.layout.faces].mean(1)
    row, column = texel_at(uv, len(surface.texture.alpha))
    drawn = middle[surface.texture.alpha[row, column] > 0.5]
    beside = drawn[(drawn[:, 1] - nose[1]).abs() < 0.03]
    assert len(beside) > 10
    assert float(beside[:, 2].max()) < float(nose[2]) - 0.04, "in profile the nose stands before the hair"


def test_it_fades_where_the_photo_shows_none(hang):
    _, surface, _ = hang(0.25)
    alpha = surface.texture.alpha
    size = len(alpha)
    assert float(alpha[size // 2, size // 2]) == 0, "the middle of the near side is the face"
    assert float(alpha[: size // 2, :8].mean()) == pytest.approx(1), "the far side's middle is hair"
    assert 0 < float(alpha[-size // 8 :, :8].mean()) < 0.9, "locks end one by one"


def test_where_the_photo_shows_what_lies_behind_the_neck_no_tip_hangs(anny, draw_scene):
    scene = draw_scene(paint_hair(0.0))
    shape = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)
    (surface,) = hang_loose(shape, scene.fit, anny)
    posed = pose_surface(surface, dress_rest(scene.fit, anny), scene.fit.pose).mesh
    uv = surface.layout.uv[surface.layout.faces].mean(1)
    row, column = texel_at(uv, len(surface.texture.alpha))
    drawn = surface.texture.alpha[row, column] > 0.5
    pixel = project(posed.vertices[posed.faces].mean(1)[drawn], scene.fit.camera)[:, :2].long()
    body = project(anny.pose(anny.rest(scene.fit.shape), scene.fit.pose).vertices, scene.fit.camera)
    chin = float(body[:, 1].min()) + 0.25 * PIXELS_PER_METRE
    below = pixel[pixel[:, 1] > chin]
    shows_hair = scene.person.mask[below[:, 1], below[:, 0]] > 0.5
    assert len(below) > 10
    assert float(shows_hair.float().mean()) > 0.9


def test_it_follows_the_head_above_and_the_trunk_below(anny, hang):
    _, surface, vertices = hang(0.35)
    head = surface.skin_weights[:, anny.roles["head"]]
    top, low = vertices[:, 1] > vertices[:, 1].max() - 0.1, vertices[:, 1] < vertices[:, 1].min() + 0.05
    assert float(head[top].min()) > 0.99
    assert float(head[low].max()) < 0.1
    arms = [anny.roles[f"{side}_elbow"] for side in ("left", "right")]
    assert float(surface.skin_weights[:, arms].max()) < 0.01, "a raised arm does not lift it"


def test_its_outline_shapes_no_head(anny, draw_scene):
    scene = draw_scene(paint_hair(0.3, half_width_m=0.16))
    loose = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)
    rest = anny.rest(scene.fit.shape)
    head = subtree_weight(rest, anny.roles["head"]) > 0.9
    widths = []
    for pixels in (loose.pixels, torch.zeros_like(loose.pixels)):
        fit = clothe(scene.fit, scene.person, anny, loose=pixels, join_legs=False)
        widths.append(float((rest.vertices + fit.clothing.offsets)[head, 0].abs().max()))
    assert widths[0] < float(rest.vertices[head, 0].abs().max()) + 0.005 < widths[1] - 0.01


def test_curls_stand_out_in_tufts_and_straight_hair_does_not(anny, draw_scene):
    scene = draw_scene(paint_hair(0.25))
    loose = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)
    (straight,), (again,), (curly,) = (hang_loose(loose, scene.fit, anny, curl) for curl in (0.0, 0.0, 1.0))
    assert torch.equal(straight.vertices, again.vertices)
    count = min(len(straight.vertices), len(curly.vertices))
    whole = straight.vertices.amax(0) - straight.vertices.amin(0)
    assert float((curly.vertices.amax(0) - curly.vertices.amin(0) - whole).abs().max()) < 0.05
    assert not torch.allclose(curly.vertices[:count], straight.vertices[:count], atol=0.002)


def test_over_the_forehead_it_is_round_and_no_peak_of_a_cap(anny, draw_scene):
    """Big hair does not stand before the forehead: its nearest point over the hairline lies behind the nose."""
    scene = draw_scene(paint_hair(0.25, half_width_m=0.18))
    (surface,) = hang_loose(
        find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny), scene.fit, anny
    )
    vertices = anny.rest(scene.fit.shape).vertices
    face = anny.landmarks.points(vertices)[FACE_LANDMARKS]
    nose, forehead = face[face[:, 2].argmax()], face[10]
    above = surface.vertices[surface.vertices[:, 1] > forehead[1] + 0.01]
    assert float(above[:, 2].max()) < float(nose[2])
    assert float(above[:, 2].max()) < float(forehead[2]) + 0.03


def test_a_round_crown_has_no_knob(anny, draw_scene):
    """Half widths below the top of a sphere are the roots of the way down."""
    scene = draw_scene(paint_hair(0.25))
    view = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny).head_view
    row, column = torch.meshgrid(*(torch.arange(side) + 0.5 for side in view.near.shape), indexing="ij")
    middle, radius, top = float(view.joints[view.head, 0]), view.pixels(0.11), view.skull_top - 6
    ball = (row - top - radius) ** 2 + (column - middle) ** 2 < radius**2
    fall = (row > top + radius) & ((column - middle).abs() < radius) & (row < top + view.pixels(0.5))
    labels = torch.zeros_like(view.labels)
    labels[LABELS.index("hair")] = (ball | fall).float()
    shape = find_hair(replace(view, labels=labels, person=ball | fall), anny)
    assert shape is not None
    half = ((shape.spans.right - shape.spans.left) / 2)[:20]
    below = torch.arange(shape.spans.top, shape.spans.top + 20) + 0.5 - top
    assert torch.allclose(half, (2 * radius * below - below**2).sqrt(), atol=1.6)


@pytest.mark.parametrize(
    ("left_m", "right_m", "is_bob"),
    [(-0.02, -0.02, False), (0.022, 0.022, True), (0.04, 0.04, True), (0.014, 0.04, True), (-0.02, 0.04, False)],
)
def test_a_bob_is_told_by_hair_beside_mouth_and_jaw(anny, draw_scene, left_m, right_m, is_bob):
    scene = draw_scene(paint_hair(0.25))
    view = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny).head_view
    row, column = torch.meshgrid(*(torch.arange(side) + 0.5 for side in view.near.shape), indexing="ij")
    x, y, aside = float(view.joints[view.head, 0]), float(view.joints[view.head, 1]), view.pixels(0.065)
    across = (column - x).abs()
    crown = (row > view.skull_top - 6) & (row < view.skull_top + 12) & (across < aside + view.pixels(0.035))
    end = torch.where(column < x, view.pixels(left_m), view.pixels(right_m))  # below the mouth; tilted heads differ
    beside = (row > view.skull_top) & (row < y + end)
    hair = crown | (beside & (across > aside) & (across < aside + view.pixels(0.035)))
    labels = torch.zeros_like(view.labels)
    labels[LABELS.index("hair")] = hair.float()
    assert (find_hair(replace(view, labels=labels, person=hair), anny) is not None) == is_bob
