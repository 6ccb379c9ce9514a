"""Batches of both sides to learn from, one ahead of the step that takes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from workshop.training.far_side.pictures import FarPicture, FarSample, sample_far
from workshop.training.parsing.batches import prefetch


@dataclass(frozen=True, kw_only=True)
class FarBatch:
    """What one step takes; planes have half the images' size."""

    images: Tensor  # B×3×S×S, [0, 1]
    labels: Tensor  # B×h×w, int64; background where nothing is to be learned
    normals: Tensor  # B×3×h×w
    colour: Tensor  # B×3×h×w, [0, 1]
    front_only: Tensor  # B×h×w, 0 or 1
    body: Tensor  # B×5×h×w


def collate_far(samples: Sequence[FarSample]) -> FarBatch:
    """Samples of one size as tensors."""

    def planes(name: str) -> Tensor:
        stacked = torch.from_numpy(np.stack([getattr(sample, name) for sample in samples]))
        return (stacked.permute(0, 3, 1, 2) if stacked.dim() == 4 else stacked).float()

    return FarBatch(
        images=planes("image") / 255,
        labels=planes("labels").long(),
        normals=planes("normals"),
        colour=planes("colour") / 255,
        front_only=planes("front_only"),
        body=planes("body"),
    )


def make_far_batch(
    pictures: Sequence[FarPicture], backgrounds: Sequence[np.ndarray], size: int, count: int, seed: Sequence[int]
) -> FarBatch:
    """The batch of that seed: `count` views at size×size."""
    rng = np.random.default_rng(list(seed))
    chosen = [pictures[int(rng.integers(len(pictures)))] for _ in range(count)]
    return collate_far([sample_far(picture, size, backgrounds, rng) for picture in chosen])


def far_batches(
    pictures: Sequence[FarPicture],
    backgrounds: Sequence[np.ndarray],
    sizes: Sequence[int],
    count: int,
    seed: int,
    first: int,
) -> Iterator[FarBatch]:
    """The batches of steps `first` and after, of the given sizes; the same for the same seed, wherever one begins."""
    return prefetch(
        lambda step: make_far_batch(pictures, backgrounds, sizes[step], count, (seed, 9, step)),
        range(first, len(sizes)),
    )
