"""The loop goes on where it was, stops in time, survives bad gradients, and is one training on two processes."""

import dataclasses
import json
import os
import re
import subprocess
import sys

import pytest
import torch
from safetensors import safe_open

from bodydouble.dinar.networks import load_networks
from bodydouble.errors import InputError
from tests.workshop.elsewhere import environment
from tests.workshop.training import makers
from workshop.training import loop as loop_module
from workshop.training.checkpoint import NETWORKS, new_state, read_state, write_parts
from workshop.training.loop import train
from workshop.training.presets import PRESETS

TINY = PRESETS["tiny"]


def _with_steps(steps: int, **changes):
    stages = {name: dataclasses.replace(stage, steps=steps, **changes) for name, stage in TINY.stages.items()}
    return dataclasses.replace(TINY, stages=stages)


def test_the_same_call_goes_on(pool, loop, accelerator):
    train("appearance", _with_steps(2), pool, loop, accelerator)
    first = read_state(loop.out / NETWORKS, "tiny")
    train("appearance", _with_steps(2), pool, loop, accelerator)  # nothing left to do
    again = read_state(loop.out / NETWORKS, "tiny")
    assert all(torch.equal(first.raw[name], again.raw[name]) for name in first.raw)
    train("appearance", _with_steps(3), pool, loop, accelerator)
    with safe_open(loop.out / "appearance" / "optimiser.safetensors", framework="pt") as file:
        assert file.get_tensor("adam/0/step") == 3  # the moments were not begun anew
        assert json.loads(file.metadata()["training"]) == {"step": 3, "ema_step": 3}
    last = read_state(loop.out / NETWORKS, "tiny")
    assert last.steps == {"appearance": 3} and last.minutes > first.minutes > 0
    moved = {name.split(".")[0] for name in last.raw if not torch.equal(last.raw[name], first.raw[name])}
    assert moved == {"encoder", "generator", "renderer"}
    assert any(not torch.equal(last.raw[name], last.ema[name]) for name in last.raw)


def test_the_run_explains_itself(pool, loop, accelerator):
    train("appearance", _with_steps(2), pool, loop, accelerator)
    about = json.loads((loop.out / "appearance" / "run.json").read_text())
    assert about["data"]["fingerprint"] == "stripes" and about["seed"] == 0 and about["perceptual loss"]
    assert {"python", "torch", "accelerate"} <= about["versions"].keys() and "commit" in about
    rows = (loop.out / "appearance" / "curves.csv").read_text().splitlines()
    assert any(re.match(r"2,\d+,psnr_start,", row) for row in rows)
    names = {path.name for path in loop.out.rglob("*") if path.is_file()}
    assert {"sheet-0000001.png", "sheet-0000002.png", "weights.safetensors"} <= names
    assert not [name for name in names if name.endswith((".pt", ".pth", ".pkl", ".bin"))]
    networks = load_networks(loop.out / "weights.safetensors")
    assert networks.source["steps, appearance"] == "2" and networks.source["perceptual loss"]


def test_a_run_stops_in_time_and_goes_on_without_its_optimiser(pool, loop, accelerator, tmp_path):
    train("appearance", _with_steps(50), pool, loop, accelerator, minutes=0)
    state = read_state(loop.out / NETWORKS, "tiny")
    assert state.steps == {"appearance": 1}
    parts = write_parts(state, tmp_path / "carried", limit=100_000)
    assert len(parts) > 3 and all(part.stat().st_size < 140_000 for part in parts)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    there = dataclasses.replace(loop, out=elsewhere, start=tmp_path / "carried")
    later = train("appearance", _with_steps(50), pool, there, accelerator, minutes=0)
    assert later.steps == {"appearance": 2}
    parts[0].unlink()
    with pytest.raises(InputError, match="part"):
        read_state(tmp_path / "carried", "tiny")


def test_steps_without_finite_gradients_are_left_out(pool, loop, accelerator, monkeypatch):
    monkeypatch.setattr(loop_module, "weight_of", lambda name, weights: float("nan"))
    monkeypatch.setattr(loop_module, "_BAD_STEPS", 3)
    with pytest.raises(RuntimeError, match="no finite gradients for 3 steps"):
        train("appearance", _with_steps(5), pool, loop, accelerator)
    monkeypatch.setattr(loop_module, "_BAD_STEPS", 9)
    before = new_state("tiny", loop.seed)
    after = train("denoiser", _with_steps(2), pool, dataclasses.replace(loop, out=loop.out), accelerator)
    assert all(torch.equal(after.raw[name], before.raw[name]) for name in before.raw if name.startswith("denoiser"))


def test_two_processes_train_one_double(tmp_path):
    port = 29500 + os.getpid() % 400
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2", "--master_port", str(port)]
    command += [makers.__file__, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(OMP_NUM_THREADS="1"))
    assert done.returncode == 0, done.stderr[-2000:]
    told = re.search(r"processes (\d) apart (\S+) people \[(\d+), (\d+)\]", done.stdout)
    assert told and told[1] == "2" and float(told[2]) < 1e-5
    assert int(told[3]) % 2 == 0 and int(told[4]) % 2 == 1  # each makes people of its own
    assert json.loads((tmp_path / "appearance" / "run.json").read_text())["processes"] == 2
