"""Batches of views, one ahead of the step that takes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bodydouble.errors import InputError
from bodydouble.parsing.garments import GARMENTS
from workshop.training.garments.batches import Truth
from workshop.training.garments.views import Shown, read_picture
from workshop.training.names.views import make_view, read_street
from workshop.training.parsing.batches import prefetch
from workshop.training.parsing.pictures import photo_numbers

_RARE = 0.3  # share of views with one of these garments, at least
_RARE_ROWS = tuple(GARMENTS.index(name) for name in ("shorts", "jumpsuit", "dress"))


@dataclass(frozen=True, kw_only=True)
class NameBatch:
    """What one step takes."""

    images: Tensor  # B×3×H×W in [0, 1]
    garments: Tensor  # B×H/2×W/2, int64, rows of GARMENTS, or `names.UNKNOWN`
    carried: Tensor  # B×H/2×W/2, int64: 1 of what is carried, 0 of all else, or `names.UNKNOWN`


def learned_numbers(photos: Path, held_out: str = "") -> list[str]:
    """Photographs to learn from, without those whose number ends in `held_out`.

    Raises:
        InputError: there are none.
    """
    numbers = [number for number in photo_numbers(photos) if not held_out or not number.endswith(held_out)]
    if not numbers:
        raise InputError(f"{photos} holds no photographs to learn from")
    return numbers


def name_batches(photos: Path, numbers: Sequence[str], count: int, steps: range, seed: int) -> Iterator[NameBatch]:
    """The batches of some steps; the same for the same seed and photographs."""
    truth, street = Truth(photos), read_street(photos, numbers, seed)
    rare = [number for number in numbers if truth.shows(number, _RARE_ROWS)] or numbers

    def make(step: int) -> NameBatch:
        rng = np.random.default_rng([seed, 12, step])
        pools = [rare if rng.random() < _RARE else numbers for _ in range(count)]
        drawn = [pool[int(rng.integers(len(pool)))] for pool in pools]
        shown = [make_view(read_picture(photos, number), street, rng) for number in drawn]
        return _collate(drawn, shown, truth)

    return prefetch(make, steps)


def _collate(numbers: Sequence[str], shown: Sequence[Shown], truth: Truth) -> NameBatch:
    images, names = zip(*shown, strict=True)
    told = [truth.read(number, torch.from_numpy(rows.copy())) for number, rows in zip(numbers, names, strict=True)]
    pixels = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)
    return NameBatch(
        images=pixels.float().div(255).contiguous(memory_format=torch.channels_last),
        garments=torch.stack([garments for garments, _ in told]),
        carried=torch.stack([carried for _, carried in told]),
    )
