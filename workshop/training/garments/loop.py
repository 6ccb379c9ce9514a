"""Training the garment head on views whose features were gathered. What a run leaves: `training.network_run`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from bodydouble.parsing.garment_network import GarmentHead
from workshop.training.garments.batches import GarmentBatch, Truth, garment_batches, view_files
from workshop.training.garments.losses import LOSS_TERMS, GarmentLossWeights, garment_loss
from workshop.training.network_run import NetworkRun, explain_run, learn_all, load_average, open_run

_WARM_STEPS = 80


@dataclass(frozen=True, kw_only=True)
class GarmentTrainConfig:
    """What can be chosen about a run."""

    photos: Path  # folder of labelled photographs
    views: Path  # folder that `gather` wrote
    out: Path  # the run's folder
    steps: int = 1600
    batch: int = 8
    rate: float = 1.5e-3
    weight_decay: float = 0.05
    dropout: float = 0.1
    held_out: str = ""  # last digit of the photographs that are not learned from
    seed: int = 0
    threads: int = 1
    checkpoint_minutes: float = 3.0
    loss: GarmentLossWeights = GarmentLossWeights()


def new_garment_head(seed: int, dropout: float) -> GarmentHead:
    """The same for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return GarmentHead(dropout)


class GarmentTraining(NetworkRun[GarmentHead]):
    """The head's run."""

    averaged = 0.99  # a run is short: steps of a high rate are soon forgotten

    def __init__(self, config: GarmentTrainConfig) -> None:
        self.config = config
        network = new_garment_head(config.seed, config.dropout)
        adam = torch.optim.AdamW(network.parameters(), lr=config.rate, weight_decay=config.weight_decay)
        super().__init__(config.out, config.steps, network, adam)

    def learn(self, batch: GarmentBatch) -> dict[str, float]:
        """One step; the loss by its terms."""
        self.set_rates(_WARM_STEPS)
        torch.manual_seed(self.step)  # of what is dropped: interrupted or not, it is the same
        planes = self.network(batch.taps, batch.pyramid, batch.chances)
        terms = garment_loss(planes, batch.garments, batch.carried, self.config.loss)
        return self.learn_from(terms)


def read_garment_average(out: Path) -> tuple[GarmentHead, int]:
    """The averaged head of a run, and the steps behind it.

    Raises:
        InputError: the folder holds no run.
    """
    return load_average(out, GarmentHead())


def train_garments(config: GarmentTrainConfig) -> None:
    """Train until all steps are done, from where the run's folder stands.

    Raises:
        InputError: the views or the run's folder cannot be used.
    """
    open_run(config)
    training = GarmentTraining(config)
    training.resume()
    rounds = view_files(config.views, config.held_out)
    explain_run(config, {"photographs": len(rounds[0]), "views": sum(map(len, rounds))})
    print(f"{sum(map(len, rounds))} views of {len(rounds[0])} photographs, from step {training.step}", flush=True)
    steps = range(training.step, config.steps)
    learn_all(
        training, garment_batches(rounds, Truth(config.photos), config.batch, steps, config.seed), config, LOSS_TERMS
    )
