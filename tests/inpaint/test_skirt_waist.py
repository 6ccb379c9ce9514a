"""What of the body is a skirt's, above its sheet, has the sheet's cloth."""

from dataclasses import replace

import pytest
import torch

from bodydouble.inpaint.skirt_waist import raise_waist
from bodydouble.parsing.labels import LOWER, UPPER
from bodydouble.raster.shade import interpolate
from bodydouble.surface.skeleton import body_surface
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import SurfaceKind, Texture
from tests.attached import tube_skirt

SIZE = 256
GREY = torch.full((3, 1, 1), 0.5)


def dress_body(anny, fit, label):
    """The body, grey, nothing of it seen, and a skirt that is red on the left half of the person and blue on the right.

    Its lower half is dark: so far down nothing is taken from.
    """
    texture = Texture(
        rgb=GREY.expand(3, SIZE, SIZE).clone(),
        confidence=torch.zeros(SIZE, SIZE),
        labels=torch.full((SIZE, SIZE), label, dtype=torch.uint8),
    )
    tube = tube_skirt(anny, anny.rest(fit.shape))
    points = interpolate(texel_map(tube.layout, SIZE), tube.faces, tube.vertices)[0]
    rgb = torch.zeros(3, SIZE, SIZE)
    rgb[0], rgb[2] = points[0] > 0, points[0] < 0
    rgb[:, SIZE // 2 :] *= 0.5
    return body_surface(fit, anny, texture), replace(tube, texture=Texture(rgb=rgb, confidence=torch.ones(SIZE, SIZE)))


def rows_above(anny, skin, sheet):
    """3×N places of the body's texels and (N,) metres above the skirt's top."""
    points = interpolate(texel_map(anny.layout, SIZE), anny.faces, skin.vertices)[0]
    return points, points[1] - float(sheet.vertices[:, 1].max())


def test_the_waist_above_a_skirt_has_its_colours_on_each_side(anny, fit):
    skin, sheet = dress_body(anny, fit, LOWER)
    raised = raise_waist(skin.texture, skin, sheet, anny).rgb
    points, above = rows_above(anny, skin, sheet)
    changed = (raised != GREY).any(0)
    assert int(changed.sum()) > 200
    assert float(above[changed].max()) < 0.16, "what lies higher is no waistband"
    left, right = (changed & (above > 0.02) & (side > 0.05) for side in (points[0], -points[0]))
    assert float(raised[0, left].mean()) > 0.8 and float(raised[2, left].mean()) < 0.1
    assert float(raised[2, right].mean()) > 0.8 and float(raised[0, right].mean()) < 0.1


def test_no_line_shows_where_the_sheets_columns_begin(anny, fit):
    """They are a ramp all around, whose ends are alike: between any two neighbours hardly anything changes."""
    skin, sheet = dress_body(anny, fit, LOWER)
    ramp = (torch.arange(SIZE) / SIZE * 2 - 1).abs().expand(3, SIZE, SIZE)
    raised = raise_waist(skin.texture, skin, replace(sheet, texture=replace(sheet.texture, rgb=ramp)), anny).rgb
    points, above = rows_above(anny, skin, sheet)
    changed = (raised != GREY).any(0) & (above > 0.02)
    begin = changed & (points[0].abs() < 0.01)  # in front and behind
    assert int(begin.sum()) > 20
    assert bool(((raised[0, begin] < 0.1) | (raised[0, begin] > 0.9)).all())


def test_what_was_seen_there_stays(anny, fit):
    skin, sheet = dress_body(anny, fit, LOWER)
    shown = replace(skin, texture=replace(skin.texture, confidence=torch.ones(SIZE, SIZE)))
    assert raise_waist(skin.texture, shown, sheet, anny) is skin.texture


@pytest.mark.parametrize(("label", "kind"), [(UPPER, SurfaceKind.SKIRT), (LOWER, SurfaceKind.COAT)])
def test_a_top_above_a_skirt_and_trousers_above_a_coats_hem_stay(anny, fit, label, kind):
    skin, sheet = dress_body(anny, fit, label)
    assert raise_waist(skin.texture, skin, replace(sheet, kind=kind), anny) is skin.texture
