"""Networks of several runs become one run, and weights in use can be trained further."""

from dataclasses import replace

import pytest
import torch

from bodydouble.dinar.networks import load_networks
from bodydouble.errors import InputError
from workshop.training.checkpoint import WEIGHTS, new_state, state_from_weights, write_state, write_weights
from workshop.training.combine import combine_states, main

FIRST, SECOND = ("encoder", "generator", "renderer"), ("vqgan", "denoiser", "attention")


@pytest.fixture(scope="module")
def runs():
    first = replace(new_state("tiny", 0), steps={"appearance": 7}, minutes=2.0, people=5)
    return first, replace(new_state("tiny", 1), steps={"denoiser": 3}, minutes=1.0, people=9)


def test_every_network_comes_from_the_run_that_is_named(runs):
    first, second = runs
    whole = combine_states([(first, FIRST), (second, SECOND)])
    assert whole.raw.keys() == first.raw.keys()
    for name, value in whole.raw.items():
        assert torch.equal(value, (first if name.startswith(FIRST) else second).raw[name]), name
    assert not all(torch.equal(value, first.ema[name]) for name, value in whole.ema.items())
    assert whole.steps == {"appearance": 7, "denoiser": 3} and (whole.minutes, whole.people) == (3.0, 9)


def test_a_network_that_nobody_gives_or_two_give_is_an_error(runs):
    with pytest.raises(InputError, match="every network"):
        combine_states([(runs[0], FIRST), (runs[1], ("vqgan",))])
    with pytest.raises(InputError, match="every network"):
        combine_states([(runs[0], FIRST), (runs[1], ("renderer", *SECOND))])


def test_the_command_writes_a_run(runs, tmp_path, monkeypatch, capsys):
    for name, run in zip("ab", runs, strict=True):
        (tmp_path / name).mkdir()
        write_state(run, tmp_path / name / "networks.safetensors")
    parts = [f"{tmp_path / 'a'}:{','.join(FIRST)}", f"{tmp_path / 'b'}:{','.join(SECOND)}"]
    monkeypatch.setattr("sys.argv", ["combine", "--preset", "tiny", "--out", str(tmp_path / "run"), *parts])
    main()
    loaded = load_networks(tmp_path / "run" / WEIGHTS).state_dict()
    name = "denoiser.conv_in.weight"
    assert torch.allclose(loaded[name], runs[1].ema[name], atol=1e-3)
    monkeypatch.setattr("sys.argv", ["combine", "--preset", "tiny", "--out", str(tmp_path / "run"), parts[0]])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert "every network" in capsys.readouterr().err


def test_weights_in_use_can_be_trained_further(runs, tmp_path):
    write_weights(runs[0], tmp_path / WEIGHTS, {})
    again = state_from_weights(tmp_path / WEIGHTS, "tiny")
    assert again.steps == runs[0].steps and again.minutes == runs[0].minutes
    assert all(torch.allclose(value, runs[0].ema[name], rtol=1e-3, atol=1e-3) for name, value in again.raw.items())
    with pytest.raises(InputError, match="preset"):
        state_from_weights(tmp_path / WEIGHTS, "lite")
