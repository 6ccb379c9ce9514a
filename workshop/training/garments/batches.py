"""Batches of gathered views, one ahead of the step that takes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from bodydouble.errors import InputError
from bodydouble.parsing.garments import GARMENTS
from workshop.training.garments.names import carried_rows, garment_rows, read_by_eye
from workshop.training.parsing.batches import prefetch
from workshop.training.parsing.pictures import read_photo, read_pixel_names

TAPS = ("tap1", "tap2", "tap3")
_PLAIN = 0.12  # share of views that are plain, where there are others
_RARE = 0.3  # share of views with one of these garments, at least
_RARE_ROWS = [GARMENTS.index(name) for name in ("shorts", "jumpsuit", "tights")]


@dataclass(frozen=True, kw_only=True)
class GarmentBatch:
    """What one step takes."""

    taps: Sequence[Tensor]  # the encoder's features at strides 8, 16 and 32
    pyramid: Tensor  # B×64×S/4×S/4
    chances: Tensor  # B×L×S/4×S/4
    garments: Tensor  # B×S/2×S/2, int64, rows of GARMENTS, or `names.UNKNOWN`
    carried: Tensor  # B×S/2×S/2, int64: 1 of what is carried, 0 of all else, or `names.UNKNOWN`


class Truth:
    """What each photograph's names tell."""

    def __init__(self, photos: Path) -> None:
        self._photos, self._names, self._by_eye = photos, read_pixel_names(photos), read_by_eye()
        self._rows: dict[str, np.ndarray] = {}
        self._carried = torch.from_numpy(carried_rows(self._names))

    def read(self, photo: str, names: Tensor) -> tuple[Tensor, Tensor]:
        """Garments and what is carried, int64, of uint8 names of a photograph's pixels."""
        index = names.long()
        return torch.from_numpy(self._rows_of(photo))[index].long(), self._carried[index].long()

    def shows(self, photo: str, rows: Sequence[int]) -> bool:
        """Whether somebody wears one of those garments."""
        return bool(np.isin(self._rows_of(photo), rows).any())

    def _rows_of(self, photo: str) -> np.ndarray:
        if photo not in self._rows:
            _, labels = read_photo(self._photos, photo)
            self._rows[photo] = garment_rows(labels, self._names, self._by_eye.get(photo, {}))
        return self._rows[photo]


def view_files(views: Path, held_out: str = "") -> list[list[Path]]:
    """Files by round, plain ones first, without photographs whose number ends in `held_out`.

    Raises:
        InputError: there are none.
    """
    folders = sorted(path for path in views.glob("[0-9]*") if path.is_dir())
    rounds = [sorted(folder.glob("*.safetensors")) for folder in folders]
    rounds = [[file for file in files if not held_out or not file.stem.endswith(held_out)] for files in rounds]
    rounds = [files for files in rounds if files]
    if not rounds:
        raise InputError(f"{views} holds no views; gather them first")
    return rounds


def load_views(files: Sequence[Path], truth: Truth) -> GarmentBatch:
    """A batch of files."""
    views = [load_file(file) for file in files]
    told = [truth.read(file.stem, view["names"]) for file, view in zip(files, views, strict=True)]

    def stack(name: str) -> Tensor:
        return torch.stack([view[name].float() for view in views])

    return GarmentBatch(
        taps=[stack(name) for name in TAPS],
        pyramid=stack("pyramid"),
        chances=stack("chances"),
        garments=torch.stack([garments for garments, _ in told]),
        carried=torch.stack([carried for _, carried in told]),
    )


def garment_batches(
    rounds: Sequence[Sequence[Path]], truth: Truth, count: int, steps: range, seed: int
) -> Iterator[GarmentBatch]:
    """The batches of some steps; the same for the same seed and files."""
    pools = [list(rounds[0]), [file for files in rounds[1:] for file in files] or list(rounds[0])]
    rare = [[file for file in files if truth.shows(file.stem, _RARE_ROWS)] or files for files in pools]

    def make(step: int) -> GarmentBatch:
        rng = np.random.default_rng([seed, 12, step])
        drawn = [(rare if rng.random() < _RARE else pools)[int(rng.random() >= _PLAIN)] for _ in range(count)]
        return load_views([pool[int(rng.integers(len(pool)))] for pool in drawn], truth)

    return prefetch(make, steps)
