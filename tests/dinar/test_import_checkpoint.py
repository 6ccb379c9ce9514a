"""The published checkpoint: every tensor finds its place, once, in the order that is used here."""

import os

import pytest
import torch
from diffusers.models.attention_processor import Attention
from torch.nn import functional

from bodydouble.cli import main
from bodydouble.dinar import import_checkpoint as module
from bodydouble.dinar.import_checkpoint import convert
from bodydouble.dinar.networks import PRESETS, load_networks, new_networks
from bodydouble.dinar.published_names import library_names
from bodydouble.errors import InputError
from tests.dinar.test_inert_pickle import Trap
from tests.dinar.test_read_checkpoint import lightning
from tests.published import SMALL, listed_names, small_checkpoint

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


@pytest.fixture(scope="module")
def averages(listed):
    """A moving average of the denoiser, -3 everywhere."""
    return {
        "model_ema." + name.removeprefix("model.").replace(".", ""): torch.tensor(-3.0).expand(value.shape)
        for name, value in listed.items()
        if name.startswith("model.")
    }


def test_the_moving_average_is_what_is_taken(listed, averages):
    tensors, notes = convert({**listed, **averages, "model_ema.decay": torch.ones(())}, "averaged")
    of_denoiser = [value for name, value in tensors.items() if name.startswith("denoiser.")]
    assert of_denoiser and all((value == -3).all() for value in of_denoiser)
    assert notes == ()


def test_a_moving_average_that_lacks_something_is_not_mixed_with_what_it_averages(listed, averages):
    lacking = {name: value for name, value in averages.items() if name != "model_ema.out2bias"}
    with pytest.raises(InputError, match="moving average lacks 1 tensors, the first is model_ema.out2bias"):
        convert({**listed, **lacking}, "lacking")
    with pytest.raises(InputError, match="model_ema.out2bias is 7, expected 6"):
        convert({**listed, **averages, "model_ema.out2bias": torch.ones(7)}, "misshapen")


def test_what_is_missing_or_misshapen_is_told(listed):
    lacking = {name: value for name, value in listed.items() if name != "model.out.2.bias"}
    with pytest.raises(InputError, match="1 tensors are missing, the first for denoiser.conv_out.bias"):
        convert(lacking, "lacking")
    with pytest.raises(InputError, match="model.out.2.bias is"):
        convert({**listed, "model.out.2.bias": torch.ones(7)}, "misshapen")


QKV = "model.input_blocks.4.1.qkv.weight"  # 1536×512×1
NAN = torch.tensor([1.0, float("nan"), 3, 4, 5, 6])


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({QKV: torch.ones(1535, 512, 1)}, rf"{QKV} is 1535×512×1, expected 1536×512"),
        ({QKV: torch.ones(1536)}, rf"{QKV} is 1536, expected"),
        ({QKV: torch.ones(())}, rf"{QKV} is a single number, expected"),
        ({QKV: torch.tensor(True).expand(1536, 512, 1)}, rf"{QKV} is of type bool, expected float32"),
        ({"model.out.2.bias": NAN}, r"model\.out\.2\.bias holds numbers that are not finite"),
        ({"model.out.2.bias": 1 / torch.zeros(6)}, r"model\.out\.2\.bias holds numbers that are not finite"),
        ({"model.out.2.bias": torch.ones(6).double()}, r"model\.out\.2\.bias is of type float64, expected float32"),
        ({"model.out.2.bias": torch.ones(6).long()}, r"model\.out\.2\.bias is of type int64, expected float32"),
        (
            {"first_stage.renderer.ntex_preproc.1.num_batches_tracked": torch.ones(())},
            r"num_batches_tracked is of type float32, expected int64",
        ),
        ({"first_stage.vq_branch.quantize.embedding.weight": torch.ones(8192, 6)}, "holds the VQGAN twice"),
    ],
)
def test_tensors_that_cannot_be_meant_are_refused(listed, changed, words):
    with pytest.raises(InputError, match=words):
        convert({**listed, **changed}, "changed")


def test_halves_are_taken_as_they_are(listed):
    tensors, _ = convert({**listed, "model.out.2.bias": torch.ones(6).half()}, "halves")
    assert tensors["denoiser.conv_out.bias"].dtype == torch.float16


def test_names_that_are_not_known_cannot_steer_a_terminal(listed):
    endless = "model.input_blocks." + "9" * 5000 + ".0.in_layers.0.weight"
    _, notes = convert({**listed, "a\x1b[31m": torch.ones(1), endless: torch.ones(1)}, "odd")
    assert any(note.startswith("2 tensors") and r"a\x1b[31m" in note for note in notes)
    assert all(note.isprintable() for note in notes)


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
    like = {name: value.to("meta") for name, value in attention.state_dict().items()}
    state = {}
    for kind, joint in (("weight", weight), ("bias", bias)):
        names = [name.rpartition("attentions.0.")[2] for name in library_names(f"model.input_blocks.4.1.qkv.{kind}")]
        state.update(module._fit_tensor(joint, names, like, "joint"))
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


@pytest.fixture
def small(shared, monkeypatch):
    """A small checkpoint, and the networks that it should become, which count as the paper's here."""
    monkeypatch.setitem(PRESETS, "paper", SMALL)
    return small_checkpoint(listed_names(shared), new_networks("paper").state_dict())


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_from_file_to_file(small, tmp_path, mask, capfd):
    checkpoint, output = tmp_path / "dinar.ckpt", tmp_path / "dinar.safetensors"
    torch.save(lightning(small), checkpoint)
    usual = os.umask(mask)
    try:
        assert main(["import-dinar", str(checkpoint), "-o", str(output)]) == 0
    finally:
        os.umask(usual)
    assert "no moving average" in capfd.readouterr().err
    assert output.stat().st_mode & 0o777 == 0o666 & ~mask
    networks = load_networks(output)
    expected, _ = convert(small, "small")
    assert networks.preset == "paper" and networks.source["imported_from"] == "dinar.ckpt"
    assert len(networks.source["imported_sha256"]) == 64
    assert all(torch.equal(value, expected[name]) for name, value in networks.state_dict().items())


KINDS = ("nothing", "folder", "empty", "text", "half", "list", "other", "trap", "object", "sparse")


@pytest.mark.parametrize("content", KINDS)
def test_a_wrong_file_is_told_in_one_sentence_and_nothing_in_it_runs(content, tmp_path, capfd):
    checkpoint, sprung = tmp_path / "wrong.ckpt", tmp_path / "sprung"
    values = {
        "list": [1, 2],
        "other": {"state_dict": {"a": torch.ones(2)}},
        "trap": {"state_dict": Trap(sprung)},
        "object": {"state_dict": {"a": torch.ones(2), "model.out.2.bias": Trap(sprung)}},
        "sparse": {"state_dict": {"model.out.2.bias": torch.ones(6).to_sparse()}},
        "half": {"state_dict": {"a": torch.ones(2000)}},
    }
    if content == "folder":
        checkpoint.mkdir()
    elif content in ("empty", "text"):
        checkpoint.write_text("not a checkpoint" * (content == "text"))
    elif content != "nothing":
        torch.save(values[content], checkpoint)
    if content == "half":
        checkpoint.write_bytes(checkpoint.read_bytes()[:4000])
    assert main(["import-dinar", str(checkpoint), "-o", str(tmp_path / "out.safetensors")]) == 2
    error = capfd.readouterr().err
    assert error.startswith("bodydouble: ") and error.count("\n") == 1 and "wrong.ckpt" in error
    assert not sprung.exists() and not (tmp_path / "out.safetensors").exists()
