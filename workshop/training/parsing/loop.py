"""Training the parser: rates, gradients and the order of its batches. What a run leaves: `training.network_run`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from bodydouble.parsing.network import ParserNetwork
from workshop.training.network_run import NetworkRun, explain_run, learn_all, load_average, open_run, sizes_of_steps
from workshop.training.parsing.batches import Batch, batches, read_corpus
from workshop.training.parsing.depthwise import speed_up
from workshop.training.parsing.lite0 import load_imagenet
from workshop.training.parsing.losses import LossWeights, parsing_loss

_TERMS = ("group", "label", "overlap", "normals")  # of the loss; a batch may lack some
_WARM_STEPS = 200
_LEAST_SCALE = 0.02  # a tensor's size for its rate, where all of it begins near 0
_FEATURE_SCALE = 8.0  # standard deviation of the encoder's features
_BETAS, _EPSILON = (0.9, 0.99), 1e-10


@dataclass(frozen=True, kw_only=True)
class ParserTrainConfig:
    """What can be chosen about a run."""

    photos: Path  # folder of labelled photographs
    drawn: tuple[Path, ...]  # folders of shards of drawn people
    out: Path  # the run's folder
    steps: int = 9000
    size: int = 256  # pixels a side
    late_size: int = 352  # in the last phase
    late_share: float = 0.25  # of the steps
    photos_in_batch: int = 4
    drawn_in_batch: int = 4
    frozen_stages: int = 2  # of the encoder, from its stem on: they stay ImageNet's, which saves a seventh of the time
    encoder_rate: float = 0.006  # of a step, as a share of a tensor's size
    decoder_rate: float = 0.02
    seed: int = 0
    threads: int = 1
    bf16: bool = True
    checkpoint_minutes: float = 4.0
    loss: LossWeights = LossWeights()


def step_sizes(config: ParserTrainConfig) -> list[int]:
    """Pixels a side of every step."""
    return sizes_of_steps(config.steps, config.size, config.late_size, config.late_share)


def new_network(seed: int) -> ParserNetwork:
    """ImageNet's encoder under an untrained pyramid; the same for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = ParserNetwork()
    load_imagenet(network.encoder)
    with torch.no_grad():
        for lateral in network.lateral:
            assert isinstance(lateral.weight, Tensor)
            lateral.weight.copy_(lateral.weight / _FEATURE_SCALE)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


class Training(NetworkRun[ParserNetwork]):
    """The parser's run: Adam with a rate for each tensor."""

    clip = 5.0  # times the tensors' scales

    def __init__(self, config: ParserTrainConfig) -> None:
        self.config = config
        network = new_network(config.seed)
        if config.bf16:
            speed_up(network)
        for part in (network.encoder.stem, *network.encoder.stages[: config.frozen_stages]):
            part.requires_grad_(False)
        groups = []
        for name, value in network.named_parameters():
            if not value.requires_grad:
                continue
            rate = config.encoder_rate if name.startswith("encoder.") else config.decoder_rate
            scale = max(float(value.detach().square().mean().sqrt()), _LEAST_SCALE)
            groups.append({"params": [value], "lr": rate * scale, "full": rate * scale})
        adam = torch.optim.Adam(groups, betas=_BETAS, eps=_EPSILON, fused=True)
        super().__init__(config.out, config.steps, network, adam)

    def learn(self, batch: Batch) -> dict[str, float]:
        """One step; the loss by its terms."""
        self.set_rates(_WARM_STEPS)
        images = batch.images.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.config.bf16):
            logits, normals = self.network(images)
        terms = parsing_loss(logits, normals, batch.labels, batch.normals, batch.drawn, self.config.loss)
        return self.learn_from(terms)

    def clip_gradients(self) -> None:
        """Each tensor's gradient counts in units of its scale, so that one measure fits all."""
        total = 0.0
        for group in self.adam.param_groups:
            (value,) = group["params"]
            total += float(value.grad.square().sum().detach()) * (group["full"] / self.config.encoder_rate) ** 2
        over = math.sqrt(total) / self.clip
        if over > 1:
            for group in self.adam.param_groups:
                group["params"][0].grad /= over


def read_average(out: Path) -> tuple[ParserNetwork, int]:
    """The averaged network of a run, and the steps behind it.

    Raises:
        InputError: the folder holds no run.
    """
    return load_average(out, ParserNetwork())


def train(config: ParserTrainConfig) -> None:
    """Train until all steps are done, from where the run's folder stands.

    Raises:
        InputError: the data or the run's folder cannot be used.
    """
    open_run(config)
    training = Training(config)
    training.resume()
    corpus = read_corpus(config.photos, config.drawn, config.seed)
    explain_run(config, {"photographs": len(corpus.photos), "drawn views": len(corpus.drawn)})
    print(f"{len(corpus.photos)} photos, {len(corpus.drawn)} drawn views, from step {training.step}", flush=True)
    counts = (config.photos_in_batch, config.drawn_in_batch)
    learn_all(training, batches(corpus, step_sizes(config), *counts, config.seed, training.step), config, _TERMS)
