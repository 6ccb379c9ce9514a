"""Diffusion in latent space: what it may change, what decides, and what it says where there are no networks."""

from dataclasses import replace

import pytest
import torch

from bodydouble.dinar.channels import FILLED, RGB, blend_mask
from bodydouble.dinar.latent_inpainter import LatentConfig, LatentInpainter, LatentParts
from bodydouble.dinar.neural_texture import neural_texture, square_view
from bodydouble.errors import InputError
from bodydouble.inpaint import inpainter
from bodydouble.surface.texel_map import texel_map
from bodydouble.texture.project import project_photo
from bodydouble.values import Texture
from tests.tiny import front_shot, tiny_networks

SIZE = 128


@pytest.fixture(scope="module")
def shot(anny):
    return front_shot(anny)


@pytest.fixture(scope="module")
def parts():
    networks = tiny_networks()
    return LatentParts(**{name: module for name, module in networks.modules().items() if name != "renderer"})


@pytest.fixture(scope="module")
def partial(shot, anny, parts) -> Texture:
    view = square_view(shot.photo, shot.fit, anny, 64, shot.person.mask)
    neural = neural_texture(view, parts.encoder, parts.generator)
    return replace(
        project_photo(shot.photo, shot.person, shot.fit, anny, SIZE),
        neural=neural.texture,
    )


def complete(parts, partial, shot, anny, seed=0, **config):
    inpaint = LatentInpainter(parts, LatentConfig(steps=3, **config), seed)
    return inpaint(partial, shot.photo, shot.fit, anny)


def test_seen_texels_survive_in_both_textures(parts, partial, shot, anny):
    whole = complete(parts, partial, shot, anny)
    seen = partial.confidence > 0
    assert 0.02 < seen.float().mean() < 0.6
    assert torch.equal(whole.rgb[:, seen], partial.rgb[:, seen]) and torch.equal(whole.confidence, partial.confidence)
    kept = blend_mask(partial.neural[FILLED])[0]
    assert (kept == 1).any() and (kept == 0).any()
    assert torch.equal(whole.neural[:, kept == 1], partial.neural[:, kept == 1])
    assert (whole.neural != partial.neural).any(0)[kept == 0].all(), "the rest is the decoder's"


def test_the_seed_decides_about_unseen_texels_only(parts, partial, shot, anny):
    first, again, other = (complete(parts, partial, shot, anny, seed) for seed in (0, 0, 1))
    assert torch.equal(first.rgb, again.rgb) and torch.equal(first.neural, again.neural)
    changed = (first.rgb != other.rgb).any(0)
    assert changed.any() and not (changed & (partial.confidence > 0)).any()
    neural_changed = (first.neural != other.neural).any(0)
    assert neural_changed.any() and not neural_changed[blend_mask(partial.neural[FILLED])[0] == 1].any()


def test_without_diffusion_the_seed_decides_what_is_copied(parts, partial, shot, anny):
    likeliest, again, other = (
        LatentInpainter(parts, LatentConfig(steps=0), seed)(partial, shot.photo, shot.fit, anny).rgb
        for seed in (0, 0, 3)
    )
    changed = (likeliest != other).any(0)
    assert torch.equal(likeliest, again) and changed.any() and not (changed & (partial.confidence > 0)).any()


@pytest.mark.parametrize("sampler", ["ddpm", "ddim", "dpm++"])
def test_every_sampler(parts, partial, shot, anny, sampler):
    assert complete(parts, partial, shot, anny, sampler=sampler).neural.isfinite().all()


def test_unseen_colours_are_those_of_the_neural_texture(parts, partial, shot, anny):
    """Far from what was seen, the fine texture is the completed neural one, enlarged."""
    neural = partial.neural.clone()
    neural[RGB.start :] = 0
    nothing = replace(
        partial, rgb=torch.zeros_like(partial.rgb), confidence=torch.zeros_like(partial.confidence), neural=neural
    )
    whole = complete(parts, nothing, shot, anny)
    covered = texel_map(anny.layout, SIZE).face[0] >= 0
    coarse = whole.neural[RGB].clamp(0, 1).repeat_interleave(4, 1).repeat_interleave(4, 2)
    assert (whole.rgb - coarse)[:, covered].abs().mean() < 0.5 * (coarse - coarse.mean((1, 2))[:, None, None]).std()


def test_the_tone_is_matched_to_the_photo(parts, partial, shot, anny):
    """A renderer that draws everything darker makes the completed colours brighter."""

    def drawing(share):
        return lambda view: lambda neural, colours, window: share * colours

    outside = blend_mask(partial.neural[FILLED])[0] == 0
    plain, dark, true = (
        complete(replace(parts, drawer=drawer), partial, shot, anny).neural[RGB][:, outside]
        for drawer in (None, drawing(0.7), drawing(1.0))
    )
    assert not torch.equal(plain, dark)
    assert (dark.mean(1) > true.mean(1) + 0.05).all()


def test_without_networks_one_sentence_says_what_to_do():
    with pytest.raises(InputError, match="--weights.*train.*import-dinar.*symmetry"):
        inpainter("latent")
