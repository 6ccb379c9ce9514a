"""A bag's strap across the trunk: a thin line in the bag's colours that leads from it to a shoulder.

Left on the garment, it comes again behind in pieces. Found whole, it goes with the bag.
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter

from bodydouble.geometry.window import photo_pixels
from bodydouble.person.landmarks import SHOULDERS, SIDES, side_point
from bodydouble.person.matte import disc
from bodydouble.values import BODY_LANDMARKS, Person, Photo

# The numbers were chosen on street photographs with bags across the trunk, over the shoulder and in the hand.
_BINS, _BLUR = (32, 64, 64), 1.0  # of CIELAB, in which colours are counted; deviation, bins, of their blur
_MORE = 4.0  # times the share of a colour in what is worn, that a thing has of it, from which on it is the thing's
_LEAST = 1e-4  # such a share, below which a colour is an accident
_WIDEST_M = 0.05  # of a strap; what is wider is cloth or skin of that colour
_SPECK_M = 0.003  # half the width of what is no strap, but noise
_LEAST_M = 0.08  # length of the shortest piece of one that counts
_SLENDER, _CURVED = 2.5, 1.6  # times its breadth, that such a piece is long; times the widest strap, that it is broad
_BENT_M = 0.1  # breadth of all of a strap: it is straight, or bent a little over the chest
_LEVEL = 0.5  # sine of the steepest angle to the horizontal at which a line is a stripe or a hem
_GAP_M = 0.16  # between two pieces of one strap, and from the lowest to the thing
_SHOULDER_M = 0.18  # around a shoulder's joint, where a strap ends
_FEW = 200  # pixels of a thing that tell its colours
_FOREARM_M = 0.04  # half the width of a forearm: one before a bag of skin's colour, raised to the chin, is no strap
_SURE = 0.9  # score of elbow and wrist from which on a forearm is where they are


def find_strap(things: np.ndarray, photo: Photo, person: Person, scale: float) -> np.ndarray:
    """H×W bool: the strap, nothing where none leads from a thing to a shoulder.

    Args:
        things: H×W bool.
        scale: pixels a metre.
    """
    core, shoulders = cv2.erode(things.astype(np.uint8), disc(_SPECK_M * scale)) > 0, _find_shoulders(person)
    if int(core.sum()) < _FEW or not len(shoulders):
        return np.zeros_like(things)
    worn = (person.mask.numpy() > 0.5) & ~things
    lab = cv2.cvtColor(photo_pixels(photo), cv2.COLOR_RGB2LAB)
    alike = _compare_colours(lab, core, worn) & worn & _select_rows(things, shoulders, scale)
    alike &= ~_draw_forearms(person, alike.shape, scale)
    lines = _find_lines(alike, scale)
    strap = lines & _leads_to_shoulder(lines, things, shoulders, scale)
    # What goes to and fro are folds of a garment in the bag's colour.
    is_one = strap.any() and _measure_line(strap)[0] < _BENT_M * scale
    return _join_lines(strap, things) if is_one else np.zeros_like(things)


def _compare_colours(lab: np.ndarray, things: np.ndarray, worn: np.ndarray) -> np.ndarray:
    """H×W bool: pixels of H×W×3 uint8 whose colours things have more than what is worn (Swain and Ballard 1991)."""
    counts = []
    for place in (things, worn):
        count = cv2.calcHist([lab], [0, 1, 2], place.astype(np.uint8), list(_BINS), [0, 256] * 3)
        counts.append(gaussian_filter(count, _BLUR) / max(1, int(place.sum())))
    more = (counts[0] > _MORE * counts[1]) & (counts[0] > _LEAST)
    row, across, down = (lab[..., axis].astype(int) * _BINS[axis] // 256 for axis in range(3))
    alike: np.ndarray = more[row, across, down]
    return alike


def _select_rows(things: np.ndarray, shoulders: np.ndarray, scale: float) -> np.ndarray:
    """H×1 bool: rows from the higher shoulder down to the lowest of the things."""
    top = float(shoulders[:, 1].min()) - _SHOULDER_M * scale
    rows = np.arange(len(things))
    chosen: np.ndarray = ((rows > top) & (rows < np.flatnonzero(things.any(1))[-1]))[:, None]
    return chosen


def _find_shoulders(person: Person) -> np.ndarray:
    """K×2, pixels: those that were seen, two at most."""
    points = person.landmarks[BODY_LANDMARKS][list(SHOULDERS)]
    seen: np.ndarray = points[points[:, 2] > 0, :2].numpy()
    return seen


def _draw_forearms(person: Person, size: tuple[int, ...], scale: float) -> np.ndarray:
    """H×W bool: around the forearms that were surely seen."""
    forearms = np.zeros(size, np.uint8)
    for side in SIDES:
        points = person.landmarks[BODY_LANDMARKS][[side_point(side, "elbow"), side_point(side, "wrist")]]
        if float(points[:, 2].min()) > _SURE:
            start, end = points[:, :2].round().int().tolist()
            cv2.line(forearms, start, end, 1, max(1, round(2 * _FOREARM_M * scale)))
    return forearms > 0


def _find_lines(alike: np.ndarray, scale: float) -> np.ndarray:
    """H×W bool: what of H×W bool pixels is long and thin, and not level."""
    pixels = cv2.morphologyEx(alike.astype(np.uint8), cv2.MORPH_CLOSE, disc(_SPECK_M * scale))
    pixels[cv2.morphologyEx(pixels, cv2.MORPH_OPEN, disc(_WIDEST_M / 2 * scale)) > 0] = 0
    pixels = cv2.morphologyEx(pixels, cv2.MORPH_OPEN, disc(_SPECK_M * scale))
    lines = np.zeros(alike.shape, bool)
    _, numbers, stats, _ = cv2.connectedComponentsWithStats(pixels, connectivity=8)
    tall = stats[1:, cv2.CC_STAT_HEIGHT] > _LEVEL * _LEAST_M * scale
    for number in np.flatnonzero(tall) + 1:
        piece = numbers == number
        breadth, length, steepness = _measure_line(piece)
        slender = max(breadth, piece.sum() / length) < min(length / _SLENDER, _CURVED * _WIDEST_M * scale)
        if length > _LEAST_M * scale and slender and steepness > _LEVEL:
            lines |= piece
    return lines


def _measure_line(pixels: np.ndarray) -> tuple[float, float, float]:
    """Breadth and length, pixels, and the sine of the angle to the horizontal, of H×W bool pixels."""
    spread, axes = np.linalg.eigh(np.cov(np.stack(np.nonzero(pixels))))
    breadth, length = np.sqrt(12 * spread.clip(1e-6))
    return float(breadth), float(length), float(abs(axes[0, 1]))


def _leads_to_shoulder(lines: np.ndarray, things: np.ndarray, shoulders: np.ndarray, scale: float) -> np.ndarray:
    """H×W bool: around the chains of lines, H×W bool, that go from a thing to a shoulder."""
    wide = cv2.dilate((lines | things).astype(np.uint8), disc(_GAP_M / 2 * scale))
    numbers = cv2.connectedComponents(wide)[1]
    near = np.zeros(lines.shape, np.uint8)
    for x, y in shoulders.round().astype(int).tolist():
        cv2.circle(near, (x, y), max(1, round(_SHOULDER_M * scale)), 1, -1)
    ends = np.unique(numbers[lines & (near > 0)])
    chained: np.ndarray = np.isin(numbers, np.intersect1d(ends[ends > 0], numbers[things]))
    return chained


def _join_lines(lines: np.ndarray, things: np.ndarray) -> np.ndarray:
    """H×W bool: the lines, H×W bool, from the highest to the lowest and on to the nearest thing, without gaps."""
    joined = lines.astype(np.uint8)
    count, numbers = cv2.connectedComponents(joined, connectivity=8)
    ends = sorted((_find_ends(numbers == number) for number in range(1, count)), key=lambda pair: int(pair[0][1]))
    if not ends:
        return lines
    last = ends[-1][1]
    y, x = np.nonzero(things)
    nearest = np.hypot(x - last[0], y - last[1]).argmin()
    starts = [pair[0] for pair in ends[1:]] + [np.array([x[nearest], y[nearest]])]
    length = sum(float(np.hypot(*(bottom - top))) for top, bottom in ends)
    width = max(1, round(float(lines.sum()) / max(1.0, length)))
    for (_, bottom), start in zip(ends, starts, strict=True):
        cv2.line(joined, bottom.tolist(), start.tolist(), 1, width)
    return (joined > 0) & ~things


def _find_ends(piece: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(2,) each, pixels: the middle of the first and of the last row of H×W bool pixels."""
    rows = np.flatnonzero(piece.any(1))
    first, last = (np.array([round(float(np.flatnonzero(piece[row]).mean())), row]) for row in rows[[0, -1]])
    return first, last
