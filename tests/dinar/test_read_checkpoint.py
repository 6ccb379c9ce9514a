"""Checkpoints as they are met: with a training's state around the tensors, of old and new formats, and damaged ones."""

import argparse
import io
import random
import tarfile
import zipfile

import numpy as np
import pytest
import torch
from torch import nn

from bodydouble.dinar.read_checkpoint import printable, read_state_dict
from bodydouble.errors import InputError
from tests.dinar.test_inert_pickle import Trap


class Callback:
    """Stands for a class that only exists where the checkpoint was written."""


def tensors():
    torch.manual_seed(0)
    joint = torch.randn(6, 5)
    return {
        "first_stage.a": torch.randn(3, 4, 2, 2),
        "first_stage.part": joint[2:4, 1:],  # a view into a larger storage
        "first_stage.turned": joint.T,
        "first_stage.wide": torch.ones(1).expand(7, 3),
        "model.parameter": nn.Parameter(torch.randn(5)),
        "model.half": torch.randn(3).half(),
        "model.brain": torch.randn(3).bfloat16(),
        "model.count": torch.tensor(7),
        "model.complex": torch.ones(2, dtype=torch.complex64),
        "model.nothing": torch.empty(0),
        "model.last": torch.randn(2**16),
    }


def lightning(state):
    """What PyTorch Lightning keeps beside the state_dict."""
    optimiser = {
        "state": {0: {"step": np.float64(3), "exp_avg": torch.ones(2)}},
        "param_groups": [{"lr": np.float32(1)}],
    }
    return {
        "epoch": 24,
        "pytorch-lightning_version": "1.5.8",
        "state_dict": state,
        "callbacks": {Callback: {"best": np.float64(0.5), "paths": {"a", "b"}}},
        "optimizer_states": [optimiser],
        "lr_schedulers": [{"base_lrs": [np.float64(1e-6)], "lr_lambdas": [None, {}]}],
        "hyper_parameters": argparse.Namespace(steps=np.arange(3), trap=Callback),
    }


def saved(path, content, zipped=True):
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    return path


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("around", [dict, lightning])
def test_tensors_are_those_that_were_saved(tmp_path, zipped, around):
    state = nn.ParameterDict({"a": torch.randn(2)}).state_dict() | tensors()
    path = saved(tmp_path / "a.ckpt", around(state), zipped)
    read = read_state_dict(path)
    assert list(read) == list(state)
    for name, value in state.items():
        assert read[name].dtype == value.dtype, name
        assert value.numel() == 0 or torch.equal(read[name], value), name
        assert not read[name].requires_grad


@pytest.mark.parametrize("zipped", [True, False])
def test_numbers_are_read_when_they_are_looked_at(tmp_path, zipped):
    """Tensors are views of the file: what is changed in it before they are looked at is seen."""
    path = saved(tmp_path / "a.ckpt", {"state_dict": {"first_stage.a": torch.full((2**18,), 3.0)}}, zipped)
    data = path.read_bytes()
    read = read_state_dict(path)["first_stage.a"]
    with path.open("r+b") as file:
        file.seek(data.index(b"\0\0\x40\x40" * 8))
        file.write(b"\0\0\x80\x40" * 4)
    assert 1 <= (read == 4).sum() <= 4


@pytest.mark.parametrize("zipped", [True, False])
def test_the_file_is_not_changed(tmp_path, zipped):
    path = saved(tmp_path / "a.ckpt", tensors(), zipped)
    before = path.read_bytes()
    for value in read_state_dict(path).values():
        value.fill_(1)
    assert path.read_bytes() == before


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("where", ["state_dict", "inside", "beside", "key"])
def test_a_trap_springs_for_torch_and_not_here(tmp_path, zipped, where):
    sprung = tmp_path / "sprung"
    trap = Trap(sprung)
    content = {
        "state_dict": {"state_dict": trap},
        "inside": {"state_dict": {**tensors(), "model.x": trap}},
        "beside": {"state_dict": tensors(), "hyper_parameters": [trap]},
        "key": {"state_dict": tensors(), "callbacks": {"a": (trap, {})}},
    }[where]
    path = saved(tmp_path / "a.ckpt", content, zipped)
    if where in ("beside", "key"):
        assert len(read_state_dict(path)) == len(tensors())
    else:
        with pytest.raises(InputError):
            read_state_dict(path)
    assert not sprung.exists()
    torch.load(path, weights_only=False)
    assert sprung.exists(), "otherwise it is no trap"


