"""Times of one thing, measured several times, and the view in which a body's drawing is timed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from bodydouble.geometry.camera import orbit_camera
from bodydouble.values import Camera, to_device

_DISTANCE_M, _FILLED = 4.0, 0.85  # from the body, and the share of the picture's height that it fills


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Milliseconds."""

    best_ms: float
    median_ms: float


def summarise(seconds: Sequence[float]) -> Timing:
    """Best and median of times that were measured elsewhere."""
    return Timing(best_ms=1e3 * min(seconds), median_ms=1e3 * statistics.median(seconds))


@torch.no_grad()
def measure_time(action: Callable[[], object], runs: int, device: torch.device | None = None) -> Timing:
    """Call `action` once to warm up and then `runs` times, each until the device has finished."""
    seconds = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        action()
        if device is not None and device.type == "cuda":
            torch.cuda.synchronize(device)
        seconds.append(time.perf_counter() - start)
    return summarise(seconds[1:])


def front_camera(vertices: Tensor, side: int) -> Camera:
    """A square picture of a body that stands on the ground (V×3, metres), from the front, on its device."""
    height = float(vertices[:, 1].max())
    middle = torch.tensor([0.0, height / 2, 0.0])
    camera = orbit_camera(0.0, 0.0, middle, _DISTANCE_M, _DISTANCE_M * _FILLED * side / height, (side, side))
    return to_device(camera, vertices.device)
