"""DINAR behind the inpainter's contract: what a seed may change, what tuning does, what a plain renderer spares."""

from dataclasses import replace

import pytest
import torch

from bodydouble.dinar.channels import FILLED, RGB, blend_mask
from bodydouble.dinar.complete import LatentConfig
from bodydouble.dinar.inpainter import DinarConfig, DinarInpainter, render_fn
from bodydouble.dinar.networks import PRESETS, save_networks
from bodydouble.dinar.neural_texture import neural_texture, visible_pixels
from bodydouble.dinar.renderer import NeuralRenderer
from bodydouble.dinar.tune import TuneConfig
from bodydouble.surface.texel_map import texel_map
from bodydouble.texture.project import project_photo
from bodydouble.texture.square_view import square_view
from bodydouble.values import Texture
from tests.tiny import front_shot, tiny_networks

SIZE = 128
QUICK = DinarConfig(tune=TuneConfig(steps=3, crop=32), latent=LatentConfig(steps=2))
UNTUNED = replace(QUICK, tune=TuneConfig(steps=0))


@pytest.fixture(scope="module")
def view(anny):
    return front_shot(anny)


@pytest.fixture(scope="module")
def networks():
    return tiny_networks()


@pytest.fixture(scope="module")
def partial(view, anny) -> Texture:
    return project_photo(view, anny, SIZE)


@pytest.fixture(scope="module")
def square(view, anny, networks):
    return square_view(view, anny, networks.encoder.config.resolution)


@pytest.fixture(scope="module")
def neural(square, networks):
    """T of the photo, before completion."""
    return neural_texture(square, networks.encoder, networks.generator).texture


def complete(networks, partial, view, body, config=QUICK, seed=0) -> Texture:
    return DinarInpainter(weights=networks, config=config, seed=seed).complete_body(partial, [view], body)


def test_without_tuning_seen_texels_survive_in_both_textures(networks, partial, neural, view, anny):
    texture = complete(networks, partial, view, anny, UNTUNED)
    seen = partial.confidence > 0
    assert 0.02 < seen.float().mean() < 0.6
    assert torch.equal(texture.rgb[:, seen], partial.rgb[:, seen])
    assert torch.equal(texture.confidence, partial.confidence)
    kept = blend_mask(neural[FILLED])[0]
    assert (kept == 1).any() and (kept == 0).any()
    assert torch.equal(texture.neural[:, kept == 1], neural[:, kept == 1])
    assert (texture.neural != neural).any(0)[kept == 0].all(), "the rest is the decoder's"


