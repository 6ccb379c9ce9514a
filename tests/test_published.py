"""Small networks with given weights answer as the published modules do.

The numbers below were computed with the modules of the published code (its custom operators done with plain torch),
built at the sizes given here, filled by `tests.published` and in `eval`. So they hold every gain, blur kernel, padding,
normalisation and order of heads. Each row: standard deviation of the output, and its values at the start, a third, a
half and the end.
"""

import pytest
import torch

from bodydouble.dinar.import_checkpoint import convert
from bodydouble.dinar.networks import PRESETS, new_networks
from bodydouble.dinar.renderer import BACKGROUND_UV
from tests.published import SMALL, drawn, listed_names, small_checkpoint, weight
from workshop.training.discriminator import Discriminator, DiscriminatorConfig

PUBLISHED = {
    "encoder": (0.451682, [0.264449, -1.064267, 0.212380, -0.122616]),
    "generator": (1.731405, [-0.242411, 3.431218, -0.440153, -1.451567]),
    "latent": (1.062973, [1.180889, -0.614720, 2.370610, -0.817164]),
    "decoded": (0.592423, [0.190614, -0.637330, -0.045800, 0.035291]),
    "filled": (0.196341, [-0.096204, 0.039669, -0.087212, -0.009073]),
    "sampled": (0.488300, [-0.107792, -0.103613, -0.107327, 0.089794]),
    "rgb": (0.115738, [0.255087, 0.162994, 0.262965, 0.143327]),
    "mask": (0.222903, [0.477689, 1.000000, 0.476441, 0.430549]),
    "denoiser": (0.684798, [0.099273, -0.267867, -0.274578, -0.146464]),
    "discriminator": (0.141028, [0.010014, 0.010014, 0.209458, 0.209458]),
}


def as_published(name, output):
    values = output.detach().flatten().double()
    spread, probes = PUBLISHED[name]
    places = [0, len(values) // 3, len(values) // 2, len(values) - 1]
    assert values.std().item() == pytest.approx(spread, rel=1e-4)
    assert values[places].tolist() == pytest.approx(probes, rel=1e-3, abs=1e-4)


@pytest.fixture(scope="module")
def networks(shared):
    """Our networks at small sizes, with the weights that the published modules had."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PRESETS, "paper", SMALL)
        small = new_networks("paper")
        tensors, _ = convert(small_checkpoint(listed_names(shared), small.state_dict()), "small")
    for name, module in small.modules().items():
        module.load_state_dict({key: tensors[f"{name}.{key}"] for key in module.state_dict()})
        module.eval().requires_grad_(False)
    return small.modules()


def test_encoder(networks):
    inputs = drawn("rgb", (2, 3, 16, 16)), drawn("mask", (2, 1, 16, 16)), drawn("noise", (2, 1, 16, 16))
    as_published("encoder", networks["encoder"](*inputs))


def test_generator(networks):
    as_published("generator", networks["generator"](drawn("vector", (2, 8))))


@pytest.fixture
def texture():
    """In our order: 19 channels, B_smp, B_fill."""
    filled = (drawn("filled", (2, 1, 16, 16)) > -0.5).float()
    sampled = filled * (drawn("sampled", (2, 1, 16, 16)) > 0)
    return torch.cat([drawn("features", (2, 19, 16, 16)), sampled, filled], dim=1)


def test_vqgan(networks, texture):
    as_published("latent", networks["vqgan"].encode(texture))
    decoded = networks["vqgan"].decode(drawn("latent", (2, 6, 4, 4)))
    as_published("decoded", decoded[:, :19])
    as_published("sampled", decoded[:, 19])
    as_published("filled", decoded[:, 20])


def test_renderer(networks, texture):
    mask = torch.zeros(2, 1, 16, 24)
    mask[..., 4:12, 3:20] = 1
    uv = torch.where(mask > 0, drawn("uv", (2, 2, 16, 24)).tanh(), torch.full((), BACKGROUND_UV))
    picture = networks["renderer"](texture, uv, mask)
    as_published("rgb", picture.over(torch.zeros(())))
    as_published("mask", picture.mask)


def test_denoiser(networks):
    inputs = drawn("latent", (2, 6, 16, 16)), torch.tensor([17, 903]), drawn("condition", (2, 7, 16, 16))
    as_published("denoiser", networks["denoiser"](*inputs))


def test_discriminator():
    discriminator = Discriminator(DiscriminatorConfig(resolution=16, channel_max=128, channel_base=2048))
    place = "first_stage.generator.d."  # any; the weights are drawn as the generator's
    names = {
        key: key.replace("trunk.first", "convs.0").replace("last.", "final_conv.").replace("head.", "final_linear.")
        for key in discriminator.state_dict()
    }
    for key, value in discriminator.state_dict().items():
        if not key.endswith("kernel"):
            published = names[key]
            if published.startswith("trunk.blocks."):
                number, rest = published.removeprefix("trunk.blocks.").split(".", 1)
                published = f"convs.{int(number) + 1}.{rest}"
            value.copy_(weight(place + published, tuple(value.shape)))
    as_published("discriminator", discriminator(drawn("rgb", (2, 3, 16, 16))).score)
