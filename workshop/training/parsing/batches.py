"""Batches to learn from, one ahead of the step that takes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import torch
from torch import Tensor

from workshop.synthesis.scene.backgrounds import background
from workshop.training.parsing.augment import Sample, augmented
from workshop.training.parsing.crop import sample_view
from workshop.training.parsing.pictures import Picture, drawn_pictures, photo_pictures, streets

Made = TypeVar("Made")
_BACKGROUND_PX = 448
_PAINTED = 200  # backgrounds made of shapes and noise


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """All that is learned from, in memory."""

    photos: Sequence[Picture]
    drawn: Sequence[Picture]
    backgrounds: Sequence[np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What one step takes."""

    images: Tensor  # B×3×S×S, [0, 1]
    labels: Tensor  # B×S/2×S/2, int64
    normals: Tensor  # B×3×S/2×S/2
    drawn: Tensor  # (B,), bool


def read_corpus(photos: Path, drawn: Sequence[Path], seed: int) -> Corpus:
    """Everything decoded, about 3 GB for 700 photographs and 400 drawn people."""
    pictures = photo_pictures(photos)
    return Corpus(
        photos=pictures,
        drawn=[picture for folder in drawn for picture in drawn_pictures(folder)],
        backgrounds=make_backgrounds(pictures, seed),
    )


def make_backgrounds(pictures: list[Picture], seed: int) -> list[np.ndarray]:
    """The streets of photographs without their people, and pictures of shapes and noise."""
    rng = np.random.default_rng([seed, 5])
    behind = list(streets(pictures, _BACKGROUND_PX))
    for _ in range(_PAINTED):
        painted = background(rng, (_BACKGROUND_PX, _BACKGROUND_PX))
        behind.append((painted.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8))
    return behind


def make_batch(corpus: Corpus, size: int, photos: int, drawn: int, seed: Sequence[int]) -> Batch:
    """The batch of that seed: so many photographs and so many drawn views at size×size."""
    rng = np.random.default_rng(list(seed))
    chosen = [corpus.photos[int(rng.integers(len(corpus.photos)))] for _ in range(photos)]
    chosen += [corpus.drawn[int(rng.integers(len(corpus.drawn)))] for _ in range(drawn)]
    return collate([augmented(sample_view(picture, size, rng), corpus.backgrounds, rng) for picture in chosen])


def collate(samples: Sequence[Sample]) -> Batch:
    """Samples of one size as tensors."""
    return Batch(
        images=torch.from_numpy(np.stack([sample.image for sample in samples])).permute(0, 3, 1, 2).float() / 255,
        labels=torch.from_numpy(np.stack([sample.labels for sample in samples])).long(),
        normals=torch.from_numpy(np.stack([sample.normals for sample in samples])).permute(0, 3, 1, 2).float(),
        drawn=torch.tensor([sample.drawn for sample in samples]),
    )


def batches(corpus: Corpus, sizes: Sequence[int], photos: int, drawn: int, seed: int, first: int) -> Iterator[Batch]:
    """The batches of steps `first` and after, of the given sizes; the same for the same seed, wherever one begins."""
    return prefetch(
        lambda step: make_batch(corpus, sizes[step], photos, drawn, (seed, 6, step)), range(first, len(sizes))
    )


def prefetch(make: Callable[[int], Made], steps: range) -> Iterator[Made]:
    """What `make` makes of every step, the next one while the one before is in use."""
    cv2.setNumThreads(1)
    with ThreadPoolExecutor(1) as pool:
        ahead = pool.submit(make, steps[0]) if steps else None
        for step in steps:
            assert ahead is not None
            made = ahead.result()
            ahead = pool.submit(make, step + steps.step) if step != steps[-1] else None
            yield made
