"""Training the name network, on the parser's first features. What a run leaves: `training.network_run`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from bodydouble.parsing.builtin import WEIGHTS, read_parser
from bodydouble.parsing.name_network import SHARED_TAPS, NameNetwork
from bodydouble.parsing.network import Encoder
from workshop.training.garments.losses import LOSS_TERMS, GarmentLossWeights, garment_loss
from workshop.training.names.batches import NameBatch, learned_numbers, name_batches
from workshop.training.network_run import NetworkRun, explain_run, learn_all, load_average, open_run

_WARM_STEPS = 100


@dataclass(frozen=True, kw_only=True)
class NameTrainConfig:
    """What can be chosen about a run."""

    photos: Path  # folder of labelled photographs
    out: Path  # the run's folder
    parser: str = WEIGHTS  # whose first features are used, and whose later ones are where training starts
    steps: int = 1300
    batch: int = 8
    rate: float = 1.2e-3
    stages_rate: float = 0.25  # of that, for what begins as the parser's
    weight_decay: float = 0.05
    dropout: float = 0.1
    held_out: str = ""  # last digit of the photographs that are not learned from
    seed: int = 0
    threads: int = 1
    checkpoint_minutes: float = 3.0
    loss: GarmentLossWeights = GarmentLossWeights()


def new_name_network(encoder: Encoder, seed: int, dropout: float) -> NameNetwork:
    """The parser's later stages, and all else the same for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = NameNetwork(dropout)
    own = encoder.stages[len(encoder.stages) - len(network.stages) :]
    for stage, copied in zip(network.stages, own, strict=True):
        stage.load_state_dict(copied.state_dict())
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


class NameTraining(NetworkRun[NameNetwork]):
    """The network's run."""

    averaged = 0.995

    def __init__(self, config: NameTrainConfig) -> None:
        self.config = config
        self.encoder = read_parser(config.parser).encoder
        network = new_name_network(self.encoder, config.seed, config.dropout)
        named = list(network.named_parameters())
        stages = [value for name, value in named if name.startswith("stages.")]
        others = [value for name, value in named if not name.startswith("stages.")]
        groups: list[dict[str, Any]] = [{"params": others}, {"params": stages, "lr": config.rate * config.stages_rate}]
        adam = torch.optim.AdamW(groups, lr=config.rate, weight_decay=config.weight_decay)
        super().__init__(config.out, config.steps, network, adam)

    def learn(self, batch: NameBatch) -> dict[str, float]:
        """One step; the loss by its terms."""
        self.set_rates(_WARM_STEPS)
        torch.manual_seed(self.step)  # of what is dropped: interrupted or not, it is the same
        with torch.no_grad():
            taps = self.encoder(batch.images, SHARED_TAPS)
        terms = garment_loss(self.network(*taps), batch.garments, batch.carried, self.config.loss)
        return self.learn_from(terms)


def read_name_average(out: Path) -> tuple[NameNetwork, int]:
    """The averaged network of a run, and the steps behind it.

    Raises:
        InputError: the folder holds no run.
    """
    return load_average(out, NameNetwork())


def train_names(config: NameTrainConfig) -> None:
    """Train until all steps are done, from where the run's folder stands.

    Raises:
        InputError: the photographs or the run's folder cannot be used.
    """
    open_run(config)
    training = NameTraining(config)
    training.resume()
    numbers = learned_numbers(config.photos, config.held_out)
    explain_run(config, {"photographs": len(numbers)})
    print(f"{len(numbers)} photographs, from step {training.step}", flush=True)
    steps = range(training.step, config.steps)
    batches = name_batches(config.photos, numbers, config.batch, steps, config.seed)
    learn_all(training, batches, config, (*LOSS_TERMS, "worn"))
