"""The training loop: steps, an averaged copy, checkpoints, and what a run leaves.

RUN/state.safetensors    networks as trained and averaged, Adam's moments, the step; what a later call goes on from
RUN/curves.csv           step, seconds, terms of the loss
RUN/run.json             configuration, and how many pictures it learned from
"""

from __future__ import annotations

import csv
import dataclasses
import json
import math
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from bodydouble.errors import InputError
from bodydouble.files import whole_file
from bodydouble.parsing.network import ParserNetwork
from workshop.training.parsing.batches import Batch, Corpus, batches, read_corpus
from workshop.training.parsing.depthwise import speed_up
from workshop.training.parsing.lite0 import load_imagenet
from workshop.training.parsing.losses import LossWeights, parsing_loss

STATE = "state.safetensors"
_WARM_STEPS = 200
_LEAST_SCALE = 0.02  # a tensor's size for its rate, where all of it begins near 0
_FEATURE_SCALE = 8.0  # standard deviation of the encoder's features
_AVERAGED = 0.998  # share of the average that stays with each step
_CLIP = 5.0  # gradients' norm, times their tensors' scales
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
    late = round(config.steps * config.late_share)
    return [config.size] * (config.steps - late) + [config.late_size] * late


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


class Training:
    """A network on its way: its average, Adam with a rate for each tensor, the step."""

    def __init__(self, config: ParserTrainConfig) -> None:
        self.config = config
        self.network = new_network(config.seed)
        if config.bf16:
            speed_up(self.network)
        for part in (self.network.encoder.stem, *self.network.encoder.stages[: config.frozen_stages]):
            part.requires_grad_(False)
        self.average = {name: value.detach().clone() for name, value in self.network.named_parameters()}
        groups = []
        for name, value in self.network.named_parameters():
            if not value.requires_grad:
                continue
            rate = config.encoder_rate if name.startswith("encoder.") else config.decoder_rate
            scale = max(float(value.detach().square().mean().sqrt()), _LEAST_SCALE)
            groups.append({"params": [value], "lr": rate * scale, "full": rate * scale})
        self.adam = torch.optim.Adam(groups, betas=_BETAS, eps=_EPSILON, fused=True)
        self.step = 0

    def learn(self, batch: Batch) -> dict[str, float]:
        """One step; the loss by its terms."""
        share = self._rate_share()
        for group in self.adam.param_groups:
            group["lr"] = group["full"] * share
        images = batch.images.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.config.bf16):
            logits, normals = self.network(images)
        terms = parsing_loss(logits, normals, batch.labels, batch.normals, batch.drawn, self.config.loss)
        self.adam.zero_grad(set_to_none=True)
        torch.stack(list(terms.values())).sum().backward()
        self._clip()
        self.adam.step()
        self.step += 1
        keep = min(_AVERAGED, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for name, value in self.network.named_parameters():
                self.average[name].lerp_(value, 1 - keep)
        return {name: float(value.detach()) for name, value in terms.items()}

    def _rate_share(self) -> float:
        """Warm-up, then half a cosine down to a hundredth."""
        warm = min(1.0, (self.step + 1) / _WARM_STEPS)
        return warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * self.step / self.config.steps)))

    def _clip(self) -> None:
        """Each tensor's gradient counts in units of its scale, so that one measure fits all."""
        total = 0.0
        for group in self.adam.param_groups:
            (value,) = group["params"]
            total += float(value.grad.square().sum().detach()) * (group["full"] / self.config.encoder_rate) ** 2
        over = math.sqrt(total) / _CLIP
        if over > 1:
            for group in self.adam.param_groups:
                group["params"][0].grad /= over

    def save(self) -> None:
        """Write all of it, at once or not at all."""
        tensors: dict[str, Tensor] = {}
        for name, value in self.network.named_parameters():
            tensors[f"raw/{name}"] = value.detach()
            tensors[f"ema/{name}"] = self.average[name]
            moments = self.adam.state.get(value, {})
            if moments:
                tensors |= {f"{kind}/{name}": moments[kind] for kind in ("exp_avg", "exp_avg_sq")}
        with whole_file(self.config.out / STATE) as temporary:
            contiguous = {name: value.contiguous() for name, value in tensors.items()}
            save_file(contiguous, temporary, metadata={"step": str(self.step)})

    def resume(self) -> None:
        """Go on from the run's folder; nothing happens where it holds no state."""
        path = self.config.out / STATE
        if not path.is_file():
            return
        with safe_open(path, "pt") as file:
            self.step = int(file.metadata()["step"])
            for name, value in self.network.named_parameters():
                value.data.copy_(file.get_tensor(f"raw/{name}"))
                self.average[name].copy_(file.get_tensor(f"ema/{name}"))
                if value.requires_grad and f"exp_avg/{name}" in file.keys():  # noqa: SIM118  (not a dict)
                    self.adam.state[value] = {
                        "step": torch.tensor(float(self.step)),
                        **{
                            kind: torch.empty_like(value).copy_(file.get_tensor(f"{kind}/{name}"))
                            for kind in ("exp_avg", "exp_avg_sq")
                        },
                    }


