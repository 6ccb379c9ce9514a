"""The folder of a stage's run, which explains itself.

run.json           configuration, commit, seed, data, versions, what stands in for LPIPS
curves.csv         every figure, averaged over the steps between two lines
events.out.*       the same and the sheets, for TensorBoard
sheet-STEP.png     photo, truth, drawn; a row for each of some people
"""

from __future__ import annotations

import csv
import json
import platform
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from torch import Tensor
from torch.nn import functional
from torch.utils.tensorboard import SummaryWriter

from bodydouble.files import whole_file

_PACKAGES = ("torch", "accelerate", "diffusers", "safetensors", "numpy", "bodydouble")
_CELL = 224  # pixels a side of a picture in a sheet
_ROWS = 4


class RunFolder:
    """Writes what is to be seen of a run; one process of a run has one."""

    def __init__(self, path: Path, about: Mapping[str, Any]) -> None:
        """Create the folder if it is not there, and say what runs in it."""
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        description = {**about, "commit": _commit(), "versions": _versions(), "command": sys.argv}
        with whole_file(path / "run.json") as temporary:
            temporary.write_text(json.dumps(description, indent=2, default=str) + "\n")
        self._board = SummaryWriter(str(path))
        self._sums: dict[str, list[float]] = defaultdict(list)

    def add(self, figures: Mapping[str, float]) -> None:
        """Figures of one step."""
        for name, value in figures.items():
            self._sums[name].append(value)

    def write_means(self, step: int, seconds: float) -> dict[str, float]:
        """Write the means since the last time; returns them."""
        means = {name: float(np.mean(values)) for name, values in sorted(self._sums.items())}
        self._sums.clear()
        with (self.path / "curves.csv").open("a", newline="") as file:
            rows = csv.writer(file)
            rows.writerows([step, f"{seconds:.0f}", name, f"{value:.6g}"] for name, value in means.items())
        for name, value in means.items():
            self._board.add_scalar(name, value, step)
        return means

    def sheet(self, step: int, pictures: Mapping[str, Tensor]) -> None:
        """Pictures (B×3×H×W, by what they show) side by side, a row for each person."""
        if not pictures:
            return
        columns = [_cells(images[:_ROWS]) for images in pictures.values()]
        image = Image.fromarray(np.concatenate(columns, axis=1))
        pen = ImageDraw.Draw(image)
        for place, name in enumerate(pictures):
            pen.text((place * _CELL + 4, 2), name, fill=(255, 60, 60))
        with whole_file(self.path / f"sheet-{step:07d}.png") as temporary:
            image.save(temporary)
        self._board.add_image("sheet", np.asarray(image), step, dataformats="HWC")

    def close(self) -> None:
        """Everything to disk."""
        self._board.close()


def _cells(images: Tensor) -> np.ndarray:
    """B×3×H×W to a column of pictures, (B·cell)×cell×3 uint8."""
    small = functional.interpolate(images.detach().float().cpu().clamp(0, 1), (_CELL, _CELL), mode="area")
    return np.concatenate([*(small * 255).round().byte().permute(0, 2, 3, 1).numpy()])


def _commit() -> str:
    """The commit that runs, "+" where files differ from it; empty without git."""
    folder = Path(__file__).parent
    try:
        head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=True)
        changed = subprocess.run(["git", "diff", "--quiet", "HEAD"], cwd=folder, capture_output=True, check=False)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return head.stdout.strip() + ("+" if changed.returncode else "")


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions
