"""A file of networks comes back as it was written, and anything else is refused in one sentence."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from bodydouble.dinar.channels import with_features
from bodydouble.dinar.networks import PRESETS, load_networks, new_networks, save_networks
from bodydouble.errors import InputError
from bodydouble.inpaint.exemplar.network import load_attention
from bodydouble.weights import find_weights


@pytest.fixture(scope="module")
def networks():
    torch.manual_seed(0)
    return new_networks("tiny")


@pytest.fixture
def file(networks, tmp_path):
    path = tmp_path / "tiny.safetensors"
    save_networks(networks, path, half=False)
    return path


def rewritten(path, change, header=None):
    """The file with its tensors changed in place, and perhaps another header."""
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path, header or {"bodydouble": json.dumps({"format": 1, "preset": "tiny", "source": {}})})
    return path


def test_round_trip(networks, file):
    loaded = load_networks(file)
    written = networks.state_dict()
    assert loaded.preset == "tiny" and loaded.state_dict().keys() == written.keys()
    assert all(torch.equal(value, written[name]) for name, value in loaded.state_dict().items())
    assert len(loaded.source["sha256"]) == 64 and loaded.source["file"] == "tiny.safetensors"


def test_half_precision_on_disk_is_float32_in_memory(networks, tmp_path):
    path = tmp_path / "half.safetensors"
    save_networks(networks, path)
    loaded = load_networks(path).state_dict()
    for name, value in networks.state_dict().items():
        assert loaded[name].dtype == value.dtype
        assert torch.allclose(loaded[name].float(), value.float(), rtol=1e-3, atol=1e-6), name
        assert value.dim() > 1 or torch.equal(loaded[name], value), "what is short loses nothing"


def test_loaded_networks_are_for_use_and_call_as_promised(file):
    loaded = load_networks(file)
    modules = loaded.modules()
    assert list(modules) == ["encoder", "generator", "vqgan", "renderer", "denoiser", "attention"]
    assert not any(parameter.requires_grad for module in modules.values() for parameter in module.parameters())
    assert not any(module.training for module in modules.values())
    image, mask = torch.rand(1, 3, 64, 64), torch.ones(1, 1, 64, 64)
    generated = loaded.generator(loaded.encoder(image, mask, torch.randn(1, 1, 64, 64)))
    texture = torch.cat([generated, torch.rand(1, 5, 32, 32)], dim=1)
    latent = loaded.vqgan.encode(texture)
    condition = torch.cat([latent, torch.ones(1, 1, 8, 8)], dim=1)
    noise = loaded.denoiser(latent, torch.tensor(5), condition)
    uv = torch.rand(1, 2, 64, 64) * 2 - 1
    restored = with_features(loaded.vqgan.decode(latent - noise), texture)
    picture = loaded.renderer(restored, uv, mask, image)
    assert picture.rgb.shape == (1, 3, 64, 64) and picture.mask.shape == (1, 1, 64, 64)


def test_lite_is_small_enough_to_ship():
    networks = new_networks("lite", "meta")
    millions = {
        name: sum(parameter.numel() for parameter in module.parameters()) / 1e6
        for name, module in networks.modules().items()
    }
    assert 2.5 < millions["renderer"] < 3.5 and 6 <= millions["denoiser"] <= 8, millions
    size = sum(value.numel() * (2 if value.dim() > 1 else 4) for value in networks.state_dict().values())
    assert size < 30e6


@pytest.mark.parametrize("preset", ["paper", "lite", "tiny"])
def test_the_networks_of_a_preset_fit_each_other(preset):
    config, networks = PRESETS[preset], new_networks(preset, "meta")
    side = config.encoder.resolution
    empty = [torch.empty(1, channels, side, side, device="meta") for channels in (3, 1, 1)]
    generated = networks.generator(networks.encoder(*empty))
    texture = torch.cat([generated, torch.empty(1, 5, *generated.shape[2:], device="meta")], dim=1)
    latent = networks.vqgan.encode(texture)
    mask = torch.empty(1, 1, *latent.shape[2:], device="meta")
    time = torch.zeros((), dtype=torch.int64, device="meta")
    assert networks.denoiser(latent, time, torch.cat([latent, mask], dim=1)).shape == latent.shape
    assert networks.vqgan.decode(latent).shape == texture[:, -config.vqgan.channels :].shape
    uv, uv_mask = torch.empty(1, 2, 64, 64, device="meta"), torch.empty(1, 1, 64, 64, device="meta")
    detail = torch.empty(1, 3, 64, 64, device="meta") if config.renderer.detail else None
    assert networks.renderer(texture, uv, uv_mask, detail).rgb.shape == (1, 3, 64, 64)


def test_other_files_are_refused(file, tmp_path):
    with pytest.raises(InputError, match="no such file"):
        load_networks(tmp_path / "missing.safetensors")
    empty = tmp_path / "empty.safetensors"
    empty.write_bytes(b"")
    with pytest.raises(InputError, match="damaged"):
        load_networks(empty)
    (tmp_path / "networks.pt").write_bytes(b"")
    with pytest.raises(InputError, match="import-dinar"):
        load_networks(tmp_path / "networks.pt")
    with pytest.raises(InputError, match="no networks"):
        load_networks(rewritten(file, lambda tensors: None, {"bodydouble": "{}"}))


@pytest.mark.parametrize(
    ("preset", "words"), [("huge", "unknown preset"), ("lite", "does not fit preset lite"), ("exemplar", "not DINAR's")]
)
def test_the_preset_is_checked(file, preset, words):
    header = {"bodydouble": json.dumps({"format": 1, "preset": preset})}
    with pytest.raises(InputError, match=words):
        load_networks(rewritten(file, lambda tensors: None, header))


def without(*names):
    """Takes these networks out of a file."""

    def change(tensors):
        for name in [name for name in tensors if name.split(".")[0] in names]:
            del tensors[name]

    return change


def test_what_completes_may_be_left_out(file):
    """With it goes the attention, in whose place the one that ships is taken; the tiny one's has no stand-in."""
    rewritten(file, without("vqgan", "denoiser"))
    loaded = load_networks(file)
    assert not loaded.diffuses and list(loaded.modules()) == ["encoder", "generator", "renderer", "attention"]
    with pytest.raises(InputError, match="lacks its attention; write it again"):
        load_networks(rewritten(file, without("attention")))


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("attention",), "lacks its attention"),
        (("vqgan",), "lacks vqgan"),
        (("vqgan", "attention"), "lacks vqgan"),
        (("renderer",), "lacks renderer"),
    ],
)
def test_half_of_what_completes_is_not_enough(file, names, words):
    with pytest.raises(InputError, match=words):
        load_networks(rewritten(file, without(*names)))


def test_the_shipped_lite_takes_the_shipped_attention():
    lite, exemplar = load_networks("lite"), load_attention()
    assert not lite.diffuses and "attention" not in {
        name.split(".")[0] for name in load_file(find_weights("lite").path)
    }
    assert all(
        torch.equal(value, exemplar.network.state_dict()[name]) for name, value in lite.attention.state_dict().items()
    )


def test_a_bad_name_is_refused(networks, tmp_path):
    with pytest.raises(InputError, match="ends in .safetensors"):
        save_networks(networks, tmp_path / "networks.pt")