def read_average(out: Path) -> tuple[ParserNetwork, int]:
    """The averaged network of a run, and the steps behind it.

    Raises:
        InputError: the folder holds no run.
    """
    path = out / STATE
    if not path.is_file():
        raise InputError(f"{out} holds no {STATE}; train first")
    network = ParserNetwork()
    with safe_open(path, "pt") as file:
        steps = int(file.metadata()["step"])
        network.load_state_dict({name: file.get_tensor(f"ema/{name}") for name in network.state_dict()})
    return network.eval(), steps


def train(config: ParserTrainConfig) -> None:
    """Train until all steps are done, from where the run's folder stands.

    Raises:
        InputError: the data or the run's folder cannot be used.
    """
    if not config.out.parent.is_dir():
        raise InputError(f"cannot write {config.out}: the folder {config.out.parent} does not exist; create it first")
    config.out.mkdir(exist_ok=True)
    torch.set_num_threads(config.threads)
    training = Training(config)
    training.resume()
    corpus = read_corpus(config.photos, config.drawn, config.seed)
    _explain(config, corpus)
    print(f"{len(corpus.photos)} photos, {len(corpus.drawn)} drawn views, from step {training.step}", flush=True)
    saved = start = time.monotonic()
    recent: list[dict[str, float]] = []
    counts = (config.photos_in_batch, config.drawn_in_batch)
    for batch in batches(corpus, step_sizes(config), *counts, config.seed, training.step):
        recent.append(training.learn(batch))
        if training.step % 50 == 0:
            _tell(config.out, training.step, time.monotonic() - start, recent)
            recent = []
        if time.monotonic() - saved > config.checkpoint_minutes * 60:
            training.save()
            saved = time.monotonic()
    training.save()


def _explain(config: ParserTrainConfig, corpus: Corpus) -> None:
    """Write what was asked for, and how much there was to learn from."""
    counts = {"photographs": len(corpus.photos), "drawn views": len(corpus.drawn)}
    told = dataclasses.asdict(config) | {"learned_from": counts}
    with whole_file(config.out / "run.json") as temporary:
        temporary.write_text(json.dumps(told, indent=1, default=str) + "\n", encoding="utf-8")


def _tell(out: Path, step: int, seconds: float, recent: list[dict[str, float]]) -> None:
    """Means of the last steps' terms, on a line and in the curves."""
    means = {
        name: sum(terms.get(name, 0.0) for terms in recent) / len(recent)
        for name in ("group", "label", "overlap", "normals")
    }
    with (out / "curves.csv").open("a", newline="", encoding="utf-8") as file:
        csv.writer(file).writerow([step, round(seconds, 1), *(round(value, 5) for value in means.values())])
    told = ", ".join(f"{name} {value:.3f}" for name, value in means.items())
    print(f"step {step}, {seconds:.0f} s: {told}", flush=True)
