"""A colour at a plain garment's edge that it has nowhere else is none of it; what it has inside, too, stays."""

from dataclasses import replace

import pytest
import torch

from bodydouble.parsing.labels import OUTER, UPPER
from bodydouble.raster.shade import interpolate
from bodydouble.surface.regions import Region, anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.texture.edge_patches import leave_out_patches
from bodydouble.texture.foreign import SIZE
from bodydouble.values import Texture

BROWN, BLACK = torch.tensor([0.6, 0.35, 0.2]), torch.tensor([0.05, 0.05, 0.1])
GREEN = torch.tensor([0.1, 0.5, 0.2])


@pytest.fixture(scope="module")
def jumper(anny):
    """A brown jumper with black sleeves from the front; the places of its texels, 3×S×S; and which are the trunk's."""
    place = interpolate(texel_map(anny.layout, SIZE), anny.faces, anny.rest(anny.mean_shape()).vertices)[0]
    parts = anatomy(anny)
    front = (parts.regions(SIZE) == Region.BODY) & (place[2] > 0)
    trunk = front & (parts.limbs(SIZE) == 0) & (place[0].abs() < 0.12)
    arms = front & (parts.limbs(SIZE) == 1)
    rgb = BROWN[:, None, None] * trunk + BLACK[:, None, None] * arms
    shown = trunk | arms
    return Texture(rgb=rgb, confidence=shown * 0.8, labels=(shown * UPPER).to(torch.uint8)), place, trunk


def side(jumper, anny, height):
    """Texels 3 cm wide at the trunk's left edge, 10 cm high, so far below the shoulder joint, metres."""
    _, place, trunk = jumper
    shoulder = float(anny.rest(anny.mean_shape()).joints[anny.roles["left_shoulder"]][1])
    return trunk & (place[0] > 0.09) & ((shoulder - place[1] - height).abs() < 0.05)


def paint(jumper, texels, colour=BLACK, label=UPPER):
    texture = jumper[0]
    rgb, labels = texture.rgb.clone(), texture.labels.clone()
    rgb[:, texels], labels[texels] = colour[:, None], label
    return replace(texture, rgb=rgb, labels=labels)


@pytest.mark.parametrize("colour", [BLACK, GREEN])
def test_a_sleeve_or_a_hedge_on_the_trunks_side_is_left_out(jumper, anny, colour):
    strip = side(jumper, anny, 0.25)
    assert strip.sum() > 150
    kept = leave_out_patches(paint(jumper, strip, colour), anny)
    assert not kept.confidence[strip].any() and not kept.labels[strip].any()
    assert kept.confidence[jumper[2] & (jumper[1][0] < 0.06)].all()


def test_a_black_strap_is_left_out_of_a_grey_jumper(jumper, anny):
    strip = side(jumper, anny, 0.25)
    grey = paint(jumper, jumper[2], torch.full((3,), 0.35))
    kept = leave_out_patches(paint((grey, *jumper[1:]), strip, torch.full((3,), 0.2)), anny)
    assert not kept.confidence[strip].any()
    assert kept.confidence[jumper[2] & (jumper[1][0] < 0.06)].all()


@pytest.mark.parametrize(("height", "label"), [(0.25, OUTER), (0.0, UPPER)])
def test_other_garments_and_shoulders_stay(jumper, anny, height, label):
    texture = paint(jumper, side(jumper, anny, height), BLACK, label)
    assert torch.equal(leave_out_patches(texture, anny).confidence, texture.confidence)


def test_bands_and_prints_stay(jumper, anny):
    place, trunk = jumper[1], jumper[2]
    shoulder = float(anny.rest(anny.mean_shape()).joints[anny.roles["left_shoulder"]][1])
    band = trunk & ((shoulder - place[1] - 0.25).abs() < 0.03)
    for patch in (band, band & (place[0].abs() < 0.04), jumper[2]):
        texture = paint(jumper, patch)
        assert torch.equal(leave_out_patches(texture, anny).confidence, texture.confidence)


def test_a_shirt_of_many_colours_keeps_its_sides(jumper, anny):
    place, trunk = jumper[1], jumper[2]
    texture = paint(jumper, side(jumper, anny, 0.25))
    for number, colour in enumerate(torch.eye(3)):
        texture = paint(
            (texture, place, trunk), trunk & ((place[1] / 0.02).long() % 4 == number) & (place[0] < 0.09), colour
        )
    assert torch.equal(leave_out_patches(texture, anny).confidence, texture.confidence)


def test_the_side_that_is_in_shade_stays(jumper, anny):
    texture, strip = jumper[0], side(jumper, anny, 0.25)
    shade = torch.where(strip, 0.4, 1.0).expand(3, SIZE, SIZE)
    dark = replace(paint(jumper, strip, BROWN * 0.4 ** (1 / 2.2)), shade=shade)
    assert torch.equal(leave_out_patches(dark, anny).confidence, texture.confidence)
