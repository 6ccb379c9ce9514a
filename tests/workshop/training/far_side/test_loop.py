"""Training: the near side stays, the loss falls, a run goes on where it stopped, and a seed trains one network."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from bodydouble.errors import InputError
from bodydouble.parsing.builtin import read_networks
from bodydouble.parsing.shape import TRAITS
from bodydouble.weights import find_weights
from tests.workshop.training.interrupted import assert_same_weights, train_interrupted
from workshop.training.far_side import loop, shape
from workshop.training.far_side.batches import far_batches
from workshop.training.far_side.export import export_far
from workshop.training.far_side.score import WAYS, score_far

STREET = np.random.default_rng(1).integers(0, 256, (64, 64, 3)).astype(np.uint8)


@pytest.fixture
def config(picture, tmp_path, monkeypatch):
    for module in (loop, shape):
        monkeypatch.setattr(module, "read_far_pictures", lambda _: [picture])
        monkeypatch.setattr(module, "read_backgrounds", lambda *_: [STREET])
    return loop.FarTrainConfig(
        parser="parser",
        photos=tmp_path,
        drawn=(tmp_path,),
        out=tmp_path / "run",
        steps=4,
        size=64,
        late_size=96,
        late_share=0.25,
        batch=2,
    )


def test_interrupted_and_resumed_is_as_never_interrupted(config, monkeypatch):
    loop.train_far(config)
    through, steps = loop.read_far_average(config.out)
    assert steps == 4
    halves = train_interrupted(loop.train_far, loop.FarTraining, config, monkeypatch)
    assert loop.read_far_average(halves.out)[1] == 2
    loop.train_far(halves)
    resumed, _ = loop.read_far_average(halves.out)
    assert_same_weights(through, resumed)


def test_the_loss_falls_and_the_near_side_stays(config, picture, monkeypatch):
    monkeypatch.setattr(loop, "_WARM_STEPS", 1)
    training = loop.FarTraining(replace(config, steps=1000))
    before = {name: value.clone() for name, value in training.near.state_dict().items()}
    batch = next(far_batches([picture], [STREET], [64], 4, 0, 0))
    losses = [sum(training.learn(batch).values()) for _ in range(25)]
    assert losses[-1] < 0.6 * losses[0]
    assert all(torch.equal(value, before[name]) for name, value in training.near.state_dict().items())


def test_what_is_exported_keeps_the_near_side_to_the_bit(config, picture, tmp_path):
    loop.train_far(replace(config, steps=1))
    shape.train_shape(
        shape.ShapeTrainConfig(parser="parser", photos=tmp_path, drawn=(tmp_path,), out=config.out, steps=3)
    )
    path = export_far("parser", config.out, tmp_path / "parser.safetensors")
    assert path.stat().st_size < 10e6
    old, new = load_file(find_weights("parser").path), load_file(path)
    assert all(
        torch.equal(value, new[name]) for name, value in old.items() if name.split(".")[0] not in ("far", "shape")
    )
    networks, (trained, _) = read_networks(path), loop.read_far_average(config.out)
    for name, value in trained.state_dict().items():
        assert torch.allclose(networks.far.state_dict()[name], value, atol=1e-3), name
    scores = score_far([picture], networks)
    assert [each.name for each in scores] == [f"{views}: {way}" for views in ("all", "fronts") for way in WAYS]
    copied = scores[WAYS.index("copied from true near labels")]
    hair = (picture.front_only > 0).sum() / (picture.labels > 0).sum()  # what is a face in front
    assert f"labels {100 * (1 - hair):.0f}" in copied.line()


def test_the_shapes_head_learns_what_features_say(config):
    """Traits that are linear in the features come back, and what is not said is unsure."""
    generator = torch.Generator().manual_seed(0)
    width = shape.ShapeHead().hidden.in_features
    features = torch.randn(600, width, generator=generator) * 3 + 1
    traits = torch.rand(600, len(TRAITS), generator=generator)
    traits[:, 0] = 0.5 + 0.05 * (features[:, :8].mean(1) - 1)
    settings = shape.ShapeTrainConfig(parser="parser", photos=config.photos, drawn=(), out=config.out, steps=400)
    head = shape.calibrate(
        shape.fit_head(features[:500], traits[:500], settings), features[:500], traits[:500], settings
    )
    mean, log_variance = head.predict(features[500:])
    error, deviation = (mean - traits[500:]).square().mean(0).sqrt(), (log_variance / 2).exp().mean(0)
    assert error[0] < 0.8 * traits[500:, 0].std() < 0.1 < error[1]
    assert torch.allclose(deviation, error, rtol=0.3), "it is as sure as it is right"


def test_a_missing_folder_is_refused(config):
    with pytest.raises(InputError, match="does not exist"):
        loop.train_far(replace(config, out=config.out / "a" / "b"))
    with pytest.raises(InputError, match="train first"):
        loop.read_far_average(config.out)
    with pytest.raises(InputError, match="train the shape's head first"):
        shape.read_shape_head(config.out)
