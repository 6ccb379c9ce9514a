"""Samplers find what a perfect denoiser knows, repeat themselves, and refuse what makes no sense."""

from types import SimpleNamespace

import pytest
import torch

from bodydouble.dinar.sampling import SAMPLERS, betas, sample_latent, training_schedule
from bodydouble.errors import InputError


class Knowing:
    """Knows the one latent that there is: the noise is what separates the input from it."""

    def __init__(self, latent, predicts="epsilon"):
        self.config = SimpleNamespace(latent=6, predicts=predicts, refines=False)
        self.latent = latent
        self.calls = 0

    def __call__(self, noisy, timestep, condition):
        self.calls += 1
        kept = training_schedule().alphas_cumprod[timestep]
        noise = (noisy - kept.sqrt() * self.latent) / (1 - kept).sqrt()
        if self.config.predicts == "epsilon":
            return noise
        return kept.sqrt() * noise - (1 - kept).sqrt() * self.latent


def test_the_published_schedule():
    schedule = betas()
    assert len(schedule) == 1000
    assert schedule[0].item() == pytest.approx(3e-4) and schedule[-1].item() == pytest.approx(2e-2)
    assert torch.allclose(schedule.sqrt().diff(), schedule.sqrt().diff()[0], atol=1e-6), "its root is linear"


@pytest.mark.parametrize("predicts", ["epsilon", "v_prediction"])
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_what_is_known_is_found(sampler, predicts):
    truth = torch.linspace(-1, 1, 6 * 16).view(1, 6, 4, 4)
    denoiser = Knowing(truth, predicts)
    found = sample_latent(denoiser, torch.zeros(1, 7, 4, 4), sampler, steps=25)
    assert denoiser.calls == 25
    assert torch.allclose(found, truth, atol=0.05)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_seed_decides_and_company_does_not(sampler):
    # A denoiser whose answer depends on its input, so that the noise at the start shows in the result.
    def denoiser(noisy, timestep, condition):
        return torch.tanh(noisy) + 0 * timestep

    denoiser.config = SimpleNamespace(latent=6, predicts="epsilon", refines=False)
    condition = torch.zeros(1, 7, 4, 4)
    one = sample_latent(denoiser, condition, sampler, steps=5, seed=3)
    three = sample_latent(denoiser, condition.expand(3, -1, -1, -1), sampler, steps=5, seed=2)
    assert torch.allclose(one[0], three[1], atol=1e-5)
    assert not torch.allclose(one[0], three[2], atol=1e-2)


def test_eta_adds_noise_to_ddim_only():
    condition, denoiser = torch.zeros(1, 7, 4, 4), Knowing(torch.zeros(1, 6, 4, 4))
    denoiser.config = SimpleNamespace(latent=6, predicts="epsilon", refines=False)

    def stubborn(noisy, timestep, condition):
        return torch.tanh(noisy)

    stubborn.config = denoiser.config
    for sampler, same in (("ddim", False), ("dpm++", True)):
        results = [sample_latent(stubborn, condition, sampler, steps=5, eta=eta) for eta in (0.0, 1.0)]
        assert torch.equal(*results) is same


@pytest.mark.parametrize("wrong", [{"sampler": "euler"}, {"steps": 0}, {"steps": 1001}, {"eta": 1.5}])
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(InputError):
        sample_latent(Knowing(torch.zeros(1, 6, 4, 4)), torch.zeros(1, 7, 4, 4), **wrong)


def test_a_sample_is_added_to_the_guess():
    denoiser, condition = Knowing(torch.zeros(1, 6, 4, 4)), torch.randn(1, 7, 4, 4)
    without = sample_latent(denoiser, condition, steps=4)
    denoiser.config.refines = True
    assert torch.allclose(sample_latent(denoiser, condition, steps=4) - condition[:, :6], without, atol=1e-6)
    assert torch.equal(sample_latent(denoiser, condition, steps=0), condition[:, :6])
