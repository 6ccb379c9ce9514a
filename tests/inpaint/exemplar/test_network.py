"""The attention's file: what ships, a user's own, and what is none."""

from dataclasses import replace

import pytest
import torch

from bodydouble.dinar.networks import new_networks, save_networks
from bodydouble.errors import InputError
from bodydouble.inpaint.exemplar.attention import AttentionConfig, ContextualAttention
from bodydouble.inpaint.exemplar.network import load_attention, save_attention
from bodydouble.nn.store import read_header
from bodydouble.weights import SHIPPED, find_weights

SMALL = AttentionConfig(side=8, widths=(8, 8), head_channels=8, keys=7, groups=4)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "mine.safetensors"
    save_attention(ContextualAttention(AttentionConfig()), path, {"steps": "0"})
    return path


def test_what_ships_is_trained_and_says_which_file_it_is():
    trained = load_attention()
    assert trained.weights == {"exemplar.safetensors": SHIPPED["exemplar"][1]}
    assert trained.network.config == AttentionConfig()
    assert int(read_header(find_weights("exemplar").path)[0].source["steps"]) > 0
    assert not any(parameter.requires_grad for parameter in trained.network.parameters())
    assert all(value.isfinite().all() for value in trained.network.state_dict().values())


def test_a_written_network_comes_back_in_half_precision(file):
    torch.manual_seed(0)
    written, trained = ContextualAttention(AttentionConfig()), load_attention(file)
    assert trained.weights == {"mine.safetensors": find_weights(file).sha256}
    for name, value in trained.network.state_dict().items():
        assert torch.equal(value, written.state_dict()[name].half().float() if value.dim() > 1 else value), name


def test_networks_of_another_kind_are_sent_where_they_belong(tmp_path):
    save_networks(new_networks("tiny"), tmp_path / "tiny.safetensors")
    with pytest.raises(InputError, match="preset tiny; they are for --inpainter dinar"):
        load_attention(tmp_path / "tiny.safetensors")
    with pytest.raises(InputError, match="preset lite; they are for --inpainter dinar"):
        load_attention("lite")


def test_what_is_damaged_or_missing_is_refused(file, tmp_path):
    torn = tmp_path / "torn.safetensors"
    torn.write_bytes(file.read_bytes()[:-1000])
    with pytest.raises(InputError, match="damaged"):
        load_attention(torn)
    with pytest.raises(InputError, match="no such file"):
        load_attention(tmp_path / "nowhere.safetensors")


def test_only_the_usual_size_is_written(tmp_path):
    for config in (SMALL, replace(AttentionConfig(), keys=15)):
        with pytest.raises(InputError, match="usual size"):
            save_attention(ContextualAttention(config), tmp_path / "small.safetensors", {})
    assert list(tmp_path.iterdir()) == []
