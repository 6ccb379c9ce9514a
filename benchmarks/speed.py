"""How fast it is, as one table: `python benchmarks/speed.py`. Best and median of some runs, on all threads."""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources

import torch

import bodydouble
from bodydouble.body import body_model
from bodydouble.geometry.camera import clip_from_world, orbit_camera
from bodydouble.motion.load import load_motion
from bodydouble.pipeline import CreateConfig
from bodydouble.raster import RASTERISERS, rasteriser


@dataclass(frozen=True)
class Row:
    """One measured thing."""

    what: str
    best_ms: float
    median_ms: float
    must_ms: float | None = None  # the promise, where there is one


def timed(what: str, action: Callable[[], object], runs: int = 15, must_ms: float | None = None) -> Row:
    """Run `action` once to warm up and then `runs` times."""
    action()
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - start)
    return Row(what, 1e3 * min(seconds), 1e3 * statistics.median(seconds), must_ms)


def rasterisers() -> Iterator[Row]:
    """The average body from the front, filling 85 % of the image's height, with every rasteriser."""
    body = body_model("anny")
    vertices = body.rest(body.mean_shape()).vertices
    height = float(vertices[:, 1].max())
    target = torch.tensor([0.0, height / 2, 0.0])
    for name in RASTERISERS:
        rasterise = rasteriser(name)
        for side, must in ((256, None), (512, 25.0), (1024, None)):
            camera = orbit_camera(0.0, 0.0, target, 4.0, 4.0 * 0.85 * side / height, (side, side))
            clip = clip_from_world(vertices, camera)[None]
            what = f"rasterise the body, {name}, {side}²"
            yield timed(what, lambda r=rasterise, c=clip, s=camera.size: r(c, body.faces, s), must_ms=must)


def doubles() -> Iterator[Row]:
    """The shipped sample from photo to double, by stage, and what follows; the body model is cached."""
    sample = str(resources.files("bodydouble") / "data" / "sample.jpg")
    body = body_model("anny")
    made = [bodydouble.create(sample, config=CreateConfig(body=body)) for _ in range(3)]
    for stage in made[0].metadata.seconds:
        if stage != "body model":
            yield row(f"create: {stage}", [double.metadata.seconds[stage] for double in made], _MUST.get(stage))
    totals = [sum(double.metadata.seconds.values()) for double in made]
    yield row("create: all, body model cached", totals, _MUST["all"])
    double, size = made[0], (512, 384)
    yield timed("render a picture, 512×384", lambda: double.render(azimuth=30, size=size), runs=5)
    yield timed("load a motion (walk)", lambda: load_motion("walk", body, double.rest), runs=3)


_MUST = {"fit": 15e3, "all": 60e3}  # milliseconds


def row(what: str, seconds: list[float], must_ms: float | None) -> Row:
    """A row of times that were measured elsewhere."""
    return Row(what, 1e3 * min(seconds), 1e3 * statistics.median(seconds), must_ms)


def peak_memory_gib() -> float:
    """Most memory this process has held."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30


PARTS: tuple[Callable[[], Iterator[Row]], ...] = (rasterisers, doubles)


def main() -> None:
    """Measure every part and print a line as soon as it is known."""
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}")
    print(f"{'':44}{'best':>10}{'median':>10}{'must':>10}  ms")
    for part in PARTS:
        for measured in part():
            must = "" if measured.must_ms is None else f"{measured.must_ms:.1f}"
            print(f"{measured.what:44}{measured.best_ms:10.1f}{measured.median_ms:10.1f}{must:>10}", flush=True)
    print(f"peak memory {peak_memory_gib():.2f} GiB (must: 4)")


if __name__ == "__main__":
    main()
