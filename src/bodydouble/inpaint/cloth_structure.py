"""What a garment has everywhere, a weave, a pattern or stripes, and what lies in one place of it alone.

Real photographs: tweed, lace, plaid, stripes and prints have 0.12 to 0.34 of `deviation` and 0.73 to 0.95 of it in
their plainest fifth; crumpled, plain, worn or two-coloured cloth has 0.03 to 0.15 and 0.2 to 0.68.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from bodydouble.geometry.lengths import square_lengths
from bodydouble.inpaint.cloth_layer import DARK, ClothLayer, blur, brightness, take_off_shade
from bodydouble.inpaint.cloth_motifs import rate_motifs
from bodydouble.inpaint.weave import rate_weave

_SHADE_M = (0.025, 0.07)  # deviation, of plain and of patterned cloth: what is coarser is shade
_BUSY = (0.1, 0.16)  # standard deviation of relative brightness in the usual block, of plain and of patterned cloth
_BOLD = (0.16, 0.25)  # the same, of what may be folds and of what is bolder than they are
_EVEN, _EVEN_RANGE = (0.68, 0.65), 0.08  # part of it that the plainest fifth of a pattern has at least; and surely
_AS_BUSY = (0.63, 0.67)  # the same, of cloth whose folds lie in places, and of fur
_SHAGGY = (0.08, 0.1)  # deviation of cloth that is no more than woven, and of fur: both lie evenly
_PEAKED = (5.5, 8.0)  # kurtosis of brightness, of fur, which has 4.7, and of leather with zips, which has 10 to 12
_GLINTS = (8.0, 12.0)  # the same, of grey prints and of leather whose zips and folds glint everywhere, which is plain
_SURELY_OWN = (0.5, 1.0)  # how sure it is that what is as peaked is no light's doing; leather has up to 0.4
# Part of what is finer than folds that all of a garment has, and its deviation, of cloth and of coarse knits. Measured:
# a knit has 0.79 and 0.074; jeans, jackets and shirts in folds have 0.15 to 0.55, calm cloth has 0.03 at most.
_ALL_OVER, _COARSE, _STUFF_M = (0.6, 0.75), (0.04, 0.06), 0.004  # ... and deviation of the blur that levels it
_FEW_PLAIN = 0.3  # part of a pattern's blocks that may be plain, as between the bands of a yoke
_NOWHERE_PLAIN = (0.1, 0.13)  # deviation of the plainest of the others, beyond that of any folds, and surely so
_BOLDER = (0.2, 0.25)  # the usual block's, likewise: jackets full of zips and buckles have up to 0.2
_TINTED = (0.02, 0.04)  # part of the variance that is no brightness, of what light may draw, and of what is printed
_LIT = (0.6, 0.68)  # the plainest fifth's part of the deviation, of cloth in patches of sun, and of grey prints
_FINE_M, _FINE = 0.01, (0.0, 0.15)  # way along cloth, and how alike it is so far off, of ornaments and of patches
_BANDED = (0.23, 0.26)  # part of the variance that lies between rows, of cloth without and with stripes around
_HALVES = (0.65, 0.7)  # part of the busiest half's deviation that the calmest has, of ornaments and of patterns
_BLOCK_M = 0.035  # side of the squares by which a garment is judged
_LEAST_BLOCKS = 12
_LEAST_ROW = 0.1  # of the girth, that must be observed of a row to judge it
_LITTLE = 0.03  # deviation of cloth of which too little was observed to tell
_PRINTED = 0.18  # of `patterned`, from which on cloth has a print: crumpled plain cloth has 0
_MOST_GAIN = 2.5  # of a pattern's contrast, where it lies in the shade
_STRONGEST = 2.0  # times the plainest deviation: plain cloth's detail is no stronger
_WEAVE_M = 0.006  # deviation of the blur that levels plain cloth's weave and leaves its folds
_THREAD_PX = 1.5  # least deviation, pixels: below, nothing is left of a weave
_FOLDS = (0.55, 0.85)  # of which this much stays, of cloth and of fur: at 0.85 a suit looked crumpled
_TONE_M = 0.02  # deviation of the blur of tones, which levels a pattern
_LIGHT = 0.25  # of the logarithm of brightness, against a tint's difference
_MOST = 0.75  # part of a garment whose tones are never odd
_ODD_SPREAD = (1.6, 2.5)  # times their largest difference, from which on a tone is odd, in plain and patterned cloth
_ODD_TONE = 0.03  # what is added to that
_NEAR_M = 0.015  # side of the square whose brightest and darkest are compared
_MARK_M = 0.004  # deviation of the blur that leaves marks
_MARK_SPREAD, _MARK = 4.0, 0.1  # times the plainest deviation, and what is added, from which on it is a mark
_BAND_M = 0.012  # deviation of the blur that leaves what crosses stripes
_EDGE_M = 0.008  # width of a garment's edges and of what surrounds the odd, where colours are mixed


@dataclass(frozen=True, kw_only=True)
class ClothStructure:
    """What a garment has everywhere."""

    patterned: float  # 0 plain to 1
    deviation: float  # usual, of relative brightness within a block
    plainest: float  # that of the plainest fifth
    banded: float  # 0 to 1, how far it is stripes around
    even: float = 0.0  # 0 to 1, how far it is as busy everywhere: fur is, crumpled cloth is not
    told: bool = True  # False: too little was observed to tell

    @property
    def plain(self) -> float:
        """0 to 1, how far what it shows beyond its weave are folds, seams and ornaments in their places."""
        return (1 - self.patterned) * (1 - self.even)

    @property
    def printed(self) -> bool:
        """Whether its colours are a pattern's own: plain cloth, crumpled or not, has nothing of one."""
        return self.patterned > _PRINTED

    @property
    def shade_m(self) -> float:
        """Metres, deviation of the blur that leaves shade alone."""
        return float(np.interp(self.patterned, (0, 1), _SHADE_M))


