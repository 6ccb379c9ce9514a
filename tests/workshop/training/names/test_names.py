"""The name network's training, on drawn pictures: views, runs that go on, scores, and the file that ships."""

from dataclasses import replace

import pytest
import torch

from bodydouble.errors import InputError
from bodydouble.parsing.builtin import read_parser
from bodydouble.parsing.garment_names import GarmentNetworks
from bodydouble.parsing.garment_network import GarmentHead
from bodydouble.parsing.garments import GARMENTS
from bodydouble.parsing.name_network import read_name_network
from bodydouble.parsing.network import SHUFFLE
from tests.workshop.training.interrupted import assert_same_weights, train_interrupted
from tests.workshop.training.named_photos import write_photos
from workshop.training.garments.names import UNKNOWN
from workshop.training.names import loop, views
from workshop.training.names.batches import learned_numbers, name_batches
from workshop.training.names.export import export_names
from workshop.training.names.score import score_names
from workshop.training.parsing import batches


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """A folder of drawn photographs."""
    return write_photos(tmp_path_factory.mktemp("photos"))


@pytest.fixture
def config(photos, tmp_path, monkeypatch):
    monkeypatch.setattr(views, "HEIGHT", 128)
    monkeypatch.setattr(views, "WIDTH", 64)
    monkeypatch.setattr(batches, "_PAINTED", 2)
    return loop.NameTrainConfig(photos=photos, out=tmp_path / "run", steps=4, batch=2)


def test_photographs_to_measure_with_are_kept_apart(photos, tmp_path):
    (tmp_path / "look.txt").write_text("", encoding="utf-8")
    assert learned_numbers(photos) == ["0001", "0002", "0003"]
    assert learned_numbers(photos, "2") == ["0001", "0003"]
    with pytest.raises(InputError, match="no photographs to learn from"):
        learned_numbers(tmp_path)


def test_views_are_tall_and_the_same_for_the_same_step(config):
    both = [next(name_batches(config.photos, ["0001", "0003"], 2, range(3, 4), 0)) for _ in range(2)]
    assert both[0].images.shape == (2, 3, 128, 64) and both[0].garments.shape == both[0].carried.shape == (2, 64, 32)
    assert torch.equal(both[0].images, both[1].images) and torch.equal(both[0].garments, both[1].garments)
    seen = {int(row) for row in both[0].garments.unique()} - {UNKNOWN}
    assert seen and seen <= {GARMENTS.index("upper"), GARMENTS.index("skirt")}


def test_the_loss_falls_and_what_was_learned_is_scored(config, monkeypatch):
    monkeypatch.setattr(loop, "_WARM_STEPS", 1)
    training = loop.NameTraining(replace(config, steps=1000, dropout=0.0))
    batch = next(name_batches(config.photos, learned_numbers(config.photos), 3, range(1), 0))
    losses = [sum(training.learn(batch).values()) for _ in range(25)]
    assert losses[-1] < 0.6 * losses[0]
    networks = GarmentNetworks(GarmentHead().eval(), training.network.eval())
    scores = score_names(read_parser(), networks, learned_numbers(config.photos), config.photos)
    assert set(scores) == {"head", "names", "both"}
    assert all(each.garments == {"upper": 3, "skirt": 2, "trousers": 1} for each in scores.values())
    assert sum(scores["names"].right.values()) >= 3


def test_training_begins_with_the_parsers_stages_and_leaves_the_parser_as_it_is(config):
    training = loop.NameTraining(config)
    before = [value.clone() for value in training.encoder.parameters()]
    own = training.network.stages[-1][0].project.weight
    assert torch.equal(own, training.encoder.stages[-1][0].project.weight)
    training.learn(next(name_batches(config.photos, ["0001"], 2, range(1), 0)))
    assert not torch.equal(own, training.encoder.stages[-1][0].project.weight)
    assert all(torch.equal(*pair) for pair in zip(before, training.encoder.parameters(), strict=True))


def test_interrupted_and_resumed_is_as_never_interrupted(config, monkeypatch):
    loop.train_names(config)
    through, steps = loop.read_name_average(config.out)
    assert steps == 4
    halves = train_interrupted(loop.train_names, loop.NameTraining, config, monkeypatch)
    assert loop.read_name_average(halves.out)[1] == 2
    loop.train_names(halves)
    assert_same_weights(through, loop.read_name_average(halves.out)[0])


def test_what_is_exported_is_read(config, tmp_path):
    loop.train_names(replace(config, steps=1))
    path = export_names(config.out, tmp_path / "names.safetensors")
    assert path.stat().st_size < 7e6
    network, (trained, _) = read_name_network(path), loop.read_name_average(config.out)
    for name, value in trained.state_dict().items():
        if name != "logits.bias":
            assert torch.allclose(network.state_dict()[name], value, rtol=1e-3, atol=1e-3), name
    less = (trained.logits.bias - network.logits.bias).detach().view(-1, SHUFFLE**2)
    assert float(less[GARMENTS.index("dress")].min()) > 0.2 and float(less[GARMENTS.index("skirt")].abs().max()) == 0
