"""Shoes stand around the feet: on the ground, outside of them, open where the leg begins, and bend with the toes."""

import math
from dataclasses import replace

import pytest
import torch
from scipy.spatial import ConvexHull

from bodydouble.body.skinning import pose_fit
from bodydouble.clothing.footwear import Footwear, foot_frame, untilt_ankles
from bodydouble.clothing.heel import heel_offsets
from bodydouble.clothing.loose_surfaces import tuck_body
from bodydouble.clothing.shod_foot import tuck_feet
from bodydouble.clothing.shoe_form import COLUMNS, HEEL_COLUMNS, SOLE_ROWS, UPPER_ROWS, count_upper_rows
from bodydouble.clothing.shoe_style import choose_style
from bodydouble.clothing.shoe_surface import shoe_surface
from bodydouble.geometry.camera import clip_from_world, orbit_camera
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.person.landmarks import SIDES
from bodydouble.raster import rasteriser
from bodydouble.surface.skeleton import check_surfaces, pose_surface
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import Clothing, Mesh, Pose, Surface

PITCH = math.radians(20)
KINDS = {
    "low": Footwear(),
    "ballerina": Footwear(low_cut=True),
    "boot": Footwear(shaft=0.2),
    "pump": Footwear(low_cut=True, pitch=PITCH),
    "heeled boot": Footwear(shaft=0.2, pitch=PITCH),
    "sandal": Footwear(closed=False),
}


@pytest.fixture(scope="module")
def rest(anny):
    return anny.rest(anny.mean_shape())


@pytest.fixture(scope="module", params=KINDS)
def footwear(request) -> Footwear:
    return KINDS[request.param]


@pytest.fixture(scope="module")
def shoes(rest, anny, footwear) -> Surface:
    return shoe_surface(rest, anny, footwear, choose_style(footwear))


