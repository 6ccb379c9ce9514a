"""Training the far side's decoder on an encoder that stays as it is: the near side's outputs do not change by a bit.

RUN/state.safetensors    the decoder as trained and averaged, Adam's moments, the step; what a later call goes on from
RUN/curves.csv           step, seconds, terms of the loss
RUN/run.json             configuration, and how many views it learned from
"""

from __future__ import annotations

import csv
import dataclasses
import json
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.functional import avg_pool2d

from bodydouble.errors import InputError
from bodydouble.files import whole_file
from bodydouble.parsing.builtin import read_parser
from bodydouble.parsing.far_network import FarNetwork, FarPlanes, NearSide
from bodydouble.parsing.network import ParserNetwork
from workshop.synthesis.scene.backgrounds import background
from workshop.training.far_side.batches import FarBatch, far_batches
from workshop.training.far_side.losses import FarLossWeights, far_loss
from workshop.training.far_side.pictures import read_far_pictures
from workshop.training.parsing.pictures import photo_pictures, streets

STATE = "state.safetensors"
_WARM_STEPS = 100
_AVERAGED = 0.998  # share of the average that stays with each step
_CLIP = 1.0  # gradients' norm
_BACKGROUND_PX, _PAINTED = 448, 200  # backgrounds: side, and how many are made of shapes and noise


@dataclass(frozen=True, kw_only=True)
class FarTrainConfig:
    """What can be chosen about a run."""

    parser: str  # weights whose encoder and near side are used, a file or the name of weights that ship
    photos: Path  # folder of labelled photographs, whose streets are backgrounds
    drawn: tuple[Path, ...]  # folders of shards of drawn people with both sides
    out: Path  # the run's folder
    steps: int = 2200
    size: int = 256  # pixels a side
    late_size: int = 352  # in the last phase
    late_share: float = 0.2  # of the steps
    batch: int = 8
    rate: float = 1.5e-3
    weight_decay: float = 0.02
    seed: int = 0
    threads: int = 1
    bf16: bool = True
    checkpoint_minutes: float = 4.0
    loss: FarLossWeights = FarLossWeights()


def new_far_network(seed: int) -> FarNetwork:
    """The same for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return FarNetwork().to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def look_far(near: ParserNetwork, far: FarNetwork, images: Tensor, body: Tensor) -> tuple[NearSide, FarPlanes]:
    """Both sides of images, B×3×S×S, as at run time but for the detector's mask; nothing of `near` gets a gradient.

    Args:
        body: B×5×S/2×S/2.
    """
    with torch.no_grad():
        taps = near.encoder(images)
        logits, normals = near.near_side(taps)
        shown = NearSide(avg_pool2d(images, 2), logits.softmax(1), normals)
    return shown, far(taps, shown, body)


class FarTraining:
    """A decoder on its way: its average, Adam, the step."""

    def __init__(self, config: FarTrainConfig) -> None:
        self.config = config
        self.near = read_parser(config.parser)
        self.network = new_far_network(config.seed)
        self.average = {name: value.detach().clone() for name, value in self.network.named_parameters()}
        self.adam = torch.optim.AdamW(
            self.network.parameters(), lr=config.rate, weight_decay=config.weight_decay, fused=True
        )
        self.step = 0

    def learn(self, batch: FarBatch) -> dict[str, float]:
        """One step; the loss by its terms."""
        for group in self.adam.param_groups:
            group["lr"] = self.config.rate * self._rate_share()
        images = batch.images.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.config.bf16):
            _, far = look_far(self.near, self.network, images, batch.body)
        terms = far_loss(far, batch, self.config.loss)
        self.adam.zero_grad(set_to_none=True)
        torch.stack(list(terms.values())).sum().backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), _CLIP)
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

    def save(self) -> None:
        """Write all of it, at once or not at all."""
        tensors: dict[str, Tensor] = {}
        for name, value in self.network.named_parameters():
            tensors |= {f"raw/{name}": value.detach(), f"ema/{name}": self.average[name]}
            moments = self.adam.state.get(value, {})
            tensors |= {f"{kind}/{name}": moments[kind] for kind in ("exp_avg", "exp_avg_sq") if moments}
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
                moments = {
                    kind: torch.empty_like(value).copy_(file.get_tensor(f"{kind}/{name}"))
                    for kind in ("exp_avg", "exp_avg_sq")
                }
                self.adam.state[value] = {"step": torch.tensor(float(self.step)), **moments}


def read_far_average(out: Path) -> tuple[FarNetwork, int]:
    """The averaged decoder of a run, and the steps behind it.

    Raises:
        InputError: the folder holds no run.
    """
    path = out / STATE
    if not path.is_file():
        raise InputError(f"{out} holds no {STATE}; train first")
    network = FarNetwork()
    with safe_open(path, "pt") as file:
        steps = int(file.metadata()["step"])
        network.load_state_dict({name: file.get_tensor(f"ema/{name}") for name in network.state_dict()})
    return network.eval(), steps


def train_far(config: FarTrainConfig) -> None:
    """Train until all steps are done, from where the run's folder stands.

    Raises:
        InputError: the data or the run's folder cannot be used.
    """
    if not config.out.parent.is_dir():
        raise InputError(f"cannot write {config.out}: the folder {config.out.parent} does not exist; create it first")
    config.out.mkdir(exist_ok=True)
    torch.set_num_threads(config.threads)
    training = FarTraining(config)
    training.resume()
    pictures = read_far_pictures(config.drawn)
    backgrounds = read_backgrounds(config.photos, config.seed)
    explained = dataclasses.asdict(config) | {"learned_from": {"drawn views": len(pictures)}}
    with whole_file(config.out / "run.json") as temporary:
        temporary.write_text(json.dumps(explained, indent=1, default=str) + "\n", encoding="utf-8")
    print(f"{len(pictures)} drawn views, {len(backgrounds)} backgrounds, from step {training.step}", flush=True)
    late = round(config.steps * config.late_share)
    sizes = [config.size] * (config.steps - late) + [config.late_size] * late
    saved = start = time.monotonic()
    recent: list[dict[str, float]] = []
    for batch in far_batches(pictures, backgrounds, sizes, config.batch, config.seed, training.step):
        recent.append(training.learn(batch))
        if training.step % 50 == 0:
            _tell(config.out, training.step, time.monotonic() - start, recent)
            recent = []
        if time.monotonic() - saved > config.checkpoint_minutes * 60:
            training.save()
            saved = time.monotonic()
    training.save()


def read_backgrounds(photos: Path, seed: int) -> list[np.ndarray]:
    """Streets without people, and pictures of shapes and noise."""
    rng = np.random.default_rng([seed, 5])
    behind = list(streets(photo_pictures(photos), _BACKGROUND_PX))
    for _ in range(_PAINTED):
        painted = background(rng, (_BACKGROUND_PX, _BACKGROUND_PX))
        behind.append((painted.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8))
    return behind


def _tell(out: Path, step: int, seconds: float, recent: list[dict[str, float]]) -> None:
    """Means of the last steps' terms, on a line and in the curves."""
    means = {name: sum(terms[name] for terms in recent) / len(recent) for name in recent[0]}
    with (out / "curves.csv").open("a", newline="", encoding="utf-8") as file:
        csv.writer(file).writerow([step, round(seconds, 1), *(round(value, 5) for value in means.values())])
    line = ", ".join(f"{name} {value:.3f}" for name, value in means.items())
    print(f"step {step}, {seconds:.0f} s: {line}", flush=True)
