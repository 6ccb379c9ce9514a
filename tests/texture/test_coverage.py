"""What was seen and what was made up, on bodies of which a stated part was seen."""

from dataclasses import replace

import pytest
import torch

from bodydouble.body.cut import cut_body
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.parsing.labels import BACKGROUND, HAIR, OUTER, SHOES, SKIN, UPPER
from bodydouble.raster.shade import interpolate
from bodydouble.surface.regions import Region, anatomy
from bodydouble.surface.skeleton import body_surface
from bodydouble.surface.texel_map import texel_map
from bodydouble.texture.coverage import measure_coverage
from bodydouble.values import Texture
from tests.attached import tube_skirt

SIZE = 256


@pytest.fixture(scope="module")
def place(anny, fit):
    """Position and normal of each texel at rest, 6×S×S."""
    skin = body_surface(fit, anny, Texture(rgb=torch.zeros(3, SIZE, SIZE), confidence=torch.zeros(SIZE, SIZE)))
    values = torch.cat([skin.vertices, vertex_normals(skin.vertices, skin.faces)], 1)
    return interpolate(texel_map(anny.layout, SIZE), anny.faces, values)[0]


def painted(fit, body, observed, labels=None):
    return body_surface(fit, body, Texture(rgb=torch.zeros(3, SIZE, SIZE), confidence=observed.float(), labels=labels))


def test_from_in_front_the_backs_are_made_up(anny, fit, place):
    coverage = measure_coverage([painted(fit, anny, place[5] > 0)], anny)
    assert 0.4 < coverage.seen_fraction < 0.6
    assert coverage.made_up == ("back of the head", "back of the trunk", "backs of both arms", "backs of both legs")


def test_all_or_nothing(anny, fit, place):
    everything = measure_coverage([painted(fit, anny, place[5] < 9)], anny)
    assert everything.seen_fraction == pytest.approx(1) and everything.made_up == ()
    assert everything.sentence() == "100 % of the surface was seen"
    nothing = measure_coverage([painted(fit, anny, place[5] > 9)], anny)
    assert nothing.seen_fraction == 0
    assert {"both arms", "both hands", "both legs", "both feet", "both soles"} <= set(nothing.made_up)


def test_labels_say_what_it_is(anny, fit, place):
    region = anatomy(anny).regions(SIZE)
    labels = torch.full((SIZE, SIZE), UPPER, dtype=torch.uint8)
    labels[region == Region.SCALP], labels[region == Region.FOOT] = HAIR, SHOES
    observed = (place[5] > 0) & (place[0] < 0.2)  # the left arm was hidden
    coverage = measure_coverage([painted(fit, anny, observed, labels)], anny)
    assert {"hair behind", "back of the shirt", "left sleeve", "back of the right sleeve"} <= set(coverage.made_up)
    assert coverage.sentence().endswith(f"made up: {', '.join(coverage.made_up)}")
    labels[place[0] < 0] = OUTER
    labels[place[0] > 0.2] = SKIN
    words = measure_coverage([painted(fit, anny, observed, labels)], anny).made_up
    assert "left arm" in words and "back of the right sleeve" in words
    labels[:] = BACKGROUND
    assert "back of the trunk" in measure_coverage([painted(fit, anny, observed, labels)], anny).made_up


def test_what_hangs_counts_by_its_area(anny, fit, place):
    skin = painted(fit, anny, place[5] < 9)
    skirt = tube_skirt(anny, anny.rest(fit.shape))
    half = torch.ones(64, 64)
    half[:, 16:48] = 0  # its texture begins and ends in front
    coverage = measure_coverage([skin, replace(skirt, texture=replace(skirt.texture, confidence=half))], anny)
    assert coverage.made_up == ("skirt behind",) and 0.75 < coverage.seen_fraction < 0.95
    clear = replace(skirt.texture, alpha=torch.zeros(64, 64))
    assert measure_coverage([skin, replace(skirt, texture=clear)], anny).seen_fraction == pytest.approx(1)


def test_what_a_bust_leaves_out_is_not_made_up(anny, fit, place):
    faces = torch.stack([anny.faces, anny.layout.faces], 1)
    height = body_surface(fit, anny, Texture(rgb=torch.zeros(3, 2, 2), confidence=torch.zeros(2, 2))).vertices[:, 1]
    bust = cut_body(anny, faces[(height[anny.faces] > 1.2).all(1)])
    words = measure_coverage([painted(fit, bust, place[5] > 0)], anny).made_up
    assert "back of the trunk" in words and not any("leg" in word or "sole" in word for word in words)
