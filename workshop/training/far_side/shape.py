"""The shape's head: features of many pictures once, then a small network on them, in a minute.

RUN/shape_features.safetensors    features and traits, so that another head needs no pictures
RUN/shape.safetensors             the head
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn.functional import dropout
from tqdm import tqdm

from bodydouble.errors import InputError
from bodydouble.files import whole_file
from bodydouble.parsing.builtin import SHAPE_PX, read_parser
from bodydouble.parsing.far_network import ShapeHead, pool_person
from bodydouble.parsing.labels import BACKGROUND
from bodydouble.parsing.network import ParserNetwork
from bodydouble.parsing.shape import TRAITS
from workshop.training.far_side.batches import collate_far
from workshop.training.far_side.loop import read_backgrounds
from workshop.training.far_side.pictures import FarPicture, read_far_pictures, sample_far

FILE, FEATURES = "shape.safetensors", "shape_features.safetensors"
_TOGETHER = 8  # pictures that the encoder is shown at once
_DROPPED = 0.4  # share of features that a step does not see: people are few
_BATCH = 256
_FIRST_STD = 0.01  # of the last layer's weights: it begins at the mean of all people
_HELD_OUT = 5  # one part in so many tells how large errors are
_LEAST_LOG_VARIANCE = -7.0  # below the spread that any trait has among a thousand people


@dataclass(frozen=True, kw_only=True)
class ShapeTrainConfig:
    """What can be chosen about a run."""

    parser: str  # weights whose encoder is used, a file or the name of weights that ship
    photos: Path  # folder of labelled photographs, whose streets are backgrounds
    drawn: tuple[Path, ...]  # folders of shards of drawn people
    out: Path  # the run's folder
    samples: int = 3  # of each view: square, place, light and camera change
    steps: int = 1200
    rate: float = 2e-3
    weight_decay: float = 0.1
    seed: int = 0


@torch.no_grad()
def pooled_features(
    near: ParserNetwork, pictures: Sequence[FarPicture], backgrounds: Sequence[np.ndarray], config: ShapeTrainConfig
) -> tuple[Tensor, Tensor]:
    """N×C features of all samples, and N×6 traits."""
    features, traits = [], []
    chosen = [picture for picture in pictures for _ in range(config.samples)]
    for first in tqdm(range(0, len(chosen), _TOGETHER), disable=None):
        some = chosen[first : first + _TOGETHER]
        rng = np.random.default_rng([config.seed, 10, first])
        images = collate_far([sample_far(picture, SHAPE_PX, backgrounds, rng) for picture in some]).images
        with torch.autocast("cpu", torch.bfloat16):
            taps = near.encoder(images.contiguous(memory_format=torch.channels_last))
            person = 1 - near.near_side(taps)[0].softmax(1)[:, BACKGROUND : BACKGROUND + 1]
        features.append(pool_person(taps, person))
        traits += [torch.from_numpy(picture.traits) for picture in some]
    return torch.cat(features), torch.stack(traits)


def train_shape(config: ShapeTrainConfig) -> None:
    """Write the head that is likeliest to have said the traits.

    Raises:
        InputError: the run's folder does not exist.
    """
    if not config.out.is_dir():
        raise InputError(f"cannot write to {config.out}: the folder does not exist; train the far side first")
    if not (config.out / FEATURES).is_file():
        near, pictures = read_parser(config.parser), read_far_pictures(config.drawn)
        features, traits = pooled_features(near, pictures, read_backgrounds(config.photos, config.seed), config)
        with whole_file(config.out / FEATURES) as temporary:
            save_file({"features": features, "traits": traits}, temporary)
    samples = load_file(config.out / FEATURES)
    features, traits = samples["features"], samples["traits"]
    head = calibrate(fit_head(features, traits, config), features, traits, config)
    with whole_file(config.out / FILE) as temporary:
        save_file({name: value.contiguous() for name, value in head.state_dict().items()}, temporary)


def fit_head(features: Tensor, traits: Tensor, config: ShapeTrainConfig) -> ShapeHead:
    """The head that predicts N×6 traits of N×C features; its first layer takes features as they are."""
    middle, spread = features.mean(0), features.std(0) + 1e-4
    standard = (features - middle) / spread
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        head = ShapeHead()
        with torch.no_grad():
            torch.nn.init.normal_(head.traits.weight, std=_FIRST_STD)
            head.traits.bias.copy_(torch.cat([traits.mean(0), traits.var(0).log()]))
        adam = torch.optim.AdamW(head.parameters(), lr=config.rate, weight_decay=config.weight_decay)
        for step in range(config.steps):
            adam.param_groups[0]["lr"] = config.rate * (1 - step / config.steps)
            rows = torch.randint(len(standard), (_BATCH,))
            mean, log_variance = head.predict(dropout(standard[rows], _DROPPED))
            log_variance = log_variance.clamp_min(_LEAST_LOG_VARIANCE)
            loss = ((mean - traits[rows]).square() * (-log_variance).exp() + log_variance).mean()
            adam.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            adam.step()
    with torch.no_grad():
        head.hidden.weight.div_(spread)
        head.hidden.bias.sub_(head.hidden.weight @ middle)
    return head.eval()


@torch.no_grad()
def calibrate(head: ShapeHead, features: Tensor, traits: Tensor, config: ShapeTrainConfig) -> ShapeHead:
    """The head with what people that it did not see teach: the last of them, held out once.

    Means are drawn towards that of all people as far as that makes them righter, and variances are as large as errors.
    """
    count = len(features) - max(1, len(features) // _HELD_OUT)
    with torch.enable_grad():
        other = fit_head(features[:count], traits[:count], config)
    middle, truth = traits[:count].mean(0), traits[count:]
    mean, log_variance = other.predict(features[count:])
    away = mean - middle
    trust = ((away * (truth - middle)).sum(0) / away.square().sum(0).clamp_min(1e-6)).clamp(0, 1)
    squared = (middle + trust * away - truth).square()
    excess = (squared * (-log_variance).exp()).mean(0)
    rows = slice(0, len(TRAITS))
    head.traits.weight[rows] *= trust[:, None]
    head.traits.bias[rows] = middle + trust * (head.traits.bias[rows] - middle)
    head.traits.bias[len(TRAITS) :] += excess.clamp_min(1e-3).log()
    errors, spread = squared.mean(0).sqrt(), (middle - truth).square().mean(0).sqrt()
    for name, error, guess in zip(TRAITS, errors.tolist(), spread.tolist(), strict=True):
        print(f"{name:12} off by {error:.3f} on people held out, where the mean is by {guess:.3f}", flush=True)
    return head


def read_shape_head(out: Path) -> ShapeHead:
    """The head of a run.

    Raises:
        InputError: the folder holds none.
    """
    if not (out / FILE).is_file():
        raise InputError(f"{out} holds no {FILE}; train the shape's head first")
    head = ShapeHead()
    head.load_state_dict(load_file(out / FILE))
    return head.eval()