def measure_structure(cloths: Sequence[ClothLayer]) -> ClothStructure:
    """How busy a garment is, and how evenly, by blocks of its canvases that may come again.

    Where these are too few, what else was observed tells of prints, and of prints alone: there lie collars and zips.
    """
    details = [take_off_shade(cloth, _SHADE_M[0]) for cloth in cloths]
    structure = _judge_blocks(cloths, details)
    if structure is None:
        structure = _judge_blocks([replace(cloth, source=cloth.observed) for cloth in cloths], details)
        if structure is None or not structure.printed:
            return ClothStructure(patterned=0.0, deviation=_LITTLE, plainest=_LITTLE, banded=0.0, told=False)
    return structure


def _judge_blocks(cloths: Sequence[ClothLayer], details: Sequence[np.ndarray]) -> ClothStructure | None:
    """What the blocks of a garment tell that are sources; None with too few of them."""
    blocks = np.concatenate([np.zeros((0, 3)), *map(_measure_blocks, cloths, details)])
    if len(blocks) < _LEAST_BLOCKS:
        return None
    usual = blocks[:, 0]
    middle, plainest = float(np.median(usual)), max(1e-3, float(np.quantile(usual, 0.2)))
    busy = float(np.interp(middle, _BUSY, (0, 1)))
    least = float(np.interp(middle, _BOLD, _EVEN))
    even = float(np.interp(plainest / max(middle, 1e-3), (least, least + _EVEN_RANGE), (0, 1)))
    everywhere = float(np.interp(_compare_halves(blocks), _HALVES, (0, 1)))
    banded = busy * float(np.interp(_measure_bands(cloths), _BANDED, (0, 1)))
    bold = float(np.interp(middle, _BOLDER, (0, 1)) * np.interp(np.quantile(usual, _FEW_PLAIN), _NOWHERE_PLAIN, (0, 1)))
    own, peaks = _rate_print(cloths, details), _measure_peaks(cloths, details)
    drawn = max(own, float(np.interp(plainest / max(middle, 1e-3), _LIT, (0, 1))))
    banded *= drawn
    patterned = max(banded, busy * even, everywhere * bold * drawn)
    patterned *= max(float(np.interp(own, _SURELY_OWN, (0, 1))), float(np.interp(peaks, _GLINTS, (1, 0))))
    patterned = max(patterned, rate_motifs(cloths))
    as_busy = float(np.interp(plainest / max(middle, 1e-3), _AS_BUSY, (0, 1)))
    shaggy = everywhere * as_busy * float(np.interp(middle, _SHAGGY, (0, 1)))
    shaggy *= float(np.interp(peaks, _PEAKED, (1, 0)))
    even_stuff = max(shaggy, _rate_stuff(cloths, details))
    return ClothStructure(patterned=patterned, deviation=middle, plainest=plainest, banded=banded, even=even_stuff)


