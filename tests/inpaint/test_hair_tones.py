"""Strands have the tones that the photo's hair has, as often as it has them."""

from dataclasses import replace

import pytest
import torch

from bodydouble.inpaint.hair_tones import hair_tones, tint_strands
from bodydouble.inpaint.photo_colour import photo_colour
from bodydouble.parsing.labels import HAIR, HAT, LABELS
from bodydouble.values import Understanding

DARK, LIGHT = (0.2, 0.15, 0.1), (0.32, 0.24, 0.12)


def photograph(view, light_rows: int, hair_rows: int = 64):
    """64 rows, of which the last ones are light, and the first ones hair."""
    rgb = torch.tensor(DARK)[:, None, None].expand(3, 64, 64).clone()
    rgb[:, 64 - light_rows :] = torch.tensor(LIGHT)[:, None, None]
    chances = torch.zeros(len(LABELS), 64, 64)
    chances[HAIR, :hair_rows] = 1
    chances[0] = 1 - chances[HAIR]
    labels = Understanding(labels=chances, normals=torch.zeros(3, 64, 64), left=0, top=0, side=64)
    person = replace(view.person, mask=torch.ones(64, 64))
    return replace(view, photo=replace(view.photo, rgb=rgb), person=person, understanding=labels)


def test_highlights_are_lighter_and_of_their_own_hue(scene):
    tones = hair_tones(photograph(scene.view, light_rows=20))
    assert tones is not None
    assert torch.allclose(tones[:3], torch.ones(3, 3), atol=0.02), "most of the hair is dark"
    assert float(tones[-1].min()) > 1.03
    assert float(tones[-1, 0]) > float(tones[-1, 2]) + 0.04, "yellow in the light"


def test_of_even_hair_strands_are_even_too_and_of_little_nothing_is_told(scene):
    assert torch.allclose(hair_tones(photograph(scene.view, light_rows=0)), torch.ones(5, 3), atol=0.01)
    assert hair_tones(photograph(scene.view, light_rows=0, hair_rows=4)) is None
    assert hair_tones(None) is None


@pytest.mark.parametrize(("hat_rows", "told"), [(2, DARK), (54, LIGHT)])
def test_below_a_hat_the_hair_in_the_light_tells(scene, hat_rows, told):
    view = photograph(scene.view, light_rows=62, hair_rows=5)
    view.understanding.labels[0, 64 - hat_rows :] = 0
    view.understanding.labels[HAT, 64 - hat_rows :] = 1
    assert torch.allclose(photo_colour(view), torch.tensor(told), atol=0.01)


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        ((0.55, 0.47, 0.46), (0.55, 0.47, 0.427)),  # ash blond in the shade
        ((0.5, 0.4, 0.28), (0.5, 0.4, 0.28)),
        ((0.12, 0.11, 0.14), (0.12, 0.11, 0.105)),  # black
        ((0.8, 0.3, 0.6), (0.8, 0.3, 0.6)),  # dyed
    ],
)
def test_hair_is_not_of_the_skys_colour_unless_it_is_dyed(scene, seen, told):
    view = photograph(scene.view, light_rows=0)
    view.photo.rgb[:] = torch.tensor(seen)[:, None, None]
    assert torch.allclose(photo_colour(view), torch.tensor(told), atol=0.003)


@pytest.mark.parametrize("band", [(0.6, 0.1, 0.15), (0.3, 0.5, 0.2)])
def test_a_band_in_it_tells_no_hairs_colour_though_it_is_larger(scene, band):
    view = photograph(scene.view, light_rows=0)
    view.photo.rgb[:, 24:] = torch.tensor(band)[:, None, None]
    assert torch.allclose(photo_colour(view), torch.tensor(DARK), atol=0.01)
    tones = hair_tones(view)
    assert tones is not None and torch.allclose(tones, torch.ones(5, 3), atol=0.01)


def test_every_tone_comes_as_often_as_in_the_photo():
    tones = torch.tensor([0.7, 0.9, 1.0, 1.2, 1.6])[:, None].expand(5, 3)
    strands = torch.randn(256, 256, generator=torch.Generator().manual_seed(0))
    drawn = tint_strands(strands, tones)
    assert drawn.shape == (3, 256, 256)
    for quantile, tone in ((0.25, 0.9), (0.5, 1.0), (0.75, 1.2)):
        assert float(drawn[0].flatten()[:60000].quantile(quantile)) == pytest.approx(tone, abs=0.02)
    assert float(drawn.min()) == pytest.approx(0.7)
    assert float(drawn.max()) == pytest.approx(1.6)


def test_tones_far_from_the_usual_one_differ_still(scene):
    """Those that were cut off were two flat colours: stripes."""
    rgb = scene.view.photo.rgb.clone()
    rgb[:, :] = torch.linspace(0.02, 0.5, 64)[:, None]
    tones = hair_tones(replace(photograph(scene.view, light_rows=0), photo=replace(scene.view.photo, rgb=rgb)))
    assert float(tones.diff(dim=0).min()) > 0.02
