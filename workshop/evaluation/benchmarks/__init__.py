"""What benchmarks have in common: a module that adds its arguments to a parser and prints its tables.

python -m workshop.evaluation.benchmarks NAME ...
"""

from __future__ import annotations

import argparse
import importlib
from typing import Protocol, cast

# By name, what each tells; the module of that name in this folder is read when it is asked for.
BENCHMARKS = {
    "photos": "what becomes of real photographs: fit, likeness, seconds",
    "reposing": "one photo's double in other photos' poses, against those photos",
    "backs": "doubles of front pictures against real pictures of the same people from behind",
    "faces": "how like the photo's face the double's is, from the front and aside",
    "light": "how well light is told from material, on drawn people",
    "geometry": "how near digitised geometry is to the true one, on drawn people",
    "several": "what further photos, or a video, are worth, and how to blend them",
    "imitating": "how well the motion in a video is found again, on videos of a double whose motion is known",
    "many": "many photos at once, against a warm pipeline that makes one after the other",
    "sizes": "what a photo's size costs, from 1.5 to 48 megapixels",
    "speed": "seconds of every stage, and memory",
    "rendering": "what a picture by the neural renderer costs",
}


class Benchmark(Protocol):
    """A module of this folder."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Say what can be chosen."""

    def run(self, options: argparse.Namespace) -> None:
        """Measure and print. Raises InputError for what cannot be measured."""


def benchmark(name: str) -> Benchmark:
    """The module of that name in `BENCHMARKS`."""
    return cast(Benchmark, importlib.import_module(f"{__name__}.{name}"))
