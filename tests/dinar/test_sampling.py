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
    left = 3e-4**0.5 if sampler == "published" else 0.0  # the noise of time 0, where its last step ends
    assert torch.allclose(found, truth, atol=0.05 + 4 * left)


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


def published_ddim(denoiser, condition, steps, seed):
    """DDIM (Song et al. 2021, equation 12) with η = 1 as the published code runs it, written out for one sample."""
    generator = torch.Generator().manual_seed(seed)
    shape = (1, 6, *condition.shape[2:])
    shown, filled = condition[:, :6], condition[0, 6]
    inside = torch.ones_like(filled, dtype=torch.bool)
    rows, columns = filled.shape
    for row in range(rows):
        for column in range(columns):
            around = filled[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
            inside[row, column] = bool((around == 1).all())
    beta = torch.linspace(3e-4**0.5, 2e-2**0.5, 1000, dtype=torch.float64) ** 2
    alpha = (1 - beta).cumprod(0)
    times = list(range(1, 1000, 1000 // steps))
    latent = torch.randn(shape, generator=generator)
    for time, before in zip(times[::-1], [*times[:-1][::-1], 0], strict=True):
        here, there = alpha[time].item(), alpha[before].item()
        noisy = here**0.5 * shown + (1 - here) ** 0.5 * torch.randn(shape, generator=generator)
        latent = torch.where(inside, noisy, latent)
        noise = denoiser(latent, torch.tensor(time), condition)
        clean = (latent - (1 - here) ** 0.5 * noise) / here**0.5
        sigma = ((1 - there) / (1 - here) * (1 - here / there)) ** 0.5
        latent = there**0.5 * clean + (1 - there - sigma**2) ** 0.5 * noise
        latent = latent + sigma * torch.randn(shape, generator=generator)
    return latent


@pytest.fixture
def watched():
    """A denoiser that depends on everything it is given, and a condition with a hole in it."""
    times = []

    def denoiser(noisy, timestep, condition):
        times.append(int(timestep))
        return torch.tanh(noisy + 0.3 * condition[:, :6]) * (0.5 + timestep / 2000) - 0.2 * condition[:, 6:]

    denoiser.config = SimpleNamespace(latent=6, predicts="epsilon", refines=False)
    denoiser.times = times
    condition = torch.randn(1, 7, 8, 8, generator=torch.Generator().manual_seed(5))
    condition[:, 6], condition[:, 6, 2:7, 3:6] = 1, 0
    return denoiser, condition


@pytest.mark.parametrize("steps", [200, 50])
def test_the_published_sampler_takes_the_published_steps(watched, steps):
    denoiser, condition = watched
    sample = sample_latent(denoiser, condition, "published", None if steps == 200 else steps, seed=3)
    assert denoiser.times == list(range(1, 1000, 1000 // steps))[::-1]
    assert denoiser.times[:2] == ([996, 991] if steps == 200 else [981, 961])
    assert torch.allclose(sample, published_ddim(denoiser, condition, steps, seed=3), atol=1e-4)


def test_what_the_photo_showed_comes_back_from_the_published_sampler_alone(watched):
    """Deep inside what was shown, up to the noise of the last step; the others draw it anew."""
    denoiser, condition = watched
    condition[:, 6, 2:7, 3:6] = 1
    condition[:, 6, :, 5:] = 0
    error = {
        sampler: (sample_latent(denoiser, condition, sampler, 50) - condition[:, :6])[..., :4].abs().mean()
        for sampler in ("published", "ddim")
    }
    assert error["published"] < 0.1 < 0.3 < error["ddim"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"sampler": "euler"},
        {"steps": 0},
        {"steps": 1001},
        {"eta": 1.5},
        {"sampler": "published", "steps": 300},
        {"sampler": "published", "steps": 1000},
        {"sampler": "published", "eta": 0.5},
    ],
)
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(InputError):
        sample_latent(Knowing(torch.zeros(1, 6, 4, 4)), torch.zeros(1, 7, 4, 4), **wrong)


def test_a_sample_is_added_to_the_guess():
    denoiser, condition = Knowing(torch.zeros(1, 6, 4, 4)), torch.randn(1, 7, 4, 4)
    without = sample_latent(denoiser, condition, steps=4)
    denoiser.config.refines = True
    assert torch.allclose(sample_latent(denoiser, condition, steps=4) - condition[:, :6], without, atol=1e-6)
    assert torch.equal(sample_latent(denoiser, condition, steps=0), condition[:, :6])
