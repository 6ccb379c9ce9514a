"""Pictures side by side: what went in, what is true, and what every row of the table made of it."""

from __future__ import annotations

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from bodydouble.files import whole_file

CELL_PX = 176  # side of one picture


class Sheet:
    """One person in one table: a column for the photo, the truth and each row of the table, a line for each view."""

    def __init__(self, rows: tuple[str, ...]) -> None:
        self.rows = ("truth", *rows)
        self._photo = torch.ones(3, CELL_PX, CELL_PX)
        self._cells: dict[str, list[Tensor]] = {row: [] for row in self.rows}

    def photo(self, rgb: Tensor) -> None:
        """The input, 3×H×W."""
        side = max(rgb.shape[1:])
        down, right = side - rgb.shape[1], side - rgb.shape[2]
        square = functional.pad(rgb[None], (right // 2, right - right // 2, down // 2, down - down // 2), value=1.0)
        self._photo = _shrink(square[0])

    def add(self, row: str, picture: Tensor) -> None:
        """The next view of a row, 3×S×S."""
        self._cells[row].append(_shrink(picture))

    def write(self, path: Path) -> None:
        """One JPEG; nothing where there is no view."""
        lines = max(len(cells) for cells in self._cells.values())
        if not lines:
            return
        blank = torch.ones(3, CELL_PX, CELL_PX)
        photos = [self._photo] + [blank] * (lines - 1)
        columns = [photos] + [cells + [blank] * (lines - len(cells)) for cells in self._cells.values()]
        sheet = torch.cat([torch.cat(column, 1) for column in columns], 2)
        path.parent.mkdir(exist_ok=True, parents=True)
        with whole_file(path) as temporary:
            pixels = (sheet.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
            Image.fromarray(pixels).save(temporary, quality=85)


def _shrink(picture: Tensor) -> Tensor:
    size = (CELL_PX, CELL_PX)
    return functional.interpolate(picture[None], size, mode="bilinear", antialias=True, align_corners=False)[0]
