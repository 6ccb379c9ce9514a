"""A sleeve's colour at the trunk's edge is the sleeve's; on the trunk's own garment, or above the armpit, it stays."""

from dataclasses import replace

import pytest
import torch

from bodydouble.parsing.labels import OUTER, UPPER
from bodydouble.raster.shade import interpolate
from bodydouble.surface.regions import Region, anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.texture.foreign import SIZE
from bodydouble.texture.trunk_sleeves import leave_out_sleeves
from bodydouble.values import Texture

BROWN, BLACK = torch.tensor([0.6, 0.35, 0.2]), torch.tensor([0.05, 0.05, 0.1])


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


def test_a_sleeve_on_the_trunks_side_is_left_out(jumper, anny):
    strip = side(jumper, anny, 0.25)
    assert strip.sum() > 150
    kept = leave_out_sleeves(paint(jumper, strip), anny)
    assert not kept.confidence[strip].any() and not kept.labels[strip].any()
    assert kept.confidence[jumper[2] & (jumper[1][0] < 0.06)].all()


@pytest.mark.parametrize(
    ("height", "colour", "label"),
    [(0.25, torch.tensor([0.1, 0.5, 0.2]), UPPER), (0.25, BLACK, OUTER), (0.0, BLACK, UPPER)],
)
def test_other_colours_other_garments_and_shoulders_stay(jumper, anny, height, colour, label):
    texture = paint(jumper, side(jumper, anny, height), colour, label)
    assert torch.equal(leave_out_sleeves(texture, anny).confidence, texture.confidence)


def test_a_black_jumper_keeps_its_sides(jumper, anny):
    texture = paint(jumper, jumper[2])
    assert torch.equal(leave_out_sleeves(texture, anny).confidence, texture.confidence)
