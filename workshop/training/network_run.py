"""What the runs of small networks have in common: an averaged copy, a rate that falls, checkpoints, curves.

RUN/state.safetensors    the network as trained and averaged, Adam's moments, the step; what a later call goes on from
RUN/curves.csv           step, seconds, means of the loss's terms since the line before
RUN/run.json             configuration, and how much it learned from
"""

from __future__ import annotations

import csv
import dataclasses
import json
import math
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from bodydouble.errors import InputError
from bodydouble.files import whole_file

STATE = "state.safetensors"
_MOMENTS = ("exp_avg", "exp_avg_sq")  # Adam's
_TOLD = 50  # steps from one line of the curves to the next

NetworkT = TypeVar("NetworkT", bound=nn.Module)


class RunConfig(Protocol):
    """What a run's configuration has, whatever is trained."""

    @property
    def out(self) -> Path:
        """The run's folder; its parent exists."""

    @property
    def steps(self) -> int:
        """Of training, in all."""

    @property
    def threads(self) -> int:
        """That torch may use."""

    @property
    def checkpoint_minutes(self) -> float:
        """From one checkpoint to the next."""


class NetworkRun(Generic[NetworkT]):
    """A network on its way: its average, Adam, the step."""

    network: NetworkT
    adam: torch.optim.Optimizer
    clip = 1.0  # the gradients' largest norm
    averaged = 0.998  # share of the averaged copy that is kept in a step, once a run is under way

    def __init__(self, out: Path, steps: int, network: NetworkT, adam: torch.optim.Optimizer) -> None:
        self.out, self.steps, self.network, self.adam = out, steps, network, adam
        self.average = {name: value.detach().clone() for name, value in network.named_parameters()}
        self.step = 0
        self._full_rates = [group["lr"] for group in adam.param_groups]

    def set_rates(self, warm_steps: int) -> None:
        """The step's rate of each of Adam's groups, which has its full one when the run begins."""
        for group, full in zip(self.adam.param_groups, self._full_rates, strict=True):
            group["lr"] = full * self._rate_share(warm_steps)

    def _rate_share(self, warm_steps: int) -> float:
        """Of the full rate: warm-up, then half a cosine down to a hundredth."""
        warm = min(1.0, (self.step + 1) / warm_steps)
        return warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * self.step / self.steps)))

    def learn_from(self, terms: Mapping[str, Tensor]) -> dict[str, float]:
        """A step down the sum of a loss's terms; the terms as numbers."""
        self.adam.zero_grad(set_to_none=True)
        torch.stack(list(terms.values())).sum().backward()  # type: ignore[no-untyped-call]
        self.clip_gradients()
        self.take_step()
        return {name: float(value.detach()) for name, value in terms.items()}

    def clip_gradients(self) -> None:
        """Scale them down where their norm is over `clip`."""
        nn.utils.clip_grad_norm_(self.network.parameters(), self.clip)

    def take_step(self) -> None:
        """Adam's step on the gradients that there are, and the average's."""
        self.adam.step()
        self.step += 1
        keep = min(self.averaged, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for name, value in self.network.named_parameters():
                self.average[name].lerp_(value, 1 - keep)

    def save(self) -> None:
        """Write all of it, at once or not at all."""
        tensors: dict[str, Tensor] = {}
        for name, value in self.network.named_parameters():
            moments = self.adam.state.get(value, {})
            tensors |= {f"raw/{name}": value.detach(), f"ema/{name}": self.average[name]}
            tensors |= {f"{kind}/{name}": moments[kind] for kind in _MOMENTS if moments}
        with whole_file(self.out / STATE) as temporary:
            contiguous = {name: value.contiguous() for name, value in tensors.items()}
            save_file(contiguous, temporary, metadata={"step": str(self.step)})

    def resume(self) -> None:
        """Go on from the run's folder; nothing happens where it holds no state."""
        path = self.out / STATE
        if not path.is_file():
            return
        with safe_open(path, "pt") as file:
            self.step = int(file.metadata()["step"])
            for name, value in self.network.named_parameters():
                value.data.copy_(file.get_tensor(f"raw/{name}"))
                self.average[name].copy_(file.get_tensor(f"ema/{name}"))
                if value.requires_grad and f"exp_avg/{name}" in file.keys():  # noqa: SIM118  (not a dict)
                    moments = {
                        kind: torch.empty_like(value).copy_(file.get_tensor(f"{kind}/{name}")) for kind in _MOMENTS
                    }
                    self.adam.state[value] = {"step": torch.tensor(float(self.step)), **moments}


class Learner(Protocol):
    """A run that knows how to learn from its batches."""

    step: int

    def learn(self, batch: Any) -> dict[str, float]:
        """One step; the loss by its terms."""

    def save(self) -> None:
        """Write a checkpoint."""


def load_average(out: Path, network: NetworkT) -> tuple[NetworkT, int]:
    """The network with the averaged weights of a run, and the steps behind them.

    Raises:
        InputError: the folder holds no run.
    """
    path = out / STATE
    if not path.is_file():
        raise InputError(f"{out} holds no {STATE}; train first")
    with safe_open(path, "pt") as file:
        steps = int(file.metadata()["step"])
        network.load_state_dict({name: file.get_tensor(f"ema/{name}") for name in network.state_dict()})
    return network.eval(), steps


def open_run(config: RunConfig) -> None:
    """Make the run's folder.

    Raises:
        InputError: the folder that it is to lie in does not exist.
    """
    if not config.out.parent.is_dir():
        raise InputError(f"cannot write {config.out}: the folder {config.out.parent} does not exist; create it first")
    config.out.mkdir(exist_ok=True)
    torch.set_num_threads(config.threads)


def explain_run(config: Any, learned_from: Mapping[str, int]) -> None:
    """Write what was asked for, a dataclass, and how much there was to learn from."""
    explained = dataclasses.asdict(config) | {"learned_from": dict(learned_from)}
    with whole_file(config.out / "run.json") as temporary:
        temporary.write_text(json.dumps(explained, indent=1, default=str) + "\n", encoding="utf-8")


def sizes_of_steps(steps: int, size: int, late_size: int, late_share: float) -> list[int]:
    """Pixels a side of every step: larger in the last part of a run."""
    late = round(steps * late_share)
    return [size] * (steps - late) + [late_size] * late


def learn_all(training: Learner, batches: Iterable[Any], config: RunConfig, terms: tuple[str, ...]) -> None:
    """Learn from every batch; curves of the named terms and checkpoints on the way, and one at the end."""
    saved = start = time.monotonic()
    recent: list[dict[str, float]] = []
    for batch in batches:
        recent.append(training.learn(batch))
        if training.step % _TOLD == 0:
            means = {name: sum(each.get(name, 0.0) for each in recent) / len(recent) for name in terms}
            _tell(config.out, training.step, time.monotonic() - start, means)
            recent = []
        if time.monotonic() - saved > config.checkpoint_minutes * 60:
            training.save()
            saved = time.monotonic()
    training.save()


def _tell(out: Path, step: int, seconds: float, means: Mapping[str, float]) -> None:
    """Means of the last steps' terms, on a line and in the curves."""
    with (out / "curves.csv").open("a", newline="", encoding="utf-8") as file:
        csv.writer(file).writerow([step, round(seconds, 1), *(round(value, 5) for value in means.values())])
    line = ", ".join(f"{name} {value:.3f}" for name, value in means.items())
    print(f"step {step}, {seconds:.0f} s: {line}", flush=True)
