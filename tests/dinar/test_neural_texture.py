"""The neural texture holds what the photo showed, channel by channel, and nothing of the background."""

from dataclasses import replace

import pytest
import torch

from bodydouble.dinar.channels import FEATURES, FILLED, RGB, SAMPLED
from bodydouble.dinar.encoder import Encoder, EncoderConfig
from bodydouble.dinar.generator import Generator, GeneratorConfig
from bodydouble.dinar.neural_texture import (
    NeuralView,
    merge_neural,
    neural_texture,
    visible_pixels,
)
from bodydouble.texture.square_view import square_view


@pytest.fixture(scope="module")
def networks():
    torch.manual_seed(0)
    encoder = Encoder(EncoderConfig(resolution=256, latent_dim=16, channel_max=8, channel_base=512))
    generator = Generator(GeneratorConfig(resolution=64, latent_dim=16, channel_max=8, channel_base=256))
    return encoder.eval(), generator.eval()


@pytest.fixture(scope="module")
def view(scene, anny):
    return square_view(scene.view, anny, 256)


def test_channels(view, networks):
    texture = neural_texture(view, *networks).texture
    assert texture.shape == (21, 64, 64) and texture.isfinite().all()
    sampled, filled = texture[SAMPLED][0], texture[FILLED][0]
    assert set(sampled.unique().tolist()) == {0.0, 1.0} and (filled >= sampled).all() and filled.sum() > sampled.sum()
    assert 0.1 < filled.mean() < 0.6
    assert not texture[RGB][:, filled == 0].any()
    red, green, blue = texture[RGB][:, sampled > 0]
    # The background is magenta and the body has none of it.
    assert (red < 0.2).all() and (blue < 0.2).all() and (green > 0.1).float().mean() > 0.9


def test_the_same_photo_gives_the_same_texture(view, networks):
    torch.manual_seed(1)
    first = neural_texture(view, *networks)
    torch.manual_seed(2)
    assert torch.equal(first.texture, neural_texture(view, *networks).texture)


def test_switches_empty_their_channels(view, networks):
    whole = neural_texture(view, *networks).texture
    without = neural_texture(view, *networks, features=False).texture
    assert not without[FEATURES].any() and torch.equal(without[16:], whole[16:])
    colourless = neural_texture(view, *networks, colours=False)
    assert torch.equal(colourless.texture[FEATURES], whole[FEATURES])
    assert not colourless.texture[16:].any() and not colourless.cosine.any()


def test_outlines_of_overlapping_limbs_are_left_out(view, networks):
    outline = torch.zeros_like(view.outline)
    outline[100:140] = True
    marked = replace(view, outline=outline)
    kept = neural_texture(marked, *networks, occlusion=False).texture[FILLED]
    assert neural_texture(marked, *networks).texture[FILLED].sum() < 0.9 * kept.sum()


def test_views_merge_by_their_cosine_and_masks_unite():
    first, second = torch.zeros(21, 2, 2), torch.ones(21, 2, 2)
    cosine = torch.tensor([[1.0, 0.0], [0.3, 0.0]])  # too flat to compare colours by
    first[16:, :, 0] = 0.2
    first[19:, :, 0], first[19:, :, 1] = 1, 0
    second[19:] = torch.tensor([[1.0, 1.0], [1.0, 0.0]])
    views = [
        NeuralView(texture=first, cosine=cosine),
        NeuralView(texture=second, cosine=torch.tensor([[0.0, 0.9], [0.3, 0.0]])),
    ]
    merged = merge_neural(views).texture
    assert merged[16, 0, 0] == pytest.approx(0.2, abs=1e-3), "the frontal view"
    assert merged[16, 0, 1] == pytest.approx(1.0), "the only view"
    assert merged[16, 1, 0] == pytest.approx(0.6), "both alike"
    assert merged[0, 1, 1] == pytest.approx(0.5), "none: the mean of the features"
    assert merged[20].tolist() == [[1.0, 1.0], [1.0, 0.0]]
    assert torch.equal(merge_neural(views[:1]).texture, first)


def test_a_second_photo_takes_on_the_firsts_colours(view, networks):
    first = neural_texture(view, *networks)
    darker = replace(first, texture=torch.cat([first.texture[:16], 0.7 * first.texture[RGB], first.texture[19:]]))
    merged = merge_neural([first, darker]).texture
    filled = first.texture[FILLED][0] > 0
    assert (merged - first.texture)[RGB][:, filled].abs().max() < 0.02


def test_visible_pixels_are_those_that_were_sampled(view, networks):
    texture = neural_texture(view, *networks).texture
    visible = visible_pixels(view, texture)
    assert 0.5 < visible.sum() / (view.uv >= 0).all(0).sum() <= 1
    assert not visible[(view.uv < 0).any(0)].any()
    assert not visible_pixels(view, torch.zeros_like(texture)).any()
