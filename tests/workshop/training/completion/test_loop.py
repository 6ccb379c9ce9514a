"""Training: what was given stays, the network learns what is wrong, and a run goes on as if never interrupted."""

from dataclasses import replace

import pytest
import torch

from bodydouble.errors import InputError
from bodydouble.inpaint.learned.network import INPUT_CHANNELS, INPUT_SIZE, make_inputs
from tests.workshop.training.interrupted import assert_same_weights, train_interrupted
from workshop.training.completion import loop
from workshop.training.completion.complete import complete_examples
from workshop.training.completion.examples import collect_examples, mirror_examples, sample_batches
from workshop.training.completion.records import read_pack, split_people, write_pack, write_person
from workshop.training.completion.score import score_completions


@pytest.fixture
def config(people, tmp_path):
    (tmp_path / "people").mkdir()
    for person in people:
        write_person(person, tmp_path / "people")
    write_pack(tmp_path / "people", tmp_path / "pack.safetensors")
    return loop.CompletionTrainConfig(
        pack=tmp_path / "pack.safetensors", out=tmp_path / "run", steps=4, batch=2, lite0=0.1
    )


def test_inputs_tell_nothing_of_what_is_hidden(people):
    examples = collect_examples(people)
    other = replace(examples, truth=torch.where(examples.hidden[:, None], 0.123, examples.truth))
    shown = [make_inputs(each.whole, each.confidence, each.labels) for each in (examples, other)]
    assert shown[0].shape == (len(examples), INPUT_CHANNELS, INPUT_SIZE, INPUT_SIZE)
    assert torch.equal(*shown)


def test_an_untrained_network_shows_some_of_the_mirrored_texel_and_moves_no_colour(people):
    examples = collect_examples(people)
    completed = complete_examples(loop.new_completion_network(0), examples).detach()
    twin = (examples.confidence > 0).flip(-1)
    between = (completed - examples.whole) * (examples.whole.flip(-1) - completed)
    assert (between >= -1e-6).all() and (completed != examples.whole).any()
    assert torch.equal((completed * ~twin[:, None]), (examples.whole * ~twin[:, None]))


def test_people_are_mirrored_as_a_whole(people):
    examples = collect_examples(people[:1])
    twice = mirror_examples(mirror_examples(examples))
    assert torch.equal(twice.truth, examples.truth) and torch.equal(twice.hidden, examples.hidden)
    assert not torch.equal(mirror_examples(examples).hidden, examples.hidden)


def test_a_steps_batch_does_not_hang_on_where_a_run_began(people):
    examples = collect_examples(people)
    *_, through = sample_batches(examples, 2, range(5), 3)
    (alone,) = sample_batches(examples, 2, range(4, 5), 3)
    assert torch.equal(through.truth, alone.truth) and torch.equal(through.hidden, alone.hidden)


def test_it_learns_what_is_wrong_with_people_it_has_not_seen(config):
    config = replace(config, steps=40, batch=2, lite0=0.0, rest=0.0, rate=3e-3, judge_steps=20)
    loop.train_completion(config)
    network, steps = loop.read_completion_average(config.out)
    assert steps == 40
    curve = (config.out / loop.CURVE).read_text().split()
    assert [line.split(",")[0] for line in curve] == ["20", "40"]
    assert all(line.endswith(",,") for line in curve), "no back is among them"
    before, _, after = score_completions(split_people(read_pack(config.pack))[1], network)
    assert [before.name, after.name] == ["exemplar", "network"]
    assert after.psnr > before.psnr + 3 and after.better == 1
    assert after.lite0 < before.lite0
    assert float(curve[-1].split(",")[2]) == pytest.approx(after.psnr, abs=0.01)


def test_interrupted_and_resumed_is_as_never_interrupted(config, monkeypatch):
    loop.train_completion(config)
    through, _ = loop.read_completion_average(config.out)
    halves = train_interrupted(loop.train_completion, loop.CompletionTraining, config, monkeypatch)
    loop.train_completion(halves)
    resumed, _ = loop.read_completion_average(halves.out)
    assert_same_weights(through, resumed)


def test_what_has_no_truth_is_left_to_exemplar(config):
    config = replace(config, steps=40, batch=2, lite0=0.0, rate=3e-3, judge_steps=100)
    changes = []
    for weight in (0.0, 10.0):
        run = replace(config, rest=weight, out=config.out.with_name(f"rest{weight}"))
        loop.train_completion(run)
        examples = collect_examples(read_pack(config.pack))
        with torch.no_grad():
            change = (complete_examples(loop.read_completion_average(run.out)[0], examples) - examples.whole).abs()
        changes.append(change.mean(1)[examples.unknown].mean())
    assert changes[1] < 0.5 * changes[0]


def test_who_is_held_out_is_not_learned_from(people):
    everybody = [each.number for each in loop.choose_people(people, None)]
    assert sorted(everybody) == ["0001", "0003", "0004", "0017"]
    assert [each.number for each in loop.choose_people(people, 3)] == everybody[:3], "fewer are a part of more"
    with pytest.raises(InputError, match="4 people to learn from"):
        loop.choose_people(people, 5)
    with pytest.raises(InputError, match="0 people to learn from"):
        loop.choose_people(split_people(people)[1], None)
