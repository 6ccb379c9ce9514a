"""Laws of what a point of the body's surface is made of."""

import pytest
import torch

from bodydouble.body.skinning import subtree_weight
from bodydouble.raster.shade import interpolate
from bodydouble.surface.regions import EAR, Region, anatomy, height_above_hairline
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import FACE_LANDMARKS

SIZE = 256


@pytest.fixture(scope="module")
def parts(anny):
    return anatomy(anny)


def test_every_region_is_there_and_charts_are_covered(anny, parts):
    region = parts.regions(SIZE)
    covered = texel_map(anny.layout, SIZE).face[0] >= 0
    assert torch.equal(region >= 0, covered)
    share = torch.bincount(region[covered], minlength=len(Region)) / covered.sum()
    assert share.min() > 0.002
    assert share[Region.BODY] > 0.5 and 0.03 < share[Region.SCALP] < 0.15


def test_both_sides_are_made_alike(anny, parts):
    region = parts.regions(SIZE)
    assert (region == region.flip(1)).float().mean() > 0.99


def test_hands_feet_and_limbs_are_where_their_joints_are(anny, parts):
    rest = anny.rest(anny.mean_shape())
    texels = texel_map(anny.layout, SIZE)
    region, limb = parts.regions(SIZE), parts.limbs(SIZE)
    for role, wanted, kind in (("left_wrist", Region.HAND, 1), ("right_ankle", Region.FOOT, 2)):
        share = interpolate(texels, anny.faces, subtree_weight(rest, anny.roles[role])[:, None])[0, 0]
        assert (region[share > 0.9] == wanted).all() and (limb[share > 0.9] == kind).all()


def test_the_face_is_below_the_hairline_and_the_crown_above(anny, parts):
    rest = anny.rest(anny.mean_shape())
    place = interpolate(texel_map(anny.layout, SIZE), anny.faces, rest.vertices)[0]
    region = parts.regions(SIZE)

    def at(point):
        distance = (place - point[:, None, None]).norm(dim=0).masked_fill(region < 0, torch.inf)
        return Region(int(region.flatten()[distance.argmin()]))

    face = anny.landmarks.points(rest.vertices)[FACE_LANDMARKS]
    nose, cheek, chin, brow = (face[row] for row in (1, 50, 152, 105))
    assert {at(point) for point in (nose, cheek, chin, brow)} == {Region.FACE}
    head = rest.vertices[subtree_weight(rest, anny.roles["head"]) > 0.5]
    crown, behind = head[head[:, 1].argmax()], head[head[:, 2].argmin()]
    assert at(crown) == at(behind) == Region.SCALP
    ear = head[head[:, 0].argmax()]
    assert at(ear) == Region.FACE


def test_hair_comes_close_to_an_ear_all_around(anny, parts):
    rest = anny.rest(anny.mean_shape())
    ear = anny.landmarks.points(rest.vertices)[FACE_LANDMARKS][EAR] * torch.tensor([-1.0, 1.0, 1.0])
    above = height_above_hairline(rest, anny)
    beside = (rest.vertices[:, 0] > ear[0] - 0.01) & (subtree_weight(rest, anny.roles["head"]) > 0.9)
    up, ahead = rest.vertices[:, 1] - ear[1], rest.vertices[:, 2] - ear[2]
    outer = beside & (rest.vertices[:, 0] > ear[0] + 0.012)
    assert int(outer.sum()) > 50
    assert bool((above[outer] < 0).all()), "the ear itself is bare"
    over = beside & (up > 0.035) & (up < 0.06) & (ahead > -0.06) & (ahead < -0.01)
    behind = beside & (up.abs() < 0.03) & (ahead < -0.07)
    whiskers = beside & (up > 0.01) & (up < 0.035) & (ahead > -0.01) & (ahead < 0.004)
    for place in (over, behind, whiskers):
        assert int(place.sum()) > 2
        assert bool((above[place] > 0).all())


def test_the_inside_lies_behind_the_face(anny, parts):
    rest = anny.rest(anny.mean_shape())
    depth = interpolate(texel_map(anny.layout, SIZE), anny.faces, rest.vertices)[0, 2]
    region = parts.regions(SIZE)
    nose = anny.landmarks.points(rest.vertices)[FACE_LANDMARKS][1, 2]
    assert depth[region == Region.INSIDE].max() < nose - 0.01
