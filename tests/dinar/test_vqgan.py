"""The VQGAN: its size, the nearest code, the straight gradient, and heads that touch their own channels only."""

from dataclasses import replace

import torch

from bodydouble.dinar.networks import PRESETS
from bodydouble.dinar.vqgan import VQGAN, VqganConfig

TINY = PRESETS["tiny"].vqgan
WHOLE = replace(TINY, channels=21, end_norms=True)  # as published, small


def test_published_size():
    with torch.device("meta"):
        vqgan = VQGAN(VqganConfig())
        latent = vqgan.encode(torch.empty(1, 21, 256, 256))
        texture = vqgan.decode(latent)
    assert latent.shape == (1, 6, 64, 64) and texture.shape == (1, 21, 256, 256)
    assert sum(parameter.numel() for parameter in vqgan.parameters()) == 13_929_523


def test_the_nearest_code_is_taken():
    torch.manual_seed(0)
    vqgan = VQGAN(TINY)
    torch.nn.init.normal_(vqgan.codebook.weight)
    latent = torch.randn(2, 6, 5, 3)
    quantised = vqgan.quantise(latent)
    for pixel, code in zip(latent.movedim(1, -1).reshape(-1, 6), quantised.codes.flatten(), strict=True):
        assert code == (vqgan.codebook.weight - pixel).square().sum(1).argmin()
    assert torch.allclose(quantised.latent, vqgan.codebook(quantised.codes).movedim(-1, 1), atol=1e-6)
    assert torch.allclose(vqgan.quantise(quantised.latent).loss, torch.zeros(1), atol=1e-10)


def test_the_gradient_passes_straight_and_the_codebook_follows():
    torch.manual_seed(0)
    vqgan = VQGAN(TINY)
    latent = torch.randn(1, 6, 4, 4, requires_grad=True)
    quantised = vqgan.quantise(latent)
    quantised.latent.sum().backward(retain_graph=True)
    assert torch.equal(latent.grad, torch.ones_like(latent)) and vqgan.codebook.weight.grad is None
    quantised.loss.backward()
    nearest = vqgan.codebook(quantised.codes).movedim(-1, 1)
    assert torch.allclose(latent.grad - 1, 0.25 * 2 * (latent - nearest) / latent.numel(), atol=1e-6)
    assert vqgan.codebook.weight.grad.abs().max() > 0


def test_every_weight_takes_part():
    torch.manual_seed(0)
    vqgan = VQGAN(WHOLE)
    texture = torch.rand(1, 21, 32, 32, requires_grad=True)
    quantised = vqgan.quantise(vqgan.encode(texture))
    (vqgan.decode_quantised(quantised.latent).square().sum() + quantised.loss).backward()
    without = [name for name, parameter in vqgan.named_parameters() if parameter.grad.abs().max() == 0]
    assert without == [] and texture.grad.abs().max() > 0


def test_heads_change_colours_and_masks_and_nothing_else():
    torch.manual_seed(0)
    vqgan = VQGAN(WHOLE).eval()
    latent = torch.randn(1, 6, 8, 8)
    before = vqgan.decode(latent)
    with torch.no_grad():
        vqgan.decoder.rgb_head[2].bias.add_(1)
        vqgan.decoder.mask_head[2].bias.add_(torch.tensor([2.0, 3.0]))
    change = (vqgan.decode(latent) - before)[0, :, 0, 0]
    assert torch.allclose(change, torch.tensor([0.0] * 16 + [1.0] * 3 + [2.0, 3.0]), atol=1e-5)


def test_without_norms_at_its_ends_it_begins_with_means():
    texture = torch.rand(2, 21, 32, 32)
    vqgan = VQGAN(TINY)
    latent = vqgan.encode(texture)
    assert torch.allclose(latent[:, :5], torch.nn.functional.avg_pool2d(texture[:, 16:], 4), atol=1e-6)
    restored = vqgan.decode_quantised(latent)
    assert torch.allclose(restored, latent[:, :5].repeat_interleave(4, -1).repeat_interleave(4, -2), atol=1e-6)


def test_the_last_channels_are_compressed():
    vqgan, texture = VQGAN(TINY), torch.rand(1, 21, 32, 32)
    assert torch.equal(vqgan.encode(texture), vqgan.encode(texture[:, 16:]))
