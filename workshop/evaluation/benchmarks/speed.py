"""How fast it is: best and median of some runs in milliseconds, on all threads, beside what is promised."""

from __future__ import annotations

import argparse
import functools
import resource
import sys
from importlib import resources

import torch

import bodydouble
from bodydouble.body import BodyModel, body_model
from bodydouble.create_config import CreateConfig
from bodydouble.geometry.camera import clip_from_world
from bodydouble.motion.load import load_motion
from bodydouble.raster import RASTERISERS, rasteriser
from workshop.evaluation.benchmarks.table import Table
from workshop.evaluation.benchmarks.timing import Timing, front_camera, measure_time, summarise

_RASTER_SIDES = {256: None, 512: 25.0, 1024: None}  # pixels, and the milliseconds promised
_STAGES_MS = {"fit": 15e3}  # promised
_CREATE_MS = 60e3  # promised, with the body model cached
_PICTURE_SIZE = (512, 384)  # height, width
_DOUBLES = 3  # made to time the stages


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `Benchmark`; there is nothing to choose."""


def run(options: argparse.Namespace) -> None:
    """See `Benchmark`."""
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}")
    table, body = Table({"best": 1, "median": 1, "promised": 1}), body_model("anny")
    _time_rasterisers(table, body)
    _time_doubles(table, body)
    print(f"peak memory {_peak_memory_gib():.2f} GiB (promised: 4)")


def _add(table: Table, label: str, timing: Timing, promised_ms: float | None = None) -> None:
    table.add(label, timing.best_ms, timing.median_ms, promised_ms)


def _time_rasterisers(table: Table, body: BodyModel) -> None:
    """The average body from the front, filling 85 % of the image's height, with every rasteriser."""
    vertices = body.rest(body.mean_shape()).vertices
    for name in RASTERISERS:
        rasterise = rasteriser(name)
        for side, promised_ms in _RASTER_SIDES.items():
            camera = front_camera(vertices, side)
            clip = clip_from_world(vertices, camera)[None]
            timing = measure_time(functools.partial(rasterise, clip, body.faces, camera.size), runs=15)
            _add(table, f"rasterise the body, {name}, {side}²", timing, promised_ms)


def _time_doubles(table: Table, body: BodyModel) -> None:
    """The shipped sample from photo to double, by stage, and what follows; the body model is cached."""
    sample = str(resources.files("bodydouble") / "data" / "sample.jpg")
    doubles = [bodydouble.create(sample, config=CreateConfig(body=body)) for _ in range(_DOUBLES)]
    seconds = [double.metadata.seconds for double in doubles]
    for stage in seconds[0]:
        if stage != "body model":
            _add(table, f"create: {stage}", summarise([each[stage] for each in seconds]), _STAGES_MS.get(stage))
    _add(table, "create: all, body model cached", summarise([sum(each.values()) for each in seconds]), _CREATE_MS)
    double = doubles[0]
    picture = measure_time(lambda: double.render(azimuth=30, size=_PICTURE_SIZE), runs=5)
    _add(table, f"render a picture, {_PICTURE_SIZE[0]}×{_PICTURE_SIZE[1]}", picture)
    _add(table, "load a motion (walk)", measure_time(lambda: load_motion("walk", body, double.rest), runs=3))


def _peak_memory_gib() -> float:
    """Most memory this process has held."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30
