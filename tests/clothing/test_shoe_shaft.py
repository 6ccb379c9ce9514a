"""A boot's shaft stands around the leg, with a level top, and goes on from the shoe without a gap."""

import math
from dataclasses import replace

import pytest
import torch

from bodydouble.body.skinning import subtree_weight
from bodydouble.clothing.footwear import Footwear, foot_frame
from bodydouble.clothing.hang import submesh
from bodydouble.clothing.loose_surfaces import tuck_body
from bodydouble.clothing.shoe_form import COLUMNS, SHAFT_ROWS, UPPER_ROWS, count_upper_rows
from bodydouble.clothing.shoe_shaft import lay_shaft
from bodydouble.clothing.shoe_style import choose_style
from bodydouble.clothing.shoe_surface import fit_shafts, measure_upper, shoe_surface
from bodydouble.values import Clothing

TOP = 0.35


@pytest.fixture(scope="module")
def rest(anny):
    return anny.rest(anny.mean_shape())


@pytest.fixture(scope="module", params=[0.0, math.radians(20)])
def boots(request, rest, anny):
    footwear = Footwear(shaft=TOP, pitch=request.param)
    return fit_shafts(shoe_surface(rest, anny, footwear, choose_style(footwear)), rest.vertices, rest, anny)


def test_only_boots_have_one(rest, anny, boots):
    assert count_upper_rows(len(boots.vertices)) == SHAFT_ROWS + UPPER_ROWS
    for footwear in (Footwear(), Footwear(shaft=0.13), Footwear(closed=False, shaft=TOP)):
        shoes = shoe_surface(rest, anny, footwear, choose_style(footwear))
        assert count_upper_rows(len(shoes.vertices)) == UPPER_ROWS
        assert measure_upper(shoes) < measure_upper(boots)
        assert fit_shafts(shoes, rest.vertices, rest, anny) is shoes


def test_its_top_is_level_and_as_high_as_labels_say(boots, rest, anny):
    top = boots.vertices[:COLUMNS, 1] - foot_frame(rest, anny, "left").ground
    assert torch.allclose(top, torch.tensor(TOP), atol=0.003)


def test_rings_follow_each_other_without_a_gap(boots):
    rings = boots.vertices[: (SHAFT_ROWS + UPPER_ROWS) * COLUMNS].view(-1, COLUMNS, 3)
    steps = (rings[1:] - rings[:-1]).norm(dim=2)
    assert float(steps[: SHAFT_ROWS + 2].max()) < 0.045


def test_a_wider_leg_has_a_wider_shaft(boots, rest, anny):
    leg = submesh(rest.vertices, anny.faces, subtree_weight(rest, anny.roles["left_knee"]) > 0.5)
    middle = leg.vertices.mean(0) * torch.tensor([1.0, 0.0, 1.0])
    wider = replace(leg, vertices=middle + (leg.vertices - middle) * torch.tensor([1.3, 1.0, 1.3]))
    opening = boots.vertices[SHAFT_ROWS * COLUMNS :][:COLUMNS]
    widths = []
    for each in (leg, wider):
        low, high = lay_shaft(opening, each, TOP)[0, :, 0].aminmax()
        widths.append(float(high - low))
    assert widths[1] / widths[0] == pytest.approx(1.3, abs=0.06)


def test_the_leg_lies_inside(boots, rest, anny, fit):
    """No vertex of the calf is farther from its middle than the shaft there."""
    still = Clothing(offsets=torch.zeros_like(rest.vertices), leg_blend=torch.zeros(len(rest.vertices)))
    bare = replace(fit, shape=anny.mean_shape(), clothing=still)
    tucked, (worn,) = tuck_body(bare, (boots,), anny)
    body = rest.vertices + tucked.clothing.offsets
    ring = worn.vertices[2 * COLUMNS : 3 * COLUMNS]
    near = (body[:, 1] - ring[:, 1].mean()).abs() < 0.02
    near &= subtree_weight(rest, anny.roles["left_knee"]) > 0.5
    middle = ring.mean(0)[[0, 2]]
    reach = (body[near][:, [0, 2]] - middle).norm(dim=1)
    assert bool(near.any()) and float(reach.max()) < float((ring[:, [0, 2]] - middle).norm(dim=1).max())


def test_a_wide_hem_above_does_not_make_the_shaft_a_bell(boots, rest, anny):
    leg = submesh(rest.vertices, anny.faces, subtree_weight(rest, anny.roles["left_knee"]) > 0.5)
    middle = leg.vertices.mean(0) * torch.tensor([1.0, 0.0, 1.0])
    wide = torch.where(leg.vertices[:, 1:2] > TOP - 0.05, 3.0, 1.0) * torch.tensor([1.0, 0.0, 1.0])
    flared = middle + (leg.vertices - middle) * (wide + torch.tensor([0.0, 1.0, 0.0]))
    opening = boots.vertices[SHAFT_ROWS * COLUMNS :][:COLUMNS]
    ankles = []
    for each in (leg, replace(leg, vertices=flared)):
        low, high = lay_shaft(opening, each, TOP)[-4, :, 0].aminmax()
        ankles.append(float(high - low))
    assert ankles[1] < 1.4 * ankles[0]