def test_the_seed_decides_about_unseen_texels_only(networks, partial, neural, view, anny):
    first, again, other = (complete(networks, partial, view, anny, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first.rgb, again.rgb) and torch.equal(first.neural, again.neural)
    changed = (first.rgb != other.rgb).any(0)
    assert changed.any() and not (changed & (partial.confidence > 0)).any()
    neural_changed = (first.neural != other.neural).any(0)
    assert neural_changed.any() and not neural_changed[blend_mask(neural[FILLED])[0] == 1].any()


def test_without_diffusion_the_seed_decides_what_is_copied(networks, partial, view, anny):
    config = replace(UNTUNED, latent=LatentConfig(steps=0))
    likeliest, again, other = (complete(networks, partial, view, anny, config, seed).rgb for seed in (0, 0, 3))
    changed = (likeliest != other).any(0)
    assert torch.equal(likeliest, again) and changed.any() and not (changed & (partial.confidence > 0)).any()


def test_tuning_moves_seen_texels_a_little(networks, partial, view, anny):
    """They may move until the neural picture is the photo; nobody's confidence changes."""
    tuned, untuned = (complete(networks, partial, view, anny, config) for config in (QUICK, UNTUNED))
    moved = (tuned.rgb - untuned.rgb).abs().amax(0)[partial.confidence > 0]
    assert 0 < moved.max() < 0.1
    assert torch.equal(tuned.confidence, partial.confidence)


def test_unseen_colours_are_those_of_the_neural_texture(networks, partial, view, anny):
    """Where nothing was seen at all, the fine texture is the completed neural one, enlarged."""
    config = replace(QUICK, colours=False)
    texture = complete(networks, partial, view, anny, config)
    assert not texture.confidence.any()
    covered = texel_map(anny.layout, SIZE).face[0] >= 0
    coarse = texture.neural[RGB].clamp(0, 1).repeat_interleave(4, 1).repeat_interleave(4, 2)
    spread = (coarse - coarse.mean((1, 2))[:, None, None]).std()
    assert (texture.rgb - coarse)[:, covered].abs().mean() < 0.5 * spread


def test_a_second_photo_is_looked_at(networks, partial, view, anny):
    """From behind: twice as much of the neural texture is observed, and the first photo's is as it was."""
    behind = front_shot(anny, yaw=torch.pi + 0.2)
    inpaint = DinarInpainter(weights=networks, config=replace(UNTUNED, inpaint=False))
    one, both = (inpaint.complete_body(partial, views, anny).neural for views in ([view], [view, behind]))
    only_first = (one[FILLED][0] > 0) & (torch.isclose(one[RGB], both[RGB]).all(0))
    assert both[FILLED].sum() > 1.6 * one[FILLED].sum()
    assert only_first.sum() > 0.7 * one[FILLED].sum()
    twice = inpaint.complete_body(partial, [view, view], anny).neural
    assert torch.allclose(twice, one, atol=1e-4), "the same photo twice is one photo"


def test_the_tone_is_matched_to_the_photo(networks, partial, neural, view, anny):
    """A renderer that draws everything darker makes the completed colours brighter."""

    def colours_for(share):
        inpaint = DinarInpainter(weights=networks, config=UNTUNED)
        inpaint._render_fn = lambda square: lambda neural, colours, window: share * colours
        return inpaint.complete_body(partial, [view], anny).neural[RGB][:, blend_mask(neural[FILLED])[0] == 0]

    assert (colours_for(0.7).mean(1) > colours_for(1.0).mean(1) + 0.05).all()


def test_a_renderer_without_fine_colours_is_tuned_through_the_neural_texture(networks, partial, square, view, anny):
    """As the published one: what it draws comes nearer to the photo, though it never sees the fine texture."""
    torch.manual_seed(0)
    renderer = NeuralRenderer(replace(PRESETS["tiny"].renderer, detail=False)).eval().requires_grad_(False)
    published = replace(networks, renderer=renderer)
    errors = []
    for steps in (0, 40):
        config = DinarConfig(inpaint=False, tune=TuneConfig(steps=steps, rate=0.02, crop=None))
        tuned = complete(published, partial, view, anny, config).neural
        drawn = render_fn(renderer)(square)(tuned, square.rgb, (slice(0, 64), slice(0, 64)))
        errors.append((drawn - square.rgb)[:, visible_pixels(square, tuned)].square().mean().item())
    assert errors[1] < 0.97 * errors[0]


def test_where_the_renderer_is_plain_nothing_is_made_for_it(networks, partial, view, anny):
    """Its weights say so: it would draw the fine texture as it is, only slower."""
    plain = replace(networks, source={"renderer": "plain"})
    inpaint = DinarInpainter(weights=plain)
    texture = inpaint.complete_body(partial, [view], anny)
    assert texture.neural is None and inpaint.renderer is None
    seen = partial.confidence > 0
    assert torch.equal(texture.rgb[:, seen], partial.rgb[:, seen]), "nothing is tuned"
    asked = DinarInpainter(weights=plain, config=QUICK)
    assert asked.complete_body(partial, [view], anny).neural is not None and asked.renderer is not None, (
        "what was asked for stands"
    )


def test_it_says_which_file_painted(networks, tmp_path):
    assert DinarInpainter(weights=networks).weights == {"tiny": ""}, "networks in memory come from no file"
    save_networks(networks, tmp_path / "mine.safetensors", half=False)
    (name, sha256), *_ = DinarInpainter(weights=tmp_path / "mine.safetensors").weights.items()
    assert name == "mine.safetensors" and len(sha256) == 64
    assert set(DinarInpainter().weights) == {"lite.safetensors"}


def test_progress_is_told_in_every_step(networks, partial, view, anny):
    told = []
    DinarInpainter(weights=networks, config=QUICK).complete_body(
        partial, [view], anny, lambda what, done: told.append((what, done))
    )
    shares = [done for _, done in told]
    assert shares == sorted(shares) and 0 <= shares[0] and shares[-1] <= 1
    assert [what for what, _ in told].count("tuning colours") == 3
    assert [what for what, _ in told].count("sampling") == 2
