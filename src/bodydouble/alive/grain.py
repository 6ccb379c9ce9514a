"""A photo's grain: how strong it is, and the same on what has none."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

_FLAT = 0.5  # share of the pixels that count: those where the photo changes least around them
_MAD = 1.4826  # standard deviation of a normal distribution, in median absolute deviations
_MEDIAN_LOSS = 0.9  # of white noise of deviation 1, what is left of it after its 3×3 median is taken off
_STRONGEST = 12.0  # levels of 255; what is stronger is texture


def measure_grain(image: np.ndarray, where: np.ndarray) -> float:
    """Standard deviation, in levels of 255, of the luminance's finest noise in the flatter half of some pixels.

    Args:
        image: H×W×3, [0, 255].
        where: H×W bool.
    """
    if not where.any():
        return 0.0
    grey = cv2.cvtColor(image.astype(np.float32), cv2.COLOR_RGB2GRAY)
    fine = grey - cv2.medianBlur(grey, 3)
    mean = cv2.blur(grey, (7, 7))
    spread = (cv2.blur(grey * grey, (7, 7)) - mean * mean)[where]
    flat = np.abs(fine[where][spread <= np.quantile(spread, _FLAT)])
    # Most of a clean photo's pixels are their own median: their deviation is told by all of them.
    deviation = max(_MAD * float(np.median(flat)), float(np.sqrt(np.minimum(flat, _STRONGEST).var())))
    return min(deviation / _MEDIAN_LOSS, _STRONGEST)


def add_grain(image: np.ndarray, deviation: float, seed: int) -> np.ndarray:
    """The H×W×3 image, [0, 255], with grey noise of that deviation; the same noise for the same seed and size."""
    if deviation <= 0:
        return image
    return (image + deviation * _noise(seed, *image.shape[:2])[..., None]).clip(0, 255)


@lru_cache(maxsize=2)
def _noise(seed: int, height: int, width: int) -> np.ndarray:
    """H×W float32, of deviation 1: the same in every frame of a video."""
    noise = np.random.default_rng(seed).standard_normal((height, width)).astype(np.float32)
    noise.flags.writeable = False
    return noise
