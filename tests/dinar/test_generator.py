"""The generator: its size, its noise, and that the vector decides."""

import torch

from bodydouble.dinar.generator import Generator, GeneratorConfig
from bodydouble.dinar.networks import PRESETS

TINY = PRESETS["tiny"].generator


def test_published_size():
    with torch.device("meta"):
        generator = Generator(GeneratorConfig())
        texture = generator(torch.empty(2, 512))
    assert texture.shape == (2, 16, 256, 256)
    assert sum(parameter.numel() for parameter in generator.parameters()) == 8_124_413
    assert [getattr(generator, f"noise_{number}").shape[-1] for number in (0, 1, 2, 11, 12)] == [4, 8, 8, 256, 256]


def test_same_vector_same_texture_unless_the_noise_is_new():
    torch.manual_seed(0)
    generator = Generator(TINY)
    for layer in generator.layers:
        torch.nn.init.ones_(layer.noise_strength)
    vector = torch.randn(2, 16)
    assert torch.equal(generator(vector), generator(vector))
    drawn = [generator.random_noise(2, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)]
    first, again, other = (generator(vector, noise) for noise in drawn)
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert not torch.allclose(first[0], generator(vector[:1].expand(2, -1), drawn[0])[1])


def test_every_weight_and_the_vector_take_part():
    torch.manual_seed(0)
    generator = Generator(TINY)
    vector = torch.randn(1, 16, requires_grad=True)
    generator(vector).square().sum().backward()
    assert all(tensor.grad.abs().max() > 0 for tensor in [vector, *generator.parameters()])
