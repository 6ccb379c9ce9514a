"""One garment laid flat, and what of it is shade: what is coarser than its detail."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

DARK = 0.2  # of brightness, that is added where detail is a share of it: the dark has a little, too
_REDUCED = 8  # pixels of a canvas that are one where shade is measured
_LIGHT_M, _MOST_LIGHT = 0.12, 1.3  # deviation of the blur that leaves light on a pattern; most and least of its gain


@dataclass(frozen=True, kw_only=True)
class ClothLayer:
    """One garment on one canvas, H×W, whose rows run down and whose columns run on around."""

    limb: int  # `TRUNK`, or 1 + a row of `LIMBS`
    top: int  # rows down from the limb's first joint of the upper edge
    scale: float  # pixels a metre
    observed: np.ndarray  # bool, of the garment
    gaps: np.ndarray  # bool, of the garment, not observed
    source: np.ndarray  # bool, of what was observed, what may come again
    rgb: np.ndarray  # H×W×3, float32: observed, else smooth
    behind: float = 0.0  # column, pixels, of the middle of the side that faces back
    stature: float = 1.0  # of who wears it, times the mean body's


def take_off_shade(cloth: ClothLayer, sigma_m: float, around_m: float | None = None) -> np.ndarray:
    """H×W×3: what was observed of a garment beyond its shade, as a share of its brightness; 0 elsewhere.

    Args:
        sigma_m: metres, deviation of the blur that leaves shade alone.
        around_m: the same around the body; None: as up and down.
    """
    around = None if around_m is None else around_m * cloth.scale
    shade = blur(cloth.rgb, cloth.observed, sigma_m * cloth.scale, around)
    return (cloth.rgb - shade) * (cloth.observed / (brightness(shade) + DARK))[..., None]


def measure_light(cloth: ClothLayer) -> np.ndarray:
    """H×W×1: the light on a pattern, times the usual: one gain for all channels, and not what is coarse of itself."""
    light = brightness(blur(cloth.rgb, cloth.observed, _LIGHT_M * cloth.scale)).clip(0) + DARK
    typical = float(np.median(light[cloth.observed])) if cloth.observed.any() else 1.0
    gain: np.ndarray = (light / typical).clip(1 / _MOST_LIGHT, _MOST_LIGHT)[..., None]
    return gain


def brightness(image: np.ndarray) -> np.ndarray:
    """H×W: mean of the three channels of H×W×3."""
    return image @ np.full(3, 1 / 3, np.float32)


def blur(image: np.ndarray, weight: np.ndarray, sigma: float, around: float | None = None) -> np.ndarray:
    """H×W×3: means of an image over where the weight is, H×W bool.

    Args:
        sigma: pixels, deviation.
        around: the same along a row, whose ends meet; None: as up and down.
    """
    small = reduced_blur(image, weight, sigma, around)
    return cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def reduced_blur(image: np.ndarray, weight: np.ndarray, sigma: float, around: float | None = None) -> np.ndarray:
    """h×w×3: the same, at an eighth of the size."""
    planes = np.dstack([image * weight[..., None], weight]).astype(np.float32)
    width, height = (max(1, length // _REDUCED) for length in planes.shape[1::-1])
    small = cv2.resize(planes, (width, height), interpolation=cv2.INTER_AREA)
    down, across = (max(0.3, length / _REDUCED) for length in (sigma, sigma if around is None else around))
    small = blur_around(small, across, down)
    return small[..., :3] / small[..., 3:].clip(1e-4)


def blur_around(image: np.ndarray, across: float, down: float) -> np.ndarray:
    """An image of the same size, blurred by so many pixels, deviation; its columns run on around."""
    width = image.shape[1]
    return cv2.GaussianBlur(np.hstack([image] * 3), (0, 0), across, sigmaY=down)[:, width : 2 * width]
