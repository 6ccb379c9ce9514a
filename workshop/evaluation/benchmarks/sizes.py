"""What a photo's size costs: one picture at many sizes, and small in a wide one; seconds, memory, and what is seen.

Each size is made in a process of its own, since memory is counted by process. The first row is what the others are held
against. Likeness is the PSNR of the double's picture from the photo's camera, within the person, against the photo of
that row.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from importlib import resources
from pathlib import Path

import numpy as np
from PIL import Image

from bodydouble.errors import InputError
from workshop.evaluation.benchmarks.table import Table

_MEGAPIXELS = (1.5, 12.0, 24.0, 48.0)
_WIDE_MEGAPIXELS = (1.5, 24.0)
_SMALL_PX = 330  # height of the whole picture pasted in the wide one: a person of 200 to 300 pixels
_WALL = (150, 150, 145)
_GIB = 2**30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `Benchmark`."""
    sample = resources.files("bodydouble") / "data" / "sample.jpg"
    parser.add_argument("photo", nargs="?", type=Path, default=Path(str(sample)), help="one person; the sample if none")
    parser.add_argument("--megapixels", type=float, nargs="+", default=_MEGAPIXELS, metavar="N")


def run(options: argparse.Namespace) -> None:
    """See `Benchmark`."""
    if not options.photo.is_file():
        raise InputError(f"no photo {options.photo}; name an image file")
    table = Table({"seconds": 1, "CPU s": 1, "peak GiB": 2, "PSNR dB": 2})
    with Image.open(options.photo) as opened, tempfile.TemporaryDirectory() as folder:
        picture = opened.convert("RGB")
        for megapixels in options.megapixels:
            path = _enlarged(picture, megapixels, Path(folder))
            table.add(f"{megapixels:g} megapixels", *_measured(path))
        for megapixels in _WIDE_MEGAPIXELS:
            path = _in_wide_picture(picture, megapixels, Path(folder))
            table.add(f"small in {megapixels:g} megapixels", *_measured(path))


def _enlarged(picture: Image.Image, megapixels: float, folder: Path) -> Path:
    scale = (megapixels * 1e6 / (picture.width * picture.height)) ** 0.5
    size = (round(picture.width * scale), round(picture.height * scale))
    path = folder / f"{megapixels:g}.jpg"
    picture.resize(size, Image.Resampling.LANCZOS).save(path, quality=92)
    return path


def _in_wide_picture(picture: Image.Image, megapixels: float, folder: Path) -> Path:
    """The whole picture, small, in the middle of a wall three wide by two high."""
    height = round((megapixels * 1e6 * 2 / 3) ** 0.5)
    wall = Image.new("RGB", (height * 3 // 2, height), _WALL)
    small = picture.resize((round(picture.width * _SMALL_PX / picture.height), _SMALL_PX), Image.Resampling.LANCZOS)
    wall.paste(small, ((wall.width - small.width) // 2, (wall.height - small.height) // 2))
    path = folder / f"wide{megapixels:g}.jpg"
    wall.save(path, quality=92)
    return path


def _measured(photo: Path) -> tuple[float, float, float, float]:
    """Wall and processor seconds, GiB and dB of one photo, made in a process of its own."""
    command = [sys.executable, "-m", __name__, str(photo)]
    done = subprocess.run(command, stdout=subprocess.PIPE, env=dict(os.environ), check=False)
    if done.returncode != 0:
        raise InputError(f"the double of {photo.name} could not be made; see above")
    result = json.loads(done.stdout.splitlines()[-1])
    return result["seconds"], result["cpu"], result["gib"], result["psnr"]


def _make(photo: Path) -> dict[str, float]:
    """In the process that is measured: from the start of the work to the double; then how like it is."""
    import bodydouble

    start, cpu = time.perf_counter(), time.process_time()
    double = bodydouble.create(photo)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    unit = 1 if sys.platform == "darwin" else 1024
    gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / _GIB
    return {"seconds": seconds, "cpu": cpu, "gib": gib, "psnr": _psnr(double.render(view="photo"), photo)}


def _psnr(drawn: np.ndarray, photo: Path) -> float:
    """Decibels, where the double covers the pixel."""
    with Image.open(photo) as opened:
        image = opened.convert("RGB")
        height, width = drawn.shape[:2]
        if image.size != (width, height):  # photos beyond 20 megapixels are reduced when they are read
            image = image.resize((width, height), Image.Resampling.BOX)
        wanted = np.asarray(image).astype(np.float64)
    covered = drawn[..., 3] == 255
    return float(10 * np.log10(255**2 / ((drawn[..., :3] - wanted)[covered] ** 2).mean()))


if __name__ == "__main__":
    print(json.dumps(_make(Path(sys.argv[1]))))
