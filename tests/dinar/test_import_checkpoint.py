"""The published checkpoint: every tensor finds its place, once, in the order that is used here."""

import pytest
import torch
from diffusers.models.attention_processor import Attention
from torch.nn import functional

from bodydouble.cli import main
from bodydouble.dinar import import_checkpoint as module
from bodydouble.dinar.import_checkpoint import convert, import_dinar
from bodydouble.dinar.networks import new_networks
from bodydouble.errors import InputError

DTYPES = {"float32": torch.float32, "int64": torch.int64}


@pytest.fixture(scope="module")
def listed(shared):
    """Every listed tensor: constant, each with another number, in hardly any memory."""
    tensors = {}
    for number, line in enumerate((shared / "papers" / "dinar-checkpoint-keys.tsv").read_text().splitlines()[1:]):
        name, shape, dtype = line.split("\t")
        sides = [] if shape == "scalar" else [int(side) for side in shape.split("x")]
        tensors[name] = torch.tensor(number, dtype=DTYPES[dtype]).expand(sides)
    return tensors


def test_every_listed_tensor_is_consumed_and_none_is_missing(listed):
    tensors, notes = convert(listed, "listed")
    expected = {name: value.shape for name, value in new_networks("paper", "meta").state_dict().items()}
    assert {name: value.shape for name, value in tensors.items()} == expected
    assert not any("not known" in note for note in notes)
    # Where the mask channels are reordered a tensor is no longer constant, and its other channels tell its number.
    numbers = {int(value.flatten()[0]) for name, value in tensors.items() if "decoder.mask_head.2" not in name}
    heads = {number for number, name in enumerate(listed) if "segm_proc.2" in name}
    assert numbers | heads == set(range(len(listed)))


def test_older_names_and_what_stands_beside(listed):
    older = {name.replace("compress_branch", "vq_branch"): value for name, value in listed.items()}
    extra = {
        "first_stage.discriminator.convs.0.0.weight": torch.ones(3),
        "betas": torch.ones(1000),
        "logvar": torch.ones(9),
    }
    tensors, notes = convert({**older, **extra, "negative_log_likelihood": torch.ones(2)}, "older")
    reference, _ = convert(listed, "listed")
    assert all(torch.equal(value, reference[name]) for name, value in tensors.items() if value.dim() < 2)
    assert any("negative_log_likelihood" in note and note.startswith("1 ") for note in notes)
    assert any("noise schedule" in note for note in notes)


def test_the_moving_average_is_what_is_taken(listed):
    averages = {
        "model_ema." + name.removeprefix("model.").replace(".", ""): torch.full_like(value, -3.0)
        for name, value in listed.items()
        if name.startswith("model.")
    }
    tensors, notes = convert({**listed, **averages, "model_ema.decay": torch.ones(())}, "averaged")
    of_denoiser = [value for name, value in tensors.items() if name.startswith("denoiser.")]
    assert of_denoiser and all((value == -3).all() for value in of_denoiser)
    assert notes == ()


def test_what_is_missing_or_misshapen_is_told(listed):
    lacking = {name: value for name, value in listed.items() if name != "model.out.2.bias"}
    with pytest.raises(InputError, match="1 tensors are missing, the first for denoiser.conv_out.bias"):
        convert(lacking, "lacking")
    with pytest.raises(InputError, match="model.out.2.bias is"):
        convert({**listed, "model.out.2.bias": torch.ones(7)}, "misshapen")