@pytest.mark.filterwarnings("ignore::UserWarning")  # of torch, about what it will not write for ever
@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Callback(), r"its model\.x is tests\.dinar\.test_read_checkpoint\.Callback"),
        (np.float64(1), r"its model\.x is numpy\S*scalar"),
        ([torch.ones(1)], r"its model\.x is of type list"),
        (None, r"its model\.x is of type NoneType"),
        (torch.eye(3).to_sparse(), r"its model\.x is a sparse tensor"),
        (lambda: torch.eye(3).to_sparse_csr(), r"its model\.x is a sparse tensor"),
        (torch.ones(2, dtype=torch.uint16), r"its model\.x is a tensor of unusual numbers"),
        (lambda: torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8), r"its model\.x is a quantised tensor"),
        (torch.ones(2, device="meta"), r"its model\.x is a tensor without numbers"),
    ],
)
def test_what_is_no_dense_tensor_is_named(tmp_path, zipped, value, words):
    value = value() if callable(value) else value
    path = saved(tmp_path / "a.ckpt", lightning({**tensors(), "model.x": value}), zipped)
    with pytest.raises(InputError, match=words):
        read_state_dict(path)


def test_names_from_the_file_cannot_steer_a_terminal(tmp_path):
    path = saved(tmp_path / "a.ckpt", {**tensors(), "model.\x1b[31m\nred" + "x" * 1000: 3})
    with pytest.raises(InputError) as caught:
        read_state_dict(path)
    message = str(caught.value)
    assert message.isprintable() and r"model.\x1b[31m\nred" in message and len(message) < 400
    assert printable(3).isprintable()


def text(path):
    path.write_text("<!doctype html><title>Virus scan warning</title>")


def other_zip(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<xml/>")


def tar(path):
    with tarfile.open(path, "w") as archive:
        archive.addfile(tarfile.TarInfo("pickle"))


def packed(path):
    buffer = io.BytesIO()
    torch.save(tensors(), buffer)
    with zipfile.ZipFile(buffer) as archive, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in archive.namelist():
            copy.writestr(name, archive.read(name))


def torch_script(path):
    torch.jit.save(torch.jit.script(nn.Linear(2, 2)), path)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of TorchScript
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "does not exist"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.touch(), "is empty"),
        (text, "is no checkpoint that torch wrote"),
        (lambda path: path.write_bytes(b"\x80\x02]."), "is no checkpoint that torch wrote"),
        (tar, "is a tar archive"),
        (other_zip, "is a zip file but no checkpoint"),
        (packed, "is cut short or damaged"),
        (torch_script, "is a TorchScript program"),
        (lambda path: saved(path, [torch.ones(2)]), "holds no state_dict"),
        (lambda path: saved(path, {"epoch": 3}), "holds no state_dict"),
        (lambda path: saved(path, {"state_dict": torch.ones(2)}), "holds no state_dict"),
    ],
)
def test_other_files_are_refused_in_one_sentence(tmp_path, make, words):
    path = tmp_path / "a.ckpt"
    make(path)
    with pytest.raises(InputError, match=words) as caught:
        read_state_dict(path)
    message = str(caught.value)
    assert message.startswith(str(path)) and message.isprintable()
    assert "weights_only" not in message and "pickle" not in message


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_cut_short_is_said_to_be(tmp_path, zipped):
    whole = saved(tmp_path / "whole.ckpt", lightning(tensors()), zipped).read_bytes()
    path = tmp_path / "a.ckpt"
    for share in (0.001, 0.003, 0.01, 0.02, 0.1, 0.5, 0.9, 0.999):
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(InputError, match="cut short or damaged|no checkpoint that torch wrote"):
            read_state_dict(path)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="cut short or damaged"):
        read_state_dict(path)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of texts with stray backslashes
@pytest.mark.parametrize("zipped", [True, False])
def test_damage_anywhere_in_the_description_is_met_with_a_sentence(tmp_path, zipped):
    state = {f"model.{number}": torch.randn(3, 2) for number in range(4)}
    whole = saved(tmp_path / "whole.ckpt", lightning(state), zipped).read_bytes()
    path, generator = tmp_path / "a.ckpt", random.Random(0)
    met = 0
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(generator.choice([1, 3, 30])):
            data[generator.randrange(len(data))] = generator.randrange(256)
        path.write_bytes(data)
        try:
            for value in read_state_dict(path).values():
                value.sum()
        except InputError:
            met += 1
    assert 50 < met < 400


@pytest.mark.parametrize(
    ("size", "stride", "offset"),
    [
        ((9,), (1,), 0),
        ((4,), (1,), 5),
        ((2, 2), (1, 7), 0),
        ((2,), (1,), -1),
        ((2,), (-1,), 3),
        ((2**40, 2**40), (0, 0), 0),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")  # of torch, about storages
@pytest.mark.parametrize("zipped", [True, False])
def test_a_tensor_that_reaches_beyond_its_numbers_is_refused(tmp_path, size, stride, offset, zipped):
    class Claim:
        def __reduce__(self):
            arguments = (torch.ones(8).storage(), offset, size, stride, False, {})
            return torch._utils._rebuild_tensor_v2, arguments

    path = saved(tmp_path / "a.ckpt", {"state_dict": {"model.x": Claim()}}, zipped)
    with pytest.raises(InputError, match="damaged"):
        read_state_dict(path)
