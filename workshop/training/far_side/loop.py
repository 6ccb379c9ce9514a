"""Training the far side's decoder on an encoder that stays as it is: the near side's outputs do not change by a bit.

What a run leaves: `training.network_run`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from bodydouble.parsing.builtin import read_parser
from bodydouble.parsing.far_network import FarNetwork, FarPlanes, NearSide
from bodydouble.parsing.network import ParserNetwork
from workshop.training.far_side.batches import FarBatch, far_batches
from workshop.training.far_side.losses import FarLossWeights, far_loss
from workshop.training.far_side.pictures import read_far_pictures
from workshop.training.network_run import NetworkRun, explain_run, learn_all, load_average, open_run, sizes_of_steps
from workshop.training.parsing.batches import make_backgrounds
from workshop.training.parsing.pictures import photo_pictures

_TERMS = ("labels", "overlap", "normals", "colour", "front_only")  # of the loss
_WARM_STEPS = 100


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


class FarTraining(NetworkRun[FarNetwork]):
    """The decoder's run; the encoder and the near side stay."""

    def __init__(self, config: FarTrainConfig) -> None:
        self.config = config
        self.near = read_parser(config.parser)
        network = new_far_network(config.seed)
        adam = torch.optim.AdamW(network.parameters(), lr=config.rate, weight_decay=config.weight_decay, fused=True)
        super().__init__(config.out, config.steps, network, adam)

    def learn(self, batch: FarBatch) -> dict[str, float]:
        """One step; the loss by its terms."""
        self.set_rates(_WARM_STEPS)
        images = batch.images.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.config.bf16):
            _, far = look_far(self.near, self.network, images, batch.body)
        terms = far_loss(far, batch, self.config.loss)
        return self.learn_from(terms)


def read_backgrounds(photos: Path, seed: int) -> list[np.ndarray]:
    """What people are put before: streets of labelled photographs, and pictures of shapes and noise."""
    return make_backgrounds(photo_pictures(photos), seed)


def read_far_average(out: Path) -> tuple[FarNetwork, int]:
    """The averaged decoder of a run, and the steps behind it.

    Raises:
        InputError: the folder holds no run.
    """
    return load_average(out, FarNetwork())


def train_far(config: FarTrainConfig) -> None:
    """Train until all steps are done, from where the run's folder stands.

    Raises:
        InputError: the data or the run's folder cannot be used.
    """
    open_run(config)
    training = FarTraining(config)
    training.resume()
    pictures = read_far_pictures(config.drawn)
    backgrounds = read_backgrounds(config.photos, config.seed)
    explain_run(config, {"drawn views": len(pictures)})
    print(f"{len(pictures)} drawn views, {len(backgrounds)} backgrounds, from step {training.step}", flush=True)
    sizes = sizes_of_steps(config.steps, config.size, config.late_size, config.late_share)
    batches = far_batches(pictures, backgrounds, sizes, config.batch, config.seed, training.step)
    learn_all(training, batches, config, _TERMS)
