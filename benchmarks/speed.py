"""How fast it is, as one table: `python benchmarks/speed.py`. Best and median of some runs, on all threads."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from bodydouble.body import body_model
from bodydouble.geometry.camera import clip_from_world, orbit_camera
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


PARTS: tuple[Callable[[], Iterator[Row]], ...] = (rasterisers,)


def main() -> None:
    """Measure every part and print a line as soon as it is known."""
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}")
    print(f"{'':44}{'best':>10}{'median':>10}{'must':>10}  ms")
    for part in PARTS:
        for row in part():
            must = "" if row.must_ms is None else f"{row.must_ms:.1f}"
            print(f"{row.what:44}{row.best_ms:10.1f}{row.median_ms:10.1f}{must:>10}", flush=True)


if __name__ == "__main__":
    main()