def test_heads_of_attention_are_split_as_published():
    """Rows of the published matrix: head, then query, key, value, then channels (QKV attention of guided diffusion)."""
    torch.manual_seed(0)
    channels, heads, pixels = 32, 8, 5
    weight, bias = torch.randn(3 * channels, channels, 1), torch.randn(3 * channels)
    image = torch.randn(1, channels, pixels)
    joint = functional.conv1d(image, weight, bias)
    query, key, value = joint.view(heads, 3, channels // heads, pixels).unbind(1)
    weights = torch.softmax(torch.einsum("hct,hcs->hts", query, key) / (channels // heads) ** 0.5, dim=-1)
    expected = torch.einsum("hts,hcs->hct", weights, value).reshape(1, channels, pixels)

    attention = Attention(channels, heads=heads, dim_head=channels // heads, bias=True)
    place = "model.input_blocks.4.1.qkv."
    renamed = {**module._renamed(f"{place}weight", weight), **module._renamed(f"{place}bias", bias)}
    state = {name.removeprefix("denoiser.down.1.attentions.0."): tensor.squeeze(-1) for name, tensor in renamed.items()}
    attention.load_state_dict({**state, "to_out.0.weight": torch.eye(channels), "to_out.0.bias": torch.zeros(channels)})
    assert torch.allclose(attention(image.transpose(1, 2)).transpose(1, 2), expected, atol=1e-5)


def test_masks_in_our_order_give_what_masks_in_theirs_give():
    torch.manual_seed(0)
    names = ("renderer.texture_layers.0.weight", "vqgan.encoder.conv_in.weight")
    theirs = {name: torch.randn(4, 21, 3, 3) for name in names}
    theirs["vqgan.decoder.mask_head.2.weight"], theirs["vqgan.decoder.mask_head.2.bias"] = (
        torch.randn(2, 2, 3, 3),
        torch.randn(2),
    )
    ours = dict(theirs)
    module._reorder_masks(ours)
    features, filled = torch.randn(1, 19, 6, 6), (torch.rand(1, 1, 6, 6) > 0.3).float()
    sampled = filled * (torch.rand(1, 1, 6, 6) > 0.5)
    for name in names:
        expected = functional.conv2d(torch.cat([features, filled, filled - sampled], 1), theirs[name], padding=1)
        result = functional.conv2d(torch.cat([features, sampled, filled], 1), ours[name], padding=1)
        assert torch.allclose(result, expected, atol=1e-4), name
    inside = torch.randn(1, 2, 6, 6)
    head = "vqgan.decoder.mask_head.2."
    published = functional.conv2d(inside, theirs[f"{head}weight"], theirs[f"{head}bias"], padding=1)
    decoded = functional.conv2d(inside, ours[f"{head}weight"], ours[f"{head}bias"], padding=1)
    assert torch.allclose(decoded[:, 1], published[:, 0], atol=1e-5), "B_fill"
    assert torch.allclose(decoded[:, 1] - decoded[:, 0], published[:, 1], atol=1e-5), "filled only"


def test_from_file_to_file(listed, tmp_path, monkeypatch):
    checkpoint = tmp_path / "dinar.ckpt"
    torch.save({"state_dict": listed, "epoch": 24, "optimizer_states": [{"lr": 1e-6}]}, checkpoint)
    written = {}
    monkeypatch.setattr(module, "write_tensors", lambda *arguments: written.update(enumerate(arguments)))
    imported = import_dinar(checkpoint, tmp_path / "dinar.safetensors")
    assert imported.tensors == len(listed)
    tensors, path, preset, source = (written[number] for number in range(4))
    assert preset == "paper" and path.name == "dinar.safetensors" and len(source["imported_sha256"]) == 64
    assert tensors.keys() == new_networks("paper", "meta").state_dict().keys()


class Trap:
    """Unpickling this would write a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize("content", ["nothing", "text", "list", "other", "trap"])
def test_a_wrong_file_is_told_in_one_sentence_and_nothing_in_it_runs(content, tmp_path, capsys):
    checkpoint, sprung = tmp_path / "wrong.ckpt", tmp_path / "sprung"
    if content == "text":
        checkpoint.write_text("not a checkpoint")
    elif content != "nothing":
        values = {"list": [1, 2], "other": {"state_dict": {"a": torch.ones(2)}}, "trap": {"state_dict": Trap(sprung)}}
        torch.save(values[content], checkpoint)
    assert main(["import-dinar", str(checkpoint), "-o", str(tmp_path / "out.safetensors")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("bodydouble: ") and error.count("\n") == 1 and "wrong.ckpt" in error
    assert not sprung.exists() and not (tmp_path / "out.safetensors").exists()
