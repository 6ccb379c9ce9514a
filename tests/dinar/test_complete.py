"""Diffusion in latent space: what the denoiser is given, how many steps are taken, and what is decoded."""

from dataclasses import replace

import pytest
import torch

from bodydouble.dinar.channels import FEATURES, FILLED, RGB, with_colours
from bodydouble.dinar.complete import LatentConfig, decode_latent, encode_condition, restore, sampling_steps
from bodydouble.dinar.sampling import SAMPLERS
from bodydouble.errors import InputError
from tests.tiny import tiny_networks


@pytest.fixture(scope="module")
def networks():
    return tiny_networks()


@pytest.fixture(scope="module")
def partial():
    """T^j whose left half was seen."""
    texture = torch.rand(21, 32, 32, generator=torch.Generator().manual_seed(0))
    texture[19:] = 0
    texture[19:, :, :16] = 1
    texture[RGB] *= texture[FILLED]
    return texture


@pytest.fixture(scope="module")
def initial(partial):
    return with_colours(partial, torch.where(partial[FILLED] > 0, partial[RGB], torch.tensor(0.4)))


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_completes(networks, partial, initial, sampler):
    restored = restore(networks, partial, initial, LatentConfig(sampler=sampler, steps=4), seed=0)
    assert restored.shape == partial.shape and restored.isfinite().all()
    assert not torch.equal(restored[RGB], initial[RGB])
    assert torch.equal(restored[FEATURES], partial[FEATURES]), "what is not compressed stays"


def test_a_seed_is_repeatable(networks, partial, initial):
    first, again, other = (restore(networks, partial, initial, LatentConfig(steps=3), seed) for seed in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_in_no_steps_and_without_a_denoiser_the_guess_stands(networks, partial, initial):
    assert restore(networks, partial, initial, LatentConfig(steps=0), 0) is initial
    assert restore(replace(networks, diffuses=False), partial, initial, LatentConfig(steps=3), 0) is initial


def test_the_condition_is_the_latent_and_what_was_filled(networks, partial, initial):
    """B_fill by its nearest texel, so that a latent pixel is either known or not."""
    condition = encode_condition(networks.vqgan, partial[None], initial[None])
    latent = networks.vqgan.encode(initial[None])
    side = latent.shape[-1]
    assert condition.shape == (1, latent.shape[1] + 1, side, side)
    assert torch.equal(condition[:, :-1], latent)
    assert condition[0, -1, :, : side // 2].eq(1).all() and condition[0, -1, :, side // 2 :].eq(0).all()


def test_a_guess_comes_back_sharp_where_the_sample_changes_nothing(networks, partial, initial):
    condition = encode_condition(networks.vqgan, partial[None], initial[None])
    latent = condition[:, :-1]
    assert torch.equal(decode_latent(networks.vqgan, latent, initial[None], condition)[0], initial)
    changed = decode_latent(networks.vqgan, latent + 1, initial[None], condition)[0]
    assert not torch.equal(changed[RGB], initial[RGB]) and torch.equal(changed[FEATURES], initial[FEATURES])
    through_codes = decode_latent(networks.vqgan, latent, initial[None])[0]
    assert not torch.allclose(through_codes[RGB], initial[RGB], atol=0.01), "a latent alone is not as sharp"


@pytest.mark.parametrize(
    ("asked", "advised", "taken"), [(7, "3", 7), (0, "3", 0), (None, "3", 3), (None, "5000", 1000), (None, "many", 25)]
)
def test_the_caller_decides_about_steps_then_the_weights(networks, asked, advised, taken):
    advising = replace(networks, source={"sampler steps": advised})
    assert sampling_steps(advising, LatentConfig(steps=asked)) == taken
    assert sampling_steps(networks, LatentConfig()) == 25


def test_what_makes_no_sense_is_refused(networks, partial, initial):
    for wrong in (LatentConfig(steps=1001), LatentConfig(sampler="euler", steps=2), LatentConfig(steps=2, eta=2.0)):
        with pytest.raises(InputError):
            restore(networks, partial, initial, wrong, 0)
