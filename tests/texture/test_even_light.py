"""Colours under even light and back; the shade of what was seen fades beyond it."""

import math
from dataclasses import replace

import pytest
import torch

from bodydouble.surface.skeleton import body_surface
from bodydouble.texture.even_light import (
    divide_shade,
    even_texture,
    even_view,
    extend_over_sheet,
    measure_usual_shade,
    multiply_shade,
    restore_light,
)
from bodydouble.texture.project import project_photo
from bodydouble.values import Shade, Texture


@pytest.fixture(scope="module")
def shaded(scene):
    """The view, darker by half on its left."""
    gain = torch.ones(3, 32, 32)
    gain[:, :, :16] = 0.5
    side = scene.view.photo.size[0]
    shade = Shade(gain=gain, left=(scene.view.photo.size[1] - side) // 2, top=0, side=side)
    return replace(scene.view, shade=shade)


def test_there_and_back():
    rgb, gain = 0.1 + 0.4 * torch.rand(3, 8, 8), 0.5 + torch.rand(3, 8, 8)
    torch.testing.assert_close(multiply_shade(divide_shade(rgb, gain), gain), rgb)
    dark = divide_shade(multiply_shade(torch.full((3, 1, 1), 0.5), torch.tensor(0.5)), torch.tensor(0.5))
    torch.testing.assert_close(dark, torch.full((3, 1, 1), 0.5))


def test_a_view_under_even_light_is_brighter_where_it_was_dark(shaded):
    even = even_view(shaded)
    inside, ratio = shaded.person.mask > 0.99, even.photo.rgb[1] / shaded.photo.rgb[1].clamp_min(1e-3)
    assert even.shade is None, "which must not be divided twice"
    assert ratio[:, :180][inside[:, :180]].median() == pytest.approx(2 ** (1 / 2.2), abs=0.02)
    torch.testing.assert_close(even.photo.rgb[:, :, 260:], shaded.photo.rgb[:, :, 260:])


def test_texels_know_the_light_that_they_are_seen_in(shaded, anny):
    texture = project_photo(shaded, anny, 128)
    assert texture.shade is not None
    seen = texture.confidence > 0
    assert torch.equal(texture.shade[:, ~seen], torch.ones_like(texture.shade[:, ~seen]))
    dark = (texture.shade[1, seen] < 0.6).float().mean()
    assert 0.3 < dark < 0.7
    assert project_photo(replace(shaded, shade=None), anny, 128).shade is None


def test_what_was_seen_comes_back_and_what_was_not_fades_to_the_usual_shade_of_its_label(shaded, anny):
    partial = project_photo(shaded, anny, 128)
    even = even_texture(partial)
    assert partial.shade is not None
    labels = torch.where(partial.shade[1] < 0.6, 2, 3).to(torch.uint8)  # all that is dark; and the rest
    labels[:, 64:][partial.confidence[:, 64:] == 0] = 2
    whole = replace(even, rgb=torch.full_like(even.rgb, 0.4), labels=labels)
    lit = restore_light(whole, body_surface(shaded.fit, anny, partial), anny, torch.zeros(partial.rgb.shape[1:]))
    seen = partial.confidence > 0
    assert torch.equal(lit.rgb[:, seen], partial.rgb[:, seen])
    assert lit.shade is not None and lit.shade.min() > 0.45 and lit.shade.max() < 1.05
    for label, usual in ((2, 0.5), (3, 1.0)):
        assert lit.shade[1, ~seen & (labels == label)].median() == pytest.approx(usual, abs=0.1)
    torch.testing.assert_close(even_texture(lit).rgb[:, ~seen], whole.rgb[:, ~seen], atol=1e-3, rtol=0)


def test_the_sky_shades_what_was_not_seen(shaded, anny):
    partial = project_photo(shaded, anny, size=128)
    seen, sky = partial.confidence > 0, torch.zeros(128, 128)
    sky[~seen] = -0.5
    whole = replace(even_texture(partial), rgb=torch.full_like(partial.rgb, 0.4))
    open_sky = restore_light(whole, body_surface(shaded.fit, anny, partial), anny, torch.zeros(128, 128))
    lit = restore_light(whole, body_surface(shaded.fit, anny, partial), anny, sky)
    assert torch.equal(lit.rgb[:, seen], partial.rgb[:, seen])
    torch.testing.assert_close(lit.shade[:, ~seen], open_sky.shade[:, ~seen] * math.exp(-0.5))


def test_on_a_sheet_the_shade_fades_likewise():
    confidence, shade = torch.zeros(64, 64), torch.ones(3, 64, 64)
    confidence[:, 20:44], shade[:, :, 20:44] = 0.8, 0.5
    partial = Texture(rgb=torch.full((3, 64, 64), 0.3), confidence=confidence, shade=shade)
    for usual in (1.0, 0.7):
        gain = extend_over_sheet(partial, torch.full((3, 64, 64), usual).log())
        assert torch.equal(gain[:, :, 20:44], shade[:, :, 20:44])
        assert (gain[:, :, 44] < 0.65).all() and (gain[:, :, 60] > 0.95 * usual).all()


def test_little_that_was_seen_tells_no_usual_shade():
    confidence, shade = torch.zeros(128, 128), torch.ones(3, 128, 128)
    confidence[0, :2], shade[:, 0, :2] = 0.8, 0.5
    level = measure_usual_shade(Texture(rgb=torch.zeros(3, 128, 128), confidence=confidence, shade=shade), None)
    assert torch.equal(level, torch.zeros_like(level))


def test_without_shade_nothing_changes(scene):
    texture = Texture(rgb=torch.rand(3, 8, 8), confidence=torch.ones(8, 8))
    assert even_texture(texture) is texture and even_view(scene.view) is scene.view


def test_a_coarser_shade_serves_a_finer_texture():
    texture = Texture(rgb=torch.full((3, 16, 16), 0.4), confidence=torch.ones(16, 16), shade=torch.full((3, 4, 4), 0.5))
    torch.testing.assert_close(even_texture(texture).rgb, torch.full((3, 16, 16), 0.4 * 2 ** (1 / 2.2)))
