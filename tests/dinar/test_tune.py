"""Colours follow the photo where it shows them, and nowhere else. The renderer is a stand-in that draws a tint."""

from dataclasses import replace

import pytest
import torch

from bodydouble.dinar.channels import FILLED, RGB, SAMPLED
from bodydouble.dinar.neural_texture import NeuralView, visible_pixels
from bodydouble.dinar.tune import TuneConfig, match_tone, tune_colours
from bodydouble.raster.shade import sample_texture
from bodydouble.texture.square_view import SquareView
from bodydouble.values import Texture

SIDE = 64
TINT = torch.tensor([0.1, -0.05, 0.02])[:, None, None]


def draw(neural, colours, window):
    """A renderer that adds a tint to the fine colours."""
    return colours + TINT


@pytest.fixture
def view():
    """A picture of the texture's left half, seen straight on, in a smooth pattern."""
    y, x = torch.meshgrid((torch.arange(SIDE) + 0.5) / SIDE, (torch.arange(SIDE) + 0.5) / SIDE, indexing="ij")
    rgb = torch.stack([0.5 + 0.2 * (4 * x).sin(), 0.4 + 0.2 * (5 * y).sin(), 0.5 + 0.1 * (3 * x * y).cos()])
    ones = torch.ones(SIDE, SIDE)
    return SquareView(rgb=rgb, mask=ones, uv=torch.stack([x / 2, y]), cosine=ones, outline=ones == 0)


@pytest.fixture
def neural():
    texture = torch.zeros(21, 32, 32)
    texture[RGB] = 0.5
    texture[SAMPLED, :, :16], texture[FILLED, :, :16] = 1, 1
    return NeuralView(texture=texture, cosine=texture[FILLED][0].clone())


@pytest.fixture
def texture():
    seen = torch.zeros(128, 128)
    seen[:, :64] = 0.9
    return Texture(rgb=torch.full((3, 128, 128), 0.5), confidence=seen)


def error(view, colours):
    drawn = sample_texture(colours, view.uv[None])[0] + TINT
    return (drawn - view.rgb)[:, :, 8:-8].square().mean().item()


@pytest.mark.parametrize(("crop", "share"), [(None, 0.2), (48, 0.5)])
def test_the_picture_comes_nearer_to_the_photo(view, neural, texture, crop, share):
    moved, tuned = tune_colours(neural, texture, view, draw, TuneConfig(rate=0.02, crop=crop))
    assert error(view, tuned.rgb) < share * error(view, texture.rgb)
    assert error(view, moved.texture[RGB]) < share * error(view, neural.texture[RGB]), "both textures moved alike"


def test_unseen_texels_and_other_channels_stay(view, neural, texture):
    moved, tuned = tune_colours(neural, texture, view, draw, TuneConfig(rate=0.02, steps=8, crop=None))
    unseen = texture.confidence == 0
    assert torch.equal(tuned.rgb[:, unseen], texture.rgb[:, unseen]) and torch.equal(
        tuned.confidence, texture.confidence
    )
    assert torch.equal(moved.texture[:16], neural.texture[:16]) and torch.equal(moved.texture[19:], neural.texture[19:])
    assert torch.equal(moved.texture[RGB][:, :, 16:], neural.texture[RGB][:, :, 16:])
    assert not torch.equal(tuned.rgb, texture.rgb)


def test_detail_finer_than_the_neural_texture_stays(view, neural, texture):
    checks = 0.02 * ((torch.arange(128)[:, None] + torch.arange(128)) % 2 * 2 - 1)
    fine = replace(texture, rgb=texture.rgb + checks)
    plain, detailed = (
        tune_colours(neural, each, view, draw, TuneConfig(rate=0.02, steps=16)) for each in (texture, fine)
    )
    assert (detailed[1].rgb - plain[1].rgb - checks)[:, 8:-8, 8:48].abs().mean() < 0.004


def test_flat_views_move_less(view, neural, texture):
    flat = replace(neural, cosine=0.1 * neural.cosine)
    moves = [
        (tune_colours(each, texture, view, draw, TuneConfig(steps=16))[1].rgb - texture.rgb).abs().mean()
        for each in (neural, flat)
    ]
    assert moves[1] < 0.3 * moves[0]


def test_the_seed_of_the_crops_is_all_that_is_random(view, neural, texture):
    config = TuneConfig(steps=4, crop=16)
    first, again, other = (tune_colours(neural, texture, view, draw, config, seed)[1].rgb for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_nothing_to_tune_by(view, neural, texture):
    assert tune_colours(neural, texture, view, draw, TuneConfig(steps=0)) == (neural, texture)
    unseen = replace(neural, texture=torch.zeros_like(neural.texture))
    assert tune_colours(unseen, texture, view, draw, TuneConfig()) == (unseen, texture)


def test_tones_are_matched_through_the_renderer(view, neural):
    """The decoder's colours are the photo's, duller and darker; after Eq. 7 the picture is the photo, tint and all."""
    restored = neural.texture.clone()
    rows = torch.nn.functional.interpolate(view.rgb[None], (32, 16), mode="area")[0]
    restored[RGB, :, :16] = 0.6 * rows + 0.1
    visible = visible_pixels(view, neural.texture)
    matched = match_tone(restored, view, visible, draw)
    assert error(view, matched[RGB]) < 1e-3 < 5e-3 < error(view, restored[RGB])
    gain = matched[RGB, :, 16:].std() - restored[RGB, :, 16:].std()
    assert torch.isfinite(gain) and not torch.equal(matched[RGB, :, 16:], restored[RGB, :, 16:]), "unseen ones too"
    assert torch.equal(matched[:16], restored[:16])


def test_garbage_is_not_stretched_to_fit(view, neural):
    generator = torch.Generator().manual_seed(0)
    restored = torch.rand(21, 32, 32, generator=generator)
    matched = match_tone(restored, view, visible_pixels(view, neural.texture), draw)
    assert matched[RGB].std() < restored[RGB].std() and matched[RGB].isfinite().all()
    none = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    assert torch.equal(match_tone(restored, view, none, draw), restored)
