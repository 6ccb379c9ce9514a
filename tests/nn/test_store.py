"""A file of networks comes back as it was written, and anything else is refused in one sentence."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from bodydouble.errors import InputError
from bodydouble.nn.store import halve, holds_kind, load_modules, read_header, write_tensors
from bodydouble.weights import find_weights


def network() -> nn.Sequential:
    """With a matrix, vectors, and a buffer of whole numbers."""
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))


@pytest.fixture
def written():
    torch.manual_seed(0)
    return network().train()


@pytest.fixture
def file(written, tmp_path):
    path = tmp_path / "a.safetensors"
    write_tensors({f"part.{name}": value for name, value in written.state_dict().items()}, path, "toy", {"steps": "3"})
    return path


def loaded(file, name="part"):
    with torch.device("meta"):
        empty = network()
    load_modules(find_weights(file), "toy", {name: empty}, "cpu")
    return empty


def rewritten(path, change, header=None):
    """The file with its tensors changed in place, and perhaps another header."""
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path, {"bodydouble": json.dumps(header or {"format": 1, "preset": "toy"})})
    return path


def test_what_was_written_comes_back_ready_for_use(written, file):
    again = loaded(file)
    assert all(torch.equal(value, written.state_dict()[name]) for name, value in again.state_dict().items())
    assert not again.training and not any(parameter.requires_grad for parameter in again.parameters())
    vectors = torch.randn(5, 3)
    assert torch.equal(again(vectors), written.eval()(vectors))


def test_the_header_says_what_it_is_and_where_it_is_from(file):
    header, names = read_header(file)
    assert (header.kind, header.source) == ("toy", {"steps": "3"})
    assert names == {f"part.{name}" for name in network().state_dict()}
    assert holds_kind(file, "toy") and not holds_kind(file, "exemplar")
    assert holds_kind("exemplar", "exemplar") and not holds_kind("lite", "exemplar"), "those that ship, too"


def test_a_network_alone_needs_no_name(written, tmp_path):
    path = tmp_path / "alone.safetensors"
    write_tensors(written.state_dict(), path, "toy", {})
    assert torch.equal(loaded(path, "")[0].weight, written[0].weight)


def test_half_precision_on_disk_is_float32_in_memory_and_what_is_short_loses_nothing(written, tmp_path):
    path = tmp_path / "half.safetensors"
    write_tensors(halve(written.state_dict()), path, "toy", {})
    on_disk, again = load_file(path), loaded(path, "")
    assert on_disk["0.weight"].dtype == torch.float16 and again[0].weight.dtype == torch.float32
    assert torch.allclose(again[0].weight, written[0].weight, rtol=1e-3)
    assert not torch.equal(again[0].weight, written[0].weight)
    assert torch.equal(again[0].bias, written[0].bias)
    assert again[1].num_batches_tracked.dtype == torch.int64


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ({"format": 2, "preset": "toy"}, "format 2, this version reads up to 1; update bodydouble"),
        ({"format": "1", "preset": "toy"}, "damaged metadata"),
        ({"format": 1, "preset": 7}, "damaged metadata"),
        ({"format": 1, "preset": "toy", "source": "me"}, "damaged metadata"),
        ({"format": 1}, "no networks of bodydouble"),
        ([1], "no networks of bodydouble"),
    ],
)
def test_headers_are_checked(file, header, words):
    with pytest.raises(InputError, match=words):
        read_header(rewritten(file, lambda tensors: None, header))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda tensors: tensors.pop("part.0.bias"), "does not fit preset toy: it lacks part.0.bias"),
        (lambda tensors: [tensors.pop(name) for name in list(tensors)[:5]], "lacks .* and 2 more"),
        (lambda tensors: tensors.update(other=torch.zeros(1)), "holds unknown other"),
        (lambda tensors: tensors.update({"part.0.weight": torch.zeros(4, 2)}), "F32 4×2, expected 4×3"),
        (lambda tensors: tensors.update({"part.0.weight": torch.zeros(4, 3).bool()}), "is BOOL"),
    ],
)
def test_tensors_are_checked(file, change, words):
    with pytest.raises(InputError, match=words):
        loaded(rewritten(file, change))


@pytest.mark.parametrize("kept", [0, 4, 200, -10])
def test_a_torn_file_is_refused(file, kept):
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(InputError, match="damaged"):
        read_header(file)
    with pytest.raises(InputError, match="damaged"):
        loaded(file)


def test_a_length_that_is_a_lie_takes_no_memory(file):
    file.write_bytes((2**62).to_bytes(8, "little") + file.read_bytes()[8:])
    with pytest.raises(InputError, match="damaged"):
        read_header(file)


def test_what_cannot_be_written_leaves_nothing(written, tmp_path):
    with pytest.raises(InputError, match="ends in .safetensors"):
        write_tensors(written.state_dict(), tmp_path / "a.pt", "toy", {})
    with pytest.raises(InputError, match="does not exist"):
        write_tensors(written.state_dict(), tmp_path / "missing" / "a.safetensors", "toy", {})
    assert list(tmp_path.iterdir()) == []
