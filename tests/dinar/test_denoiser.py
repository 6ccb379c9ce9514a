"""The denoiser: its size, a start at zero, and that latent, time and condition all decide."""

import pytest
import torch

from bodydouble.dinar.denoiser import Denoiser, DenoiserConfig
from bodydouble.dinar.networks import PRESETS

TINY = PRESETS["tiny"].denoiser


@pytest.fixture
def lived_in():
    """A denoiser without the zeros it starts with."""
    torch.manual_seed(0)
    denoiser = Denoiser(TINY).eval()
    for parameter in denoiser.parameters():
        torch.nn.init.normal_(parameter, 0.2 if parameter.dim() == 1 else parameter[0].numel() ** -0.5)
    return denoiser


def test_published_size():
    with torch.device("meta"):
        denoiser = Denoiser(DenoiserConfig())
        noise = denoiser(torch.empty(2, 6, 64, 64), torch.empty(2, dtype=torch.int64), torch.empty(2, 7, 64, 64))
    assert noise.shape == (2, 6, 64, 64)
    assert sum(parameter.numel() for parameter in denoiser.parameters()) == 387_266_688
    attentions = [module for name, module in denoiser.named_modules() if name.split(".")[-2:-1] == ["attentions"]]
    assert len(attentions) == 6 + 1 + 9 and {attention.heads for attention in attentions} == {8}


def test_it_starts_by_predicting_no_noise():
    torch.manual_seed(0)
    noise = Denoiser(TINY)(torch.randn(1, 6, 8, 8), torch.tensor(3), torch.randn(1, 7, 8, 8))
    assert torch.equal(noise, torch.zeros_like(noise))


def test_latent_time_and_condition_decide(lived_in):
    latent, condition = torch.randn(2, 6, 8, 8), torch.randn(2, 7, 8, 8)
    result = lived_in(latent, torch.tensor([3, 700]), condition)
    assert torch.allclose(result[:1], lived_in(latent[:1], torch.tensor(3), condition[:1]), atol=1e-4)
    assert not torch.allclose(result[1:], lived_in(latent[1:], torch.tensor(3), condition[1:]), atol=1e-2)
    for channel in range(7):
        other = condition.clone()
        other[:, channel] += 1
        assert not torch.allclose(result, lived_in(latent, torch.tensor([3, 700]), other), atol=1e-3), channel


def test_every_weight_takes_part(lived_in):
    lived_in(torch.randn(2, 6, 8, 8), torch.tensor([3, 700]), torch.randn(2, 7, 8, 8)).square().sum().backward()
    assert [name for name, parameter in lived_in.named_parameters() if parameter.grad.abs().max() == 0] == []
