"""Where in front no border shows between a body's cloth and the sheet that hangs from it, none is made behind."""

from dataclasses import replace

import pytest
import torch

from bodydouble.inpaint.sheet_tone import match_tone
from bodydouble.parsing.labels import DRESS, OUTER
from bodydouble.raster.shade import interpolate
from bodydouble.surface.skeleton import body_surface
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import SurfaceKind, Texture
from tests.attached import tube_skirt

SIZE = 256
BLUE, PALE, RED = (torch.tensor(rgb)[:, None, None] for rgb in ((0.2, 0.3, 0.6), (0.3, 0.4, 0.7), (0.7, 0.1, 0.1)))


@pytest.fixture(params=[SIZE, 100])
def dressed(anny, fit, request):
    """The body in a blue dress, of which all was seen, and the sheet of its skirt, whose half in front was."""
    side = request.param
    texture = Texture(
        rgb=BLUE.expand(3, side, side).clone(),
        confidence=torch.ones(side, side),
        labels=torch.full((side, side), DRESS, dtype=torch.uint8),
    )
    skin = body_surface(fit, anny, texture)
    around = (torch.arange(SIZE) + 0.5) / SIZE
    confidence = ((around < 0.25) | (around > 0.75)).float().expand(SIZE, SIZE)
    sheet = replace(
        tube_skirt(anny, anny.rest(fit.shape)), texture=Texture(rgb=BLUE.expand(3, SIZE, SIZE), confidence=confidence)
    )
    return skin, sheet


def complete(sheet, front, behind):
    return Texture(rgb=torch.where(sheet.texture.confidence > 0, front, behind), confidence=sheet.texture.confidence)


def test_a_dress_is_as_dark_behind_below_the_waist_as_above(anny, dressed):
    skin, sheet = dressed
    completed = complete(sheet, BLUE, PALE)
    matched = match_tone(completed, sheet, skin, skin.texture, anny)
    behind = slice(SIZE // 2 - 20, SIZE // 2 + 20)
    assert float((matched.rgb[..., behind] - BLUE).abs().max()) < 0.02
    seen = sheet.texture.confidence > 0
    assert torch.equal(matched.rgb[:, seen], completed.rgb[:, seen])


@pytest.mark.parametrize(("front", "behind"), [(RED, RED), (BLUE, RED)], ids=["a skirt below a shirt", "far off"])
def test_another_cloth_keeps_its_tone(anny, dressed, front, behind):
    skin, sheet = dressed
    completed = complete(sheet, front, behind)
    assert match_tone(completed, sheet, skin, skin.texture, anny) is completed


def test_a_dress_below_an_open_jacket_has_its_own_tone_behind(anny, dressed):
    """The jacket, a little darker, is all that lies above it there."""
    skin, sheet = dressed
    side = skin.texture.rgb.shape[-1]
    depth = interpolate(texel_map(anny.layout, side), anny.faces, skin.vertices)[0, 2]
    jacket = depth < float(sheet.vertices[:, 2].mean())
    rgb = torch.where(jacket, 0.75 * BLUE, skin.texture.rgb)
    labels = torch.where(jacket, OUTER, DRESS).to(torch.uint8)
    skin = replace(skin, texture=replace(skin.texture, rgb=rgb, labels=labels))
    completed = complete(sheet, BLUE, BLUE)
    matched = match_tone(completed, sheet, skin, skin.texture, anny)
    behind = slice(SIZE // 2 - 20, SIZE // 2 + 20)
    assert float((matched.rgb[..., behind] - BLUE).abs().max()) < 0.02


def test_hair_has_no_tone_of_the_body_below_it(anny, dressed):
    skin, sheet = dressed
    completed = complete(sheet, BLUE, PALE)
    assert match_tone(completed, replace(sheet, kind=SurfaceKind.HAIR), skin, skin.texture, anny) is completed
