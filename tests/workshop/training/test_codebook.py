"""The codebook is filled and kept in use, and a standardised latent space decodes to the same."""

from dataclasses import replace

import torch

from bodydouble.dinar.networks import PRESETS, new_networks
from bodydouble.dinar.vqgan import VQGAN
from workshop.training.codebook import Usage, fill_codebook, fill_with_colours, standardise


def test_codes_come_from_data_once():
    vqgan = new_networks("tiny").vqgan
    latent = 3 + torch.randn(2, 6, 8, 8)
    fill_codebook(vqgan, latent)
    first = vqgan.codebook.weight.clone()
    assert (first.mean() - 3).abs() < 0.5
    fill_codebook(vqgan, latent - 10)
    assert torch.equal(vqgan.codebook.weight, first)


def test_only_unused_codes_are_replaced():
    vqgan = new_networks("tiny").vqgan
    usage = Usage(vqgan)
    usage.count(torch.tensor([[0, 1], [1, 3]]))
    assert usage.share == 3 / 16
    before = vqgan.codebook.weight.clone()
    usage.restart(torch.ones(1, 6, 4, 4))
    changed = (vqgan.codebook.weight != before).any(1)
    assert changed.tolist() == [row not in (0, 1, 3) for row in range(16)]
    assert usage.share == 0


@torch.no_grad()
def test_standard_latents_decode_to_the_same_texture():
    torch.manual_seed(0)
    vqgan = new_networks("tiny").vqgan.eval()
    texture = torch.rand(2, 21, 32, 32)
    latent = vqgan.encode(texture)
    fill_codebook(vqgan, latent)
    codes, decoded = vqgan.quantise(latent).codes, vqgan.decode(latent)
    standardise(vqgan, latent)
    new = vqgan.encode(texture)
    assert (new.mean((0, 2, 3))).abs().max() < 1e-3 and (new.std() - 1).abs() < 0.01
    assert (vqgan.quantise(new).codes == codes).float().mean() > 0.99
    assert (vqgan.decode(new) - decoded).abs().mean() < 1e-3 * decoded.abs().mean()


def test_every_colour_has_a_code_close_by():
    vqgan = VQGAN(replace(PRESETS["tiny"].vqgan, codes=1000)).eval()
    fill_with_colours(vqgan)
    texture = torch.ones(1, 21, 32, 32)
    texture[:, 16:19] = torch.rand(3, 8, 8).repeat_interleave(4, 1).repeat_interleave(4, 2)
    restored = vqgan.decode(vqgan.encode(texture))[:, :3]
    assert (restored - texture[:, 16:19]).abs().max() < 0.5 / 9 + 1e-4
    before = vqgan.codebook.weight.clone()
    fill_with_colours(vqgan)
    assert torch.equal(vqgan.codebook.weight, before), "codes that are in use stay"
