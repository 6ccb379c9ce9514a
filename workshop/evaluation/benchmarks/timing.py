"""Times of one thing, measured several times."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch


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