def of_left(shoes: Surface) -> torch.Tensor:
    return shoes.vertices[: len(shoes.vertices) // 2]


def covered(mesh: Mesh, azimuth: float, elevation: float, target: torch.Tensor) -> torch.Tensor:
    camera = orbit_camera(azimuth, elevation, target, 3.0, 2000.0, (256, 256))
    return rasteriser()(clip_from_world(mesh.vertices, camera)[None], mesh.faces, camera.size).face[0] >= 0


def test_they_can_hang_on_the_body_and_both_have_their_half_of_the_texture(shoes, anny):
    check_surfaces((shoes,), len(anny.joint_names), len(anny.expression_names))
    face = texel_map(shoes.layout, 256).face[0]
    half = len(shoes.faces) // 2
    assert bool((face[:, :127] < half).all()) and bool((face[:, 129:][face[:, 129:] >= 0] >= half).all())
    assert float((face >= 0).float().mean()) > 0.7


def test_faces_look_outside(shoes):
    """A closed form holds a volume above 0."""
    corners = shoes.vertices[shoes.faces[: len(shoes.faces) // 2]] - of_left(shoes).mean(0)
    volume = torch.linalg.det(corners).sum() / 6
    assert float(volume) > 5e-5


def test_they_stand_on_the_ground(shoes, rest, anny, footwear):
    """Of the lowest centimetre, heel and ball lie on one plane."""
    frame = foot_frame(rest, anny, "left")
    ahead = of_left(shoes)[:, [0, 2]] @ frame.forward
    ratio = (ahead - frame.heel) / frame.length
    lowest = [of_left(shoes)[(ratio > low) & (ratio < high), 1].min() for low, high in ((-0.1, 0.25), (0.55, 0.8))]
    assert float(lowest[0] - lowest[1]) == pytest.approx(0, abs=0.008)
    assert float(min(lowest)) < 0.0


def test_a_closed_shoe_is_convex_in_front(rest, anny):
    shoes = shoe_surface(rest, anny, Footwear(), choose_style(Footwear()))
    half = Mesh(vertices=shoes.vertices, faces=shoes.faces[: len(shoes.faces) // 2])
    pixels = covered(half, 0.0, 89.0, of_left(shoes).mean(0)).nonzero()
    assert len(pixels) / float(ConvexHull(pixels.double().numpy()).volume) > 0.93


@pytest.mark.parametrize("kind", ["low", "pump", "boot"])
def test_no_foot_looks_out_of_a_closed_shoe(rest, anny, fit, kind):
    """From the front and from both sides, what lies before the opening and above the ground is shoe."""
    footwear = KINDS[kind]
    shoes = shoe_surface(rest, anny, footwear, choose_style(footwear))
    still = torch.zeros(len(rest.vertices))
    bare = replace(fit, shape=anny.mean_shape())
    clothing = Clothing(offsets=heel_offsets(rest, anny, footwear), leg_blend=still)
    tucked, _ = tuck_body(replace(bare, clothing=clothing), (shoes,), anny)
    body = rest.vertices + tucked.clothing.offsets
    frame = foot_frame(rest, anny, "left")
    fore = frame.inside & (frame.along > 0.8 * frame.length)
    count = len(shoes.faces) // 2
    vertices = torch.cat([body, shoes.vertices])
    feet = anny.faces[fore[anny.faces].all(1)]
    faces = torch.cat([feet, shoes.faces[:count] + len(body)])
    for azimuth in (-90.0, 0.0, 45.0, 90.0):
        camera = orbit_camera(azimuth, 5.0, of_left(shoes).mean(0), 3.0, 2000.0, (256, 256))
        face = rasteriser()(clip_from_world(vertices, camera)[None], faces, camera.size).face[0]
        assert int(((face >= 0) & (face < len(feet))).sum()) <= 0.004 * int((face >= 0).sum())


def test_normals_that_point_inwards_move_no_foot_out_of_its_boot(rest, anny):
    """As they do in the corner where a shaft meets the upper; here all of them."""
    footwear = KINDS["boot"]
    shoes = shoe_surface(rest, anny, footwear, choose_style(footwear))
    shoes = replace(shoes, faces=shoes.faces.flip(1))
    tucked = tuck_feet(rest.vertices.clone(), rest.vertices, rest, shoes, anny)
    for side in SIDES:
        frame = foot_frame(rest, anny, side)
        middle = frame.across[frame.inside].mean()
        x, z = frame.forward
        off = [(points[:, 0] * z - points[:, 2] * x - middle).abs()[frame.inside] for points in (tucked, rest.vertices)]
        assert float((off[0] - off[1]).max()) < 0.008


def test_the_shoe_of_a_shorter_leg_is_like_the_other(rest, anny):
    """A fit may give legs two lengths: the shorter one's foot is off the ground at rest."""
    lifted = foot_frame(rest, anny, "right").weight[:, None] * torch.tensor([0.0, 0.04, 0.0])
    shorter = replace(rest, vertices=rest.vertices + lifted)
    shoes = shoe_surface(shorter, anny, Footwear(), choose_style(Footwear())).vertices
    left, right = shoes[: len(shoes) // 2], shoes[len(shoes) // 2 :]
    spans = []
    for shoe, side in ((left, "left"), (right, "right")):
        frame = foot_frame(shorter, anny, side)
        ratio = (shoe[:, [0, 2]] @ frame.forward - frame.heel) / frame.length
        across = shoe[:, [0, 2]] @ torch.stack([frame.forward[1], -frame.forward[0]])
        middle = across[(ratio > 0.3) & (ratio < 0.5)]
        spans.append(float(middle.max() - middle.min()))
    assert spans[0] == pytest.approx(spans[1], abs=0.004)
    assert float(right[:, 1].min() - left[:, 1].min()) == pytest.approx(0.04, abs=0.002)


def test_straps_lie_on_the_foot(rest, anny):
    """What of a sandal's upper is above its seam is a few millimetres off the skin."""
    sandals = of_left(shoe_surface(rest, anny, KINDS["sandal"], choose_style(KINDS["sandal"])))
    frame = foot_frame(rest, anny, "left")
    upper = sandals[: UPPER_ROWS * COLUMNS]
    behind_toes = upper[:, [0, 2]] @ frame.forward - frame.heel < 0.7 * frame.length
    upper = upper[behind_toes & (upper[:, 1] - frame.ground > 0.025)]
    normals = vertex_normals(rest.vertices, anny.faces)
    near = torch.cdist(upper, rest.vertices).argmin(1)
    off = ((upper - rest.vertices[near]) * normals[near]).sum(1)
    assert float(off.min()) > -0.002 and float(off.quantile(0.02)) > 0.001 and float(off.quantile(0.95)) < 0.006
    assert float(upper[:, 1].max() - frame.ground) > 0.09


def test_they_bend_where_the_toes_do(rest, anny):
    shoes = shoe_surface(rest, anny, Footwear(), choose_style(Footwear()))
    pose = Pose(
        joints=torch.zeros(len(anny.joint_names), 3),
        root_rotation=torch.zeros(3),
        root_translation=torch.zeros(3),
        expression=torch.zeros(len(anny.expression_names)),
    )
    ankle = anny.roles["left_ankle"]
    for joint, parent in enumerate(rest.parents):
        if parent == ankle:
            pose.joints[joint, 0] = -0.6
    moved = (pose_surface(shoes, rest, pose).mesh.vertices - shoes.vertices)[: len(shoes.vertices) // 2]
    frame = foot_frame(rest, anny, "left")
    ratio = (of_left(shoes)[:, [0, 2]] @ frame.forward - frame.heel) / frame.length
    assert float(moved[ratio > 0.95, 1].min()) > 0.02
    assert float(moved[ratio < 0.6].norm(dim=1).max()) < 1e-5


def test_a_heel_lifts_the_heel(rest, anny):
    """The seam of upper and sole behind lies higher above the ground than that of a flat shoe."""
    heights = []
    for kind in ("ballerina", "pump"):
        shoe = of_left(shoe_surface(rest, anny, KINDS[kind], choose_style(KINDS[kind])))
        heights.append(float(shoe[0, 1] - shoe[:, 1].min()))  # the opening behind
    assert 0.03 < heights[1] - heights[0] < 0.1


@pytest.mark.parametrize("kind", ["pump", "heeled boot"])
def test_before_the_ball_a_heeled_sole_is_flat(rest, anny, kind):
    """But for the spring of the toe; behind it rises without a dip."""
    shoe = of_left(shoe_surface(rest, anny, KINDS[kind], choose_style(KINDS[kind])))
    rows = count_upper_rows(2 * len(shoe))
    frame, bottom = foot_frame(rest, anny, "left"), shoe[(rows + 1) * COLUMNS :][:COLUMNS]
    ratio = (bottom[:, [0, 2]] @ frame.forward - frame.heel) / frame.length
    up = bottom[:, 1] - bottom[:, 1].min()
    assert float(up[ratio > 0.8].max()) < 0.012
    order = ratio.argsort()
    behind = up[order][ratio[order] < 0.5]
    assert bool((behind.diff() < 0.001).all()) and float(behind[0]) > 0.04


def test_a_heel_goes_on_from_the_counter(rest, anny):
    """Its top is as wide as the sole's bottom there, ends where that does behind, and shows nothing beside its edge."""
    for kind in ("pump", "heeled boot"):
        shoe = of_left(shoe_surface(rest, anny, KINDS[kind], choose_style(KINDS[kind])))
        rows = count_upper_rows(2 * len(shoe))
        frame, shell = foot_frame(rest, anny, "left"), (rows + SOLE_ROWS) * COLUMNS
        edge, top = shoe[(rows + 1) * COLUMNS :][:COLUMNS], shoe[shell:][:HEEL_COLUMNS]
        ahead = edge[:, [0, 2]] @ frame.forward
        assert float((top[:, [0, 2]] @ frame.forward).min() - ahead.min()) == pytest.approx(0, abs=0.004)
        assert float(top[:, 1].max() - edge[:, 1].max()) < 0.002
        across = torch.stack([frame.forward[1], -frame.forward[0]])
        seat = edge[ahead < float((top[:, [0, 2]] @ frame.forward).max())]
        spans = [
            float((points[:, [0, 2]] @ across).max() - (points[:, [0, 2]] @ across).min()) for points in (seat, top)
        ]
        assert spans[1] == pytest.approx(spans[0], abs=0.006)


def test_a_foot_fitted_too_long_has_a_shoe_of_its_stature(rest, anny):
    frame = foot_frame(rest, anny, "left")
    ahead = (frame.along * frame.inside)[:, None] * torch.tensor([frame.forward[0], 0.0, frame.forward[1]])
    longer = replace(rest, vertices=rest.vertices + 0.08 * ahead)
    lengths = []
    for each in (rest, longer):
        shoe = of_left(shoe_surface(each, anny, Footwear(), choose_style(Footwear())))
        along = shoe[:, [0, 2]] @ foot_frame(each, anny, "left").forward
        lengths.append(float(along.max() - along.min()))
    assert lengths[1] == pytest.approx(lengths[0], rel=0.01)


def test_a_heel_leaves_the_foot_as_it_stands_in_the_photo(rest, anny, fit):
    """The rest shape is tilted, the ankle turned back: the back of the foot is where it was."""
    still = torch.zeros_like(rest.vertices)
    bare = replace(fit, clothing=Clothing(offsets=still, leg_blend=still[:, 0]))
    offsets = heel_offsets(rest, anny, Footwear(pitch=PITCH))
    heeled = replace(untilt_ankles(bare, PITCH, anny), clothing=Clothing(offsets=offsets, leg_blend=still[:, 0]))
    before, after = (pose_fit(each, anny).vertices for each in (bare, heeled))
    frame = foot_frame(rest, anny, "left")
    back = frame.inside & (frame.weight > 0.99) & (frame.along < 0.4 * frame.length)
    back &= rest.vertices[:, 1] < 0.06  # above, the foot becomes a leg
    assert bool(back.any())
    assert float((after - before)[back].norm(dim=1).max()) < 5e-4
    turned = replace(bare, pose=untilt_ankles(bare, PITCH, anny).pose)
    assert float((pose_fit(turned, anny).vertices - before)[back].norm(dim=1).max()) > 0.015


def test_flat_shoes_and_bare_feet_tilt_no_foot(rest, anny):
    for worn in (Footwear(), Footwear(shod=False)):
        assert not bool(heel_offsets(rest, anny, worn).any())


def test_both_are_mirror_images(shoes, rest, anny):
    count = len(shoes.vertices) // 2
    left, right = shoes.vertices[:count], shoes.vertices[count:]
    centred = [points - points.mean(0) for points in (left, right)]
    assert float((centred[0] * torch.tensor([-1.0, 1.0, 1.0]) - centred[1]).norm(dim=1).max()) < 0.008
    normals = vertex_normals(shoes.vertices, shoes.faces)
    assert float((normals[:count, 1] - normals[count:, 1]).abs().max()) < 0.2