def _rate_stuff(cloths: Sequence[ClothLayer], details: Sequence[np.ndarray]) -> float:
    """0 to 1: how far a garment's stuff is coarse and all over it, as a knit's stitches are, and no fold or seam."""
    weaves = [detail - level_weave(detail, cloth, _STUFF_M) for cloth, detail in zip(cloths, details, strict=True)]
    shared, deviation = rate_weave(cloths, weaves)
    return float(np.interp(shared, _ALL_OVER, (0, 1)) * np.interp(deviation, _COARSE, (0, 1)))


def _measure_peaks(cloths: Sequence[ClothLayer], details: Sequence[np.ndarray]) -> float:
    """Kurtosis of a garment's relative brightness: 3 of noise, more where few places glint or are slit."""
    detail = np.concatenate([brightness(each)[cloth.source] for cloth, each in zip(cloths, details, strict=True)])
    away = np.square(detail - detail.mean())
    return float(np.square(away).mean() / max(1e-12, float(away.mean()) ** 2))


def _rate_print(cloths: Sequence[ClothLayer], details: Sequence[np.ndarray]) -> float:
    """0 to 1: how sure what a garment shows is none of light's doing: it has tints of its own, or is fine."""
    shown = np.concatenate([detail[cloth.source] for cloth, detail in zip(cloths, details, strict=True)])
    tint = np.square(shown - shown.mean(1, keepdims=True)).sum() / max(1e-9, float(np.square(shown).sum()))
    product, square = 0.0, 0.0
    for cloth, detail in zip(cloths, details, strict=True):
        grey, step = brightness(detail), max(1, round(_FINE_M * cloth.scale))
        both = cloth.source[:, step:] & cloth.source[:, :-step]
        here, there = grey[:, step:][both], grey[:, :-step][both]
        product += float(here @ there)
        square += float(here @ here + there @ there) / 2
    alike = product / max(1e-9, square)
    return max(float(np.interp(tint, _TINTED, (0, 1))), float(np.interp(alike, _FINE, (1, 0))))


def _compare_halves(blocks: np.ndarray) -> float:
    """0 to 1: the usual deviation of the calmest of a garment's four halves, as a share of the busiest one's.

    Args:
        blocks: as `_measure_blocks` has them.
    """
    usual = []
    for place in blocks[:, 1:].T:
        low = place < np.median(place)
        usual += [float(np.median(blocks[half, 0])) for half in (low, ~low) if half.any()]
    return min(usual) / max(1e-6, *usual)


