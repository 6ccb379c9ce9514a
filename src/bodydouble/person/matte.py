"""From a network's soft, coarse mask to one with clean edges at the photo's resolution.

coarse mask -> trimap -> colours told apart locally -> random walker along the photo's edges -> components -> alpha

Only the band between surely inside and surely outside is decided. The coarse mask and local colour histograms say how
likely each of its pixels is the person's (as SnapCut's windows do: Bai et al. 2009, section 3.1); the random walker
with priors (Grady 2005) then moves the boundary to where the colours change.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.sparse import coo_matrix

from bodydouble.geometry.linear_systems import factor_symmetric

_WORKING_PIXELS_PER_METRE = 400.0
_BAND = 0.012  # metres by which the undecided band is widened outwards; inwards it is half of that
_WINDOW = 0.06  # metres, standard deviation of the windows in which colours are counted
_COLOURS = 64
_LIKENESS = 6.0  # distance in CIELAB (8 bits) at which two colours still count as alike
_ANYWHERE = 0.2  # share of the colours of the whole view in those of a window
_AGAINST_CAP, _FOR_CAP = 3.0, 1.0  # logits; most that a colour can say against and for the person
_PRIOR_PULL = 0.1  # pull of the prior against an edge weight of 1 between neighbours of equal colour
_EDGE_FLOOR = 1e-3
_FINEST_PX = 2700  # longer side of the view up to which the edge is drawn in the photo's own pixels
_SMALLEST_HOLE = 0.015  # metres; the side of the smallest gap between limbs that stays open


def refine(image: np.ndarray, coarse: np.ndarray, bones: np.ndarray, pixels_per_metre: float) -> np.ndarray:
    """The person's coverage of every pixel.

    Args:
        image: H×W×3 uint8, sRGB.
        coarse: H×W float32 in [0, 1], soft.
        bones: N×5: both ends (x, y, x, y) in pixels and thickness in metres of lines that lie inside the person.
        pixels_per_metre: at the person.

    Returns:
        H×W float32 in [0, 1], soft only along the outline.
    """
    seen = coarse > 0.05
    if not seen.any():
        return coarse
    margin = int(np.ceil(3 * _WINDOW * pixels_per_metre))
    (top, bottom), (left, right) = (_extent(seen.any(axis), margin) for axis in (1, 0))
    scale = min(1.0, _WORKING_PIXELS_PER_METRE / pixels_per_metre)
    size = (max(8, round((right - left) * scale)), max(8, round((bottom - top) * scale)))
    small = cv2.resize(image[top:bottom, left:right], size, interpolation=cv2.INTER_AREA)
    soft = cv2.resize(coarse[top:bottom, left:right], size, interpolation=cv2.INTER_AREA)
    lines = np.concatenate([(bones[:, :4] - (left, top) * 2) * scale, bones[:, 4:]], 1)
    field = _boundary(small, soft, lines, pixels_per_metre * scale)
    coverage = np.zeros_like(coarse)
    coverage[top:bottom, left:right] = _alpha(field, (bottom - top, right - left))
    return coverage


def _extent(seen: np.ndarray, margin: int) -> tuple[int, int]:
    """First and last + 1 of the true places, wider by `margin`, within the array."""
    places = np.flatnonzero(seen)
    return max(0, int(places[0]) - margin), min(len(seen), int(places[-1]) + 1 + margin)


@dataclass(frozen=True)
class _Trimap:
    inside: np.ndarray  # H×W bool, surely the person
    outside: np.ndarray  # H×W bool, surely not
    drawn: np.ndarray  # H×W bool, the bones

    @property
    def band(self) -> np.ndarray:
        return ~(self.inside | self.outside)


@dataclass(frozen=True)
class _Palette:
    labels: np.ndarray  # H×W, number of the colour
    likeness: np.ndarray  # K×K, 1 on the diagonal


def _boundary(image: np.ndarray, soft: np.ndarray, lines: np.ndarray, pixels_per_metre: float) -> np.ndarray:
    """H×W float32: above 0.5 inside the person, and smooth across the outline."""
    trimap = _trimap(soft, lines, pixels_per_metre)
    palette = _palette(image)
    prior = soft
    for _ in range(2):
        prior = _with_colours(palette, soft, prior, trimap, pixels_per_metre)
    field = _walk(image, prior, trimap)
    return _whole_parts(field, trimap.drawn, pixels_per_metre)


def _trimap(soft: np.ndarray, lines: np.ndarray, pixels_per_metre: float) -> _Trimap:
    drawn = np.zeros(soft.shape, np.uint8)
    for x0, y0, x1, y1, metres in lines:
        ends = [(round(float(x)), round(float(y))) for x, y in ((x0, y0), (x1, y1))]
        cv2.line(drawn, *ends, 1, max(1, round(float(metres) * pixels_per_metre)))
    bones = (drawn > 0) & (soft > 0.1)
    inside = _shrunk(soft > 0.95, _BAND * pixels_per_metre) | bones
    outside = ~_grown((soft > 0.05) | bones, _BAND * pixels_per_metre)
    return _Trimap(inside, outside, bones)


def _with_colours(
    palette: _Palette, soft: np.ndarray, belief: np.ndarray, trimap: _Trimap, pixels_per_metre: float
) -> np.ndarray:
    """H×W probability from the coarse mask and from how often each colour is inside and outside nearby."""
    labels = palette.labels
    step = max(1, round(_WINDOW * pixels_per_metre / 5))
    inside = np.where(trimap.inside, 1.0, np.where(trimap.outside, 0.0, belief)).astype(np.float32)
    counts = [
        _local_counts(labels, weight, step, _WINDOW * pixels_per_metre / step) @ palette.likeness
        for weight in (np.maximum(0, 2 * inside - 1), np.maximum(0, 1 - 2 * inside))
    ]
    rows, columns = (index // step for index in np.indices(labels.shape))
    share_inside, share_outside = (_shares(count)[rows, columns, labels] for count in counts)
    known = [np.minimum(1, count.sum(-1) / 0.02)[rows, columns] for count in counts]
    ratio = np.log((share_inside + 0.005) / (share_outside + 0.005)) * known[0] * known[1]
    clipped = soft.clip(0.08, 0.92)
    # The coarse mask is rather too large than too small, so a colour takes away more easily than it adds.
    logit = np.log(clipped / (1 - clipped)) + ratio.clip(-_AGAINST_CAP, _FOR_CAP)
    return (1 / (1 + np.exp(-logit))).astype(np.float32)


def _shares(counts: np.ndarray) -> np.ndarray:
    """h×w×K shares of the colours nearby, with a few of those anywhere: a window may lack what lies just beyond."""
    anywhere = counts.sum((0, 1))
    anywhere = anywhere / max(1e-6, anywhere.sum())
    nearby = counts / (counts.sum(-1, keepdims=True) + 1e-3)
    return (1 - _ANYWHERE) * nearby + _ANYWHERE * anywhere


def _palette(image: np.ndarray) -> _Palette:
    """By k-means in CIELAB, started the same way every time."""
    flat = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).reshape(-1, 3).astype(np.float32)
    sample = flat[:: max(1, len(flat) // 20_000)]
    start = (np.argsort(np.argsort(sample @ (1.0, 0.37, 0.61))) * _COLOURS // len(sample)).astype(np.int32)
    criteria = (cv2.TERM_CRITERIA_MAX_ITER, 8, 0.0)
    _, _, centres = cv2.kmeans(sample, _COLOURS, start[:, None], criteria, 1, cv2.KMEANS_USE_INITIAL_LABELS)
    # |x - c|² without |x|², which is the same for every colour.
    distance = (centres**2).sum(1) - 2 * flat @ centres.T
    difference = ((centres[:, None] - centres[None]) ** 2).sum(-1)
    return _Palette(
        labels=distance.argmin(1).reshape(image.shape[:2]),
        likeness=np.exp(-difference / (2 * _LIKENESS**2)).astype(np.float32),
    )


def _local_counts(labels: np.ndarray, weight: np.ndarray, step: int, deviation: float) -> np.ndarray:
    """Weighted counts of each colour in Gaussian windows, on a grid `step` times coarser: h×w×K."""
    height, width = (-(-extent // step) for extent in labels.shape)
    rows, columns = np.indices(labels.shape)
    cell = (rows // step * width + columns // step) * _COLOURS + labels
    sums = np.bincount(cell.ravel(), weight.ravel(), height * width * _COLOURS)
    counts = sums.reshape(height, width, _COLOURS).astype(np.float32) / step**2
    return cv2.GaussianBlur(counts, (0, 0), deviation, borderType=cv2.BORDER_CONSTANT)


def _walk(image: np.ndarray, prior: np.ndarray, trimap: _Trimap) -> np.ndarray:
    """The chance that a walk from each pixel, shy of edges, ends inside: H×W float32."""
    field = np.where(trimap.inside, 1.0, 0.0)
    band = trimap.band
    count = int(band.sum())
    if count == 0:
        return field.astype(np.float32)
    number = np.full(band.shape, -1)
    number[band] = np.arange(count)
    colours = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2LAB), (0, 0), 0.6).astype(np.float64)
    diagonal, known = _PRIOR_PULL * np.ones(count), _PRIOR_PULL * prior[band].astype(np.float64)
    entries = []
    for shift in ((0, 1), (1, 0)):
        a = tuple(slice(None, -s or None) for s in shift)
        b = tuple(slice(s, None) for s in shift)
        contrast = ((colours[a] - colours[b]) ** 2).sum(-1)
        weight = np.exp(-contrast / (2 * 5.0**2)) + _EDGE_FLOOR
        for here, there in ((a, b), (b, a)):
            mine, other = number[here], number[there]
            chosen = mine >= 0
            np.add.at(diagonal, mine[chosen], weight[chosen])
            fixed = chosen & (other < 0)
            np.add.at(known, mine[fixed], weight[fixed] * field[there][fixed])
            both = chosen & (other >= 0)
            entries.append((mine[both], other[both], -weight[both]))
    row, column, value = (np.concatenate(part) for part in zip(*entries, strict=True))
    matrix = coo_matrix(
        (np.append(value, diagonal), (np.append(row, np.arange(count)), np.append(column, np.arange(count))))
    )
    field[band] = factor_symmetric(matrix).solve(known)
    return field.astype(np.float32)


def _whole_parts(field: np.ndarray, drawn: np.ndarray, pixels_per_metre: float) -> np.ndarray:
    """Without islands that hold no bone, and without pinholes."""
    inside = (field > 0.5).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(inside, connectivity=4)
    if count > 1:
        kept = set(np.unique(labels[drawn & (inside > 0)])) | {1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())}
        islands = (inside > 0) & ~np.isin(labels, list(kept))
        field = np.where(_grown(islands, 1) & ~np.isin(labels, list(kept)), field.clip(max=0.0), field)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(1 - (field > 0.5).astype(np.uint8), connectivity=4)
    small = np.flatnonzero(stats[:, cv2.CC_STAT_AREA] < (_SMALLEST_HOLE * pixels_per_metre) ** 2)
    holes = np.isin(labels, small[small > 0])
    return np.where(holes, 1.0, field).astype(np.float32)


def _alpha(field: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Coverage at (height, width) from the signed distance, in pixels, to where the field crosses one half."""
    scale = min(1.0, _FINEST_PX / max(size))
    height, width = (round(side * scale) for side in size)
    large = cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC)
    large = cv2.GaussianBlur(large, (0, 0), max(0.7, 0.5 * width / field.shape[1]))
    across, down = cv2.Sobel(large, -1, 1, 0, scale=1 / 8), cv2.Sobel(large, -1, 0, 1, scale=1 / 8)
    distance = (large - 0.5) / np.maximum(1e-4, np.hypot(across, down))
    alpha = (0.5 + (distance - 0.25) / 1.5).clip(0, 1)
    return alpha if scale == 1 else cv2.resize(alpha, size[::-1], interpolation=cv2.INTER_LINEAR)


def _grown(mask: np.ndarray, radius: float) -> np.ndarray:
    return cv2.dilate(mask.astype(np.uint8), disc(radius)) > 0


def _shrunk(mask: np.ndarray, radius: float) -> np.ndarray:
    return cv2.erode(mask.astype(np.uint8), disc(radius)) > 0


def disc(radius: float) -> np.ndarray:
    """H×W uint8: a structuring element of that radius, pixels."""
    reach = max(1, round(radius))
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
