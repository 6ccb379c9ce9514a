"""Training the completion network on what was hidden of real people.

What a run leaves: `training.network_run`, and

RUN/held_out.csv    step, seconds since the call, PSNR and Lite0 distance of the averaged network on hidden sides of
                    people held out, and the same on hidden backs; empty where nobody held out has such
"""

from __future__ import annotations

import copy
import csv
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from bodydouble.errors import InputError
from bodydouble.inpaint.learned.network import CompletionNetwork
from workshop.training.completion.complete import compare_where_hidden, complete_examples
from workshop.training.completion.distance import Lite0Distance
from workshop.training.completion.examples import Examples, collect_examples, sample_batches
from workshop.training.completion.records import VIEWS, SeenPerson, read_pack, split_people, split_views
from workshop.training.completion.score import score_completions
from workshop.training.network_run import NetworkRun, explain_run, learn_all, load_average, open_run

CURVE = "held_out.csv"
_TERMS = ("colours", "lite0", "rest")  # of the loss
_WARM_STEPS = 50
_CROP = 128  # texels a side of the square that Lite0 sees: a quarter of the texture, and a quarter of the time


@dataclass(frozen=True, kw_only=True)
class CompletionTrainConfig:
    """What can be chosen about a run."""

    pack: Path  # of people, as `records.write_pack` made it
    out: Path  # the run's folder
    steps: int = 160
    batch: int = 4
    rate: float = 1e-3
    weight_decay: float = 0.05
    lite0: float = 0.1  # weight of the Lite0 distance against the mean difference of colours
    rest: float = 0.3  # the same of what is changed where nothing tells the truth: it need not get better
    people: int | None = None  # to learn from, at most: what a learning curve is made of; None: all of the pack
    seed: int = 0
    threads: int = 1
    checkpoint_minutes: float = 4.0
    judge_steps: int = 80  # from one line of the learning curve to the next


class CompletionTraining(NetworkRun[CompletionNetwork]):
    """The network's run."""

    def __init__(self, config: CompletionTrainConfig) -> None:
        self.config = config
        network = new_completion_network(config.seed)
        adam = torch.optim.AdamW(network.parameters(), lr=config.rate, weight_decay=config.weight_decay)
        self._distance = Lite0Distance() if config.lite0 else None
        super().__init__(config.out, config.steps, network, adam)

    def learn(self, batch: Examples) -> dict[str, float]:
        """One step; the loss by its terms."""
        self.set_rates(_WARM_STEPS)
        completed = complete_examples(self.network, batch)
        terms = {
            "colours": _mean_difference(completed, batch.truth, batch.hidden),
            "rest": self.config.rest * _mean_difference(completed, batch.exemplar, batch.unknown),
        }
        if self._distance is not None:
            picture, truth, where = _crop(completed, batch, self.step)
            terms["lite0"] = self.config.lite0 * self._distance(picture, truth, where).mean()
        return self.learn_from(terms)


def new_completion_network(seed: int) -> CompletionNetwork:
    """The same for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return CompletionNetwork()


def train_completion(config: CompletionTrainConfig) -> None:
    """Train until all steps are done, from where the run's folder stands.

    Raises:
        InputError: the pack or the run's folder cannot be used.
    """
    open_run(config)
    pack = read_pack(config.pack)
    people, (_, held_out) = choose_people(pack, config.people), split_people(pack)
    training = CompletionTraining(config)
    training.resume()
    examples = collect_examples(people)
    explain_run(config, {"people": len(people), "completions": len(examples)})
    print(f"{len(people)} people, {len(examples)} completions, from step {training.step}", flush=True)
    steps = range(training.step, config.steps)
    batches = sample_batches(examples, config.batch, steps, config.seed)
    learn_all(training, _judge_on_the_way(training, batches, held_out), config, _TERMS)


def _judge_on_the_way(
    training: CompletionTraining, batches: Iterable[Examples], held_out: Sequence[SeenPerson]
) -> Iterator[Examples]:
    """The batches; whenever enough of them have been learned from, a line of the learning curve is written."""
    start, every = time.monotonic(), training.config.judge_steps
    for batch in batches:
        yield batch
        if training.step % every == 0 and held_out:
            network = copy.deepcopy(training.network)
            network.load_state_dict(training.average)
            row: list[float | str] = [training.step, round(time.monotonic() - start, 1)]
            groups = split_views(held_out)
            for name in VIEWS:
                if name in groups:
                    (score,) = score_completions(groups[name], network, compare=False)
                    row += [round(score.psnr, 3), round(score.lite0, 5)]
                else:
                    row += ["", ""]
            with (training.config.out / CURVE).open("a", newline="", encoding="utf-8") as file:
                csv.writer(file).writerow(row)


def choose_people(people: Sequence[SeenPerson], count: int | None) -> list[SeenPerson]:
    """Those of a pack to learn from, `count` of them; fewer are a part of more.

    Raises:
        InputError: there are fewer.
    """
    learned_from, _ = split_people(people)
    if not learned_from or (count is not None and not 0 < count <= len(learned_from)):
        raise InputError(f"the pack holds {len(learned_from)} people to learn from, not {count or 'any'}")
    random.Random(0).shuffle(learned_from)
    return learned_from[:count]


def read_completion_average(out: Path) -> tuple[CompletionNetwork, int]:
    """The averaged network of a run, and the steps behind it.

    Raises:
        InputError: the folder holds no run.
    """
    return load_average(out, CompletionNetwork())


def _mean_difference(completed: Tensor, other: Tensor, where: Tensor) -> Tensor:
    """Of colours, B×3×S×S, over some texels, B×S×S bool; 0 where there are none."""
    texels = where[:, None].expand_as(completed)
    return ((completed - other).abs() * texels).sum() / texels.sum().clamp_min(1)


def _crop(completed: Tensor, batch: Examples, step: int) -> tuple[Tensor, Tensor, Tensor]:
    """A square of pictures, of what they should be, and of what was hidden; the four quarters take turns."""
    half = min(_CROP, completed.shape[-1])
    top, left = ((step >> bit & 1) * (completed.shape[-1] - half) for bit in (1, 0))
    at = (..., slice(top, top + half), slice(left, left + half))
    return completed[at], compare_where_hidden(completed, batch)[at], batch.hidden[at]