def _measure_blocks(cloth: ClothLayer, detail: np.ndarray) -> np.ndarray:
    """B×3, of the blocks that may come again: deviation of relative colour, and metres down and along their canvas."""
    side = max(2, round(_BLOCK_M * cloth.scale))
    width, height = (length // side for length in cloth.source.shape[::-1])
    if not width or not height:
        return np.zeros((0, 3))
    crop = slice(height * side), slice(width * side)
    weight, square = (
        cv2.resize(plane[crop].astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
        for plane in (cloth.source, square_lengths(detail) / 3 * cloth.source)
    )
    row, column = np.nonzero(weight > 0.9)
    return np.stack([np.sqrt(square[row, column]), row * _BLOCK_M, column * _BLOCK_M], 1)


def _measure_bands(cloths: Sequence[ClothLayer]) -> float:
    """Part of a garment's variance that lies between rows: 1 of stripes around, about 0.15 of most cloth."""
    between, total = 0.0, 0.0
    for cloth in cloths:
        detail = brightness(take_off_shade(cloth, _SHADE_M[1]))
        count = cloth.source.sum(1)
        rows = count > _LEAST_ROW * cloth.source.shape[1]
        mean = (detail * cloth.source).sum(1)[rows] / count[rows]
        between += float((np.square(mean) * count[rows]).sum())
        total += float(np.square(detail[rows])[cloth.source[rows]].sum())
    return between / max(total, 1e-6)


def extract_detail(cloth: ClothLayer, structure: ClothStructure) -> np.ndarray:
    """H×W×3, float32: what a garment shows beyond its shade, as a share of its brightness.

    A pattern is as strong in a cast shadow as beside it; plain cloth has its weave and some of its folds, and nothing
    that is stronger than what it has everywhere.
    """
    detail = _even_contrast(cloth, structure)
    strongest = _STRONGEST * structure.plainest
    bounded = strongest * np.tanh(detail / strongest)
    left = float(np.interp(structure.even, (0, 1), _FOLDS))
    plain = bounded - (1 - left) * level_weave(bounded, cloth, _WEAVE_M)
    return (plain + structure.patterned * (detail - plain)).astype(np.float32)


def level_weave(detail: np.ndarray, cloth: ClothLayer, sigma_m: float) -> np.ndarray:
    """H×W×3: detail without what is finer than so many metres."""
    return cv2.GaussianBlur(detail, (0, 0), max(_THREAD_PX, sigma_m * cloth.scale))


def _even_contrast(cloth: ClothLayer, structure: ClothStructure) -> np.ndarray:
    """H×W×3: detail, of patterned cloth as strong everywhere; a shadow on stripes ends more abruptly than they do."""
    scale, around_m = cloth.scale, float(np.interp(structure.banded, (0, 1), (structure.shade_m, _SHADE_M[0])))
    detail = take_off_shade(cloth, structure.shade_m, around_m)
    if not cloth.source.any():
        return detail
    square = blur(np.square(detail), cloth.observed, structure.shade_m * scale, around_m * scale)
    strength = np.sqrt(brightness(square))
    gain = (np.median(strength[cloth.source]) / strength.clip(1e-3)).clip(1 / _MOST_GAIN, _MOST_GAIN)
    return detail * (gain**structure.patterned)[..., None]


def leave_out_odd(cloths: Sequence[ClothLayer], structure: ClothStructure) -> list[ClothLayer]:
    """Without sources that are not what the garment is: a scarf's end, a strap, a pocket's edge, a bag's shadow."""
    kept = []
    for cloth, odd in zip(cloths, find_odd_tones(cloths, structure.patterned), strict=True):
        scale = cloth.scale
        mark = cv2.GaussianBlur(take_off_shade(cloth, _SHADE_M[1]), (0, 0), _MARK_M * scale)
        odd |= brightness(np.abs(mark)) > _MARK_SPREAD * structure.plainest + _MARK
        if structure.banded > 0:
            odd |= _crosses_bands(cloth, structure)
        edge = np.ones((2 * round(_EDGE_M * scale) + 1,) * 2, np.uint8)
        inside = cv2.erode((cloth.observed & ~odd).astype(np.uint8), edge) > 0
        kept.append(replace(cloth, source=cloth.source & inside))
    return kept


def find_odd_tones(cloths: Sequence[ClothLayer], patterned: float) -> list[np.ndarray]:
    """H×W bool of each layer: pixels whose tone a garment hardly has elsewhere.

    Args:
        patterned: 0 to 1, how far it is patterned; then its tones differ more.
    """
    tones = [_measure_tones(cloth) for cloth in cloths]
    usual = np.concatenate([tone[cloth.source] for tone, cloth in zip(tones, cloths, strict=True)])
    middle = np.median(usual, 0) if len(usual) else np.zeros(usual.shape[1])
    spread = float(np.quantile(np.sqrt(square_lengths(usual - middle)), _MOST)) if len(usual) else 0.0
    most = float(np.interp(patterned, (0, 1), _ODD_SPREAD)) * spread + _ODD_TONE
    return [np.sqrt(square_lengths(tone - middle)) > most for tone in tones]


def _measure_tones(cloth: ClothLayer) -> np.ndarray:
    """H×W×6: tint, brightness, and the brightest and the darkest near by: a strap hides a pattern's light squares."""
    scale = cloth.scale
    soft = blur(cloth.rgb, cloth.observed, _TONE_M * scale).clip(0, 1)
    total = soft.sum(2, keepdims=True) + 3 * DARK
    near = np.ones((1 + 2 * round(_NEAR_M * scale / 2),) * 2, np.uint8)
    # Below 0 it may be where what is the same all along a row of a skirt was taken off.
    light = np.where(cloth.observed, brightness(cloth.rgb), brightness(soft)).astype(np.float32).clip(0)
    lights = [total[..., 0], 3 * (cv2.dilate(light, near) + DARK), 3 * (cv2.erode(light, near) + DARK)]
    return np.dstack([(soft + DARK) / total, _LIGHT * np.log(np.dstack(lights))])


def _crosses_bands(cloth: ClothLayer, structure: ClothStructure) -> np.ndarray:
    """H×W bool: where stripes are not those of their row, such as at the edge of a cast shadow."""
    detail = brightness(_even_contrast(cloth, structure))
    rows = np.ma.median(np.ma.masked_array(detail, ~cloth.source), 1).filled(0)[:, None]
    unlike = cv2.GaussianBlur((detail - rows) * cloth.source, (0, 0), _BAND_M * cloth.scale)
    return np.abs(unlike) > structure.deviation
