"""What plain cloth has everywhere, its weave, drawn anew from where it is calm: without seams, and nothing comes twice.

White noise convolved with a sample has the sample's spectrum (Galerne, Gousseau and Morel, "Random phase textures",
2011): of a zip or a crease, which the samples avoid, nothing is left that has a shape.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from scipy.fft import irfft2, rfft2

from bodydouble.inpaint.cloth_layer import ClothLayer, brightness
from bodydouble.inpaint.quilt import squared_norm

_SIDES_M = (0.05, 0.035, 0.025)  # of a sample, the largest of which there are enough
_SAMPLES = 5
_CALM = (0.03, 0.3)  # part of the places of samples that are calmer: blurred ones, and those that serve
_STRENGTH = 0.65  # of what is drawn, against the samples': noise stands out more than threads
_BANDS_M = (0.002, 0.004)  # deviations of blurs that part grain, weave and what is coarser
# Of what the photo shows of a band at most places, which noise should have; and most of its gain. Measured on six
# people the samples' strength gave a third of it: backs were blurred beside their fronts.
_MATCHED, _MOST_GAIN = 0.7, 3.0
_DEVIATION = 1.48  # of a normal distribution, over the median of its absolute values
_SOURCE = 0.97  # part of a sample that may come again


def take_samples(
    cloths: Sequence[ClothLayer], weaves: Sequence[np.ndarray], details: Sequence[np.ndarray]
) -> list[np.ndarray]:
    """Up to five squares of a garment's weave, S×S×3 each, from where there is least beside it. Of too little, none.

    Args:
        weaves: of each layer, H×W×3, what is finer than folds.
        details: of each layer, H×W×3, with folds.
    """
    for side_m in _SIDES_M:
        side = 2 * round(side_m * cloths[0].scale / 2)
        places = [_rate_places(*pair, side) for pair in zip(cloths, details, strict=True)]
        rating = np.concatenate([place[np.isfinite(place)] for place in places])
        if side < 4 or len(rating) < _SAMPLES * side:
            continue
        least, most = np.quantile(rating, _CALM)
        return _cut_samples(places, weaves, side, float(least), float(most))
    return []


def _rate_places(cloth: ClothLayer, detail: np.ndarray, side: int) -> np.ndarray:
    """H×W: the energy of a square around each place, infinite where not all of it may come again."""
    inside = cv2.blur(cloth.source.astype(np.float32), (side, side), borderType=cv2.BORDER_CONSTANT) > _SOURCE
    energy = cv2.blur(squared_norm(detail), (side, side))
    # Three digits: the last bits of sums, which depend on where arrays lie in memory, must not choose between places.
    return np.where(inside, energy.astype(np.float16).astype(np.float32), np.inf)


def _cut_samples(
    places: list[np.ndarray], weaves: Sequence[np.ndarray], side: int, least: float, most: float
) -> list[np.ndarray]:
    """Squares that do not overlap, the calmest first."""
    samples: list[np.ndarray] = []
    places = [np.where(place < least, np.inf, place) for place in places]
    while len(samples) < _SAMPLES:
        layer = min(range(len(places)), key=lambda number: places[number].min())
        row, column = np.unravel_index(int(places[layer].argmin()), places[layer].shape)
        if places[layer][row, column] > most:
            break
        first = max(0, int(row) - side // 2), max(0, int(column) - side // 2)
        samples.append(weaves[layer][first[0] : first[0] + side, first[1] : first[1] + side])
        near = slice(max(0, row - side), row + side), slice(max(0, column - side), column + side)
        places[layer][near] = np.inf
    return samples


def draw_weave(samples: Sequence[np.ndarray], shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """H×W×3, float32: cloth of that weave, H and W being the shape; its columns run on around."""
    spectra = [np.zeros((shape[0], shape[1] // 2 + 1), np.complex64) for _ in range(3)]
    generator = np.random.default_rng(seed)
    for sample in samples:
        taper = np.sqrt(np.outer(*(np.hanning(length + 2)[1:-1] for length in sample.shape[:2])))[..., None]
        spot = (sample - sample.mean((0, 1))) * taper / np.sqrt(np.square(taper).sum())
        noise = rfft2(generator.standard_normal(shape).astype(np.float32))
        for channel, spectrum in enumerate(spectra):
            spectrum += noise * rfft2(spot[..., channel].astype(np.float32), shape)
    drawn = np.stack([irfft2(spectrum, shape) for spectrum in spectra], -1)
    return _STRENGTH * drawn / np.float32(np.sqrt(max(1, len(samples))))


def measure_bands(cloths: Sequence[ClothLayer], details: Sequence[np.ndarray]) -> np.ndarray:
    """(2,): how strong grain and weave of a garment usually are, deviations of brightness. Edges and creases are few.

    Args:
        details: of each layer, H×W×3.
    """
    shown: list[list[np.ndarray]] = [[], []]
    for cloth, detail in zip(cloths, details, strict=True):
        for values, band in zip(shown, _split_bands(detail, cloth.scale), strict=False):
            values.append(brightness(band)[cloth.source])
    return np.array([_DEVIATION * np.median(np.abs(np.concatenate(values))) for values in shown])


def match_bands(drawn: np.ndarray, wanted: np.ndarray, scale: float) -> np.ndarray:
    """H×W×3: a drawn weave whose grain and weave are nearly as strong as those that were measured, (2,).

    Args:
        scale: pixels a metre.
    """
    *bands, coarse = _split_bands(drawn, scale)
    for band, deviation in zip(bands, wanted, strict=True):
        gain = _MATCHED * deviation / max(1e-6, float(brightness(band).std()))
        coarse = coarse + band * np.float32(np.clip(gain, 1 / _MOST_GAIN, _MOST_GAIN))
    return coarse


def _split_bands(image: np.ndarray, scale: float) -> list[np.ndarray]:
    """H×W×3, thrice: grain, weave and what is coarser, whose sum is the image."""
    bands, finer = [], image
    for sigma in _BANDS_M:
        coarser = cv2.GaussianBlur(image, (0, 0), sigma * scale)
        bands.append(finer - coarser)
        finer = coarser
    return [*bands, finer]
