"""A batch of striped people, and a pool of them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import Accelerator

from tests.workshop.training.makers import striped_data, striped_person
from workshop.training.data import Pool
from workshop.training.frames import Batch, sample_batch
from workshop.training.loop import LoopConfig


@pytest.fixture
def batch() -> Batch:
    """Two people, four photographs each, sampled through the true body."""
    torch.manual_seed(0)
    people = [striped_person(64, number) for number in range(2)]
    return sample_batch(people, 4, np.random.default_rng(0), torch.device("cpu"))


@pytest.fixture
def pool() -> Pool:
    """Three people, made in this process."""
    return Pool(striped_data(count=3), torch.device("cpu"), workers=0, gib=0.1)


@pytest.fixture
def accelerator() -> Accelerator:
    """One process on the CPU."""
    return Accelerator(cpu=True)


@pytest.fixture
def loop(tmp_path: Path) -> LoopConfig:
    """A run in an empty folder."""
    return LoopConfig(out=tmp_path, quiet=True, tell_every=2)
