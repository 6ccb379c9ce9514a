"""People that are quick to make, for the tests of shards: worker processes import them from here."""

import time
from collections.abc import Mapping
from functools import partial

import torch
from torch import Tensor

from workshop.synthesis.records.shards import Make


def noise(seed: int = 0, seconds: float = 0.0) -> Make:
    """Makes a person of random tensors out of its number and the seed."""
    return partial(_person, seed, seconds)


def _person(seed: int, seconds: float, number: int) -> Mapping[str, Tensor]:
    time.sleep(seconds)
    generator = torch.Generator().manual_seed(1000 * seed + number)
    rgb = torch.randint(0, 256, (3, 16, 16), generator=generator).to(torch.uint8)
    return {"rgb": rgb, "depth": torch.rand(16, 16, generator=generator).half(), "number": torch.tensor([number])}


def failing() -> Make:
    """Makes three persons and no more."""
    return _first_three


def _first_three(number: int) -> Mapping[str, Tensor]:
    if number >= 3:
        raise ValueError("out of cloth")
    return _person(0, 0.0, number)
