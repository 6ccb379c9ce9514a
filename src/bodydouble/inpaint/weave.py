"""What plain cloth has everywhere, its weave, drawn anew: without seams, and nothing comes twice.

White noise convolved with a sample has the sample's spectrum (Galerne, Gousseau and Morel, "Random phase textures",
2011). The spectrum is that which all of the cloth has: of each frequency a low quantile of the periodograms of many
squares of it (Welch's method with a quantile for the mean). Ribs, stitches and grain are in all of them; a fold, a zip
or a sheen is in some, and a single sample with one of these made ribs of it behind. What is stronger than the weave of
calm cloth, as stripes are that most squares have a part of, is drawn no stronger.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from scipy.fft import irfft2, rfft2

from bodydouble.inpaint.cloth_layer import ClothLayer

_SIDES_M = (0.05, 0.035, 0.025)  # of a square, the largest of which there are enough
_LEAST_SIDE, _LEAST_SQUARES = 4, 6  # pixels of a square, below which it tells no frequency, and squares of a spectrum
_MANY_SQUARES = 20  # fewer may be alike by chance
_SHARED = 0.35  # of the squares that may have less of a frequency than what counts as the cloth's
_MOST = 0.03  # deviation of relative brightness: calm cloth has no more; what is stronger are stripes, or folds
_STRENGTH = 0.8  # of what is drawn, against the photo's: noise stands out more than threads
_SOURCE = 0.97  # part of a square that may come again


def measure_weave(cloths: Sequence[ClothLayer], weaves: Sequence[np.ndarray]) -> np.ndarray | None:
    """S×S×3, float32: how strong each frequency of a garment's weave is; None of too little.

    They are amplitudes in the order of `np.fft.fft2`, 1 of unit noise.

    Args:
        weaves: of each layer, H×W×3, what is finer than folds.
    """
    spectra = _measure_spectra(cloths, weaves)
    if spectra is None:
        return None
    amplitude = np.sqrt(_find_shared(spectra))
    deviation = float(np.sqrt(np.square(amplitude).mean()))
    return (amplitude * min(1.0, _MOST / max(_MOST, deviation))).astype(np.float32)


def rate_weave(cloths: Sequence[ClothLayer], weaves: Sequence[np.ndarray]) -> tuple[float, float]:
    """Of what is finer than folds, the part that all of a garment has, about 0 to 1, and its deviation; else 0.

    Args:
        weaves: of each layer, H×W×3.
    """
    spectra = _measure_spectra(cloths, weaves)
    if spectra is None or len(spectra) < _MANY_SQUARES:
        return 0.0, 0.0
    shared = _find_shared(spectra.mean(3))
    return float(shared.sum() / max(1e-9, float(spectra.mean((0, 3)).sum()))), float(np.sqrt(shared.mean()))


def _measure_spectra(cloths: Sequence[ClothLayer], weaves: Sequence[np.ndarray]) -> np.ndarray | None:
    """N×S×S×3: periodograms of the squares of a garment's weave; None of too little, or too coarse a texture."""
    for side in (2 * round(side_m * cloths[0].scale / 2) for side_m in _SIDES_M):
        if side < _LEAST_SIDE:
            return None
        squares = [square for pair in zip(cloths, weaves, strict=True) for square in _cut_squares(*pair, side)]
        if len(squares) >= _LEAST_SQUARES:
            break
    else:
        return None
    taper = np.outer(*[np.hanning(side + 2)[1:-1]] * 2)[..., None]
    taper /= np.sqrt(np.square(taper).sum())
    cut = np.stack(squares)
    return np.square(np.abs(np.fft.fft2((cut - cut.mean((1, 2), keepdims=True)) * taper, axes=(1, 2))))


def _find_shared(spectra: np.ndarray) -> np.ndarray:
    """The mean of periodograms, N×..., of what they have in common.

    Of one texture they are distributed exponentially; that makes their quantile their mean.
    """
    return np.quantile(spectra, _SHARED, 0) / -np.log1p(-_SHARED)


def _cut_squares(cloth: ClothLayer, weave: np.ndarray, side: int) -> list[np.ndarray]:
    """side×side×3 of a weave, overlapping by half, where nearly all of it may come again."""
    inside = cv2.blur(cloth.source.astype(np.float32), (side, side), borderType=cv2.BORDER_CONSTANT) > _SOURCE
    rows, columns = (np.arange(side // 2, length - side // 2 + 1, side // 2) for length in inside.shape)
    return [
        weave[row - side // 2 : row + side // 2, column - side // 2 : column + side // 2]
        for row in rows[rows < len(inside)]
        for column in columns[columns < inside.shape[1]]
        if inside[row, column]
    ]


def draw_weave(amplitude: np.ndarray, shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """H×W×3, float32: cloth of that weave, H and W being the shape; its columns run on around.

    Args:
        amplitude: as `measure_weave` has it.
    """
    side = len(amplitude)
    noise = rfft2(np.random.default_rng(seed).standard_normal(shape).astype(np.float32))
    taper = np.outer(*[np.hanning(side + 2)[1:-1]] * 2)
    drawn = np.zeros((*shape, 3), np.float32)
    for channel in range(3):
        spot = np.fft.fftshift(np.fft.ifft2(amplitude[..., channel]).real) * taper
        drawn[..., channel] = irfft2(noise * rfft2(spot.astype(np.float32), shape), shape)
    return _STRENGTH * drawn
