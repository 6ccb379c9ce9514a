"""The encoder: its size, that it uses all it is given, and its door for photos."""

import torch

from bodydouble.dinar.encoder import Encoder, EncoderConfig, encode_photo
from bodydouble.dinar.networks import PRESETS

TINY = PRESETS["tiny"].encoder


def test_published_size():
    with torch.device("meta"):
        encoder = Encoder(EncoderConfig())
        vector = encoder(torch.empty(2, 3, 512, 512), torch.empty(2, 1, 512, 512), torch.empty(2, 1, 512, 512))
    assert vector.shape == (2, 512)
    assert sum(parameter.numel() for parameter in encoder.parameters()) == 7_377_760


def test_every_weight_and_every_input_takes_part():
    torch.manual_seed(0)
    encoder = Encoder(TINY)
    inputs = [torch.randn(2, channels, 64, 64, requires_grad=True) for channels in (3, 1, 1)]
    encoder(*inputs).square().sum().backward()
    assert all(tensor.grad.abs().max() > 0 for tensor in [*inputs, *encoder.parameters()])


def test_a_photo_from_0_to_1_and_noise_from_a_seed():
    torch.manual_seed(0)
    encoder = Encoder(TINY)
    rgb, mask = torch.rand(1, 3, 64, 64), torch.ones(1, 1, 64, 64)
    noise = torch.randn(1, 1, 64, 64, generator=torch.Generator().manual_seed(4))
    assert torch.equal(encode_photo(encoder, rgb, mask, seed=4), encoder(rgb * 2 - 1, mask, noise))
    assert not torch.equal(encode_photo(encoder, rgb, mask, seed=4), encode_photo(encoder, rgb, mask, seed=5))
