"""The photo without the person: what was behind them is put together from the rest of the photo.

mask -> hole around the person -> shift map of the part around it, small -> seams evened -> full size, with grain

The shift map (He and Sun, "Statistics of patch offsets for image completion", 2012) is OpenCV's: streets, walls and
floors go on in pieces of themselves, where OpenCV's diffusion leaves a smear.
"""

from __future__ import annotations

import cv2
import numpy as np

from bodydouble.alive.grain import add_grain, measure_grain
from bodydouble.alive.seams import even_seams

_REACH = 0.015  # of the person's height, beyond the mask: soft hair, the mask's own error, shadow at the feet
_AROUND = 0.6  # of the hole's sides, on each side: what is looked at to fill it
# Pixels of the longer side of what is filled: 5 s of one core; its time grows with the square, and what is filled is
# hidden by the double in most of its places.
_WORKING_PX = 320
_FEATHER_PX = 2.0  # standard deviation of the hole's soft edge, outwards
_SEED = 0  # of OpenCV's generator, which the shift map draws from


def person_hole(mask: np.ndarray) -> np.ndarray:
    """H×W bool: the pixels that show something of the person, or lie near them.

    Args:
        mask: H×W, [0, 1], how much of each pixel the person and what they hold cover.
    """
    rows = np.flatnonzero((mask > 0.5).any(1))
    tall = len(mask) if not len(rows) else int(rows[-1] - rows[0])
    reach = max(2, round(_REACH * tall))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return cv2.dilate((mask > 0.02).astype(np.uint8), disc) > 0


def remove_person(photo: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """H×W×3 float32, [0, 255]: the photo with the hole filled from what lies around it; as it was elsewhere.

    Args:
        photo: H×W×3 uint8, sRGB.
        hole: H×W bool.
    """
    if hole.all():  # nothing lies around it
        return np.full(photo.shape, photo.mean((0, 1)), np.float32)
    if not hole.any():
        return photo.astype(np.float32)
    rows, columns = _part_around(hole)
    part, missing = photo[rows, columns], hole[rows, columns]
    filled = _fill(part, missing)
    filled = add_grain(filled, measure_grain(part, ~missing), seed=_SEED)
    # The edge is soft outwards: inside it the photo may show the person.
    beside = cv2.GaussianBlur(missing.astype(np.float32), (0, 0), _FEATHER_PX)
    soft = np.where(missing, 1.0, (2 * beside).clip(0, 1))[..., None].astype(np.float32)
    background = photo.astype(np.float32)
    background[rows, columns] = part * (1 - soft) + filled * soft
    return background


def _part_around(hole: np.ndarray) -> tuple[slice, slice]:
    """Rows and columns of the part of the photo that is looked at."""
    parts, room = [], round(_AROUND * max(hole.any(0).sum(), hole.any(1).sum()))
    for axis in (1, 0):
        places = np.flatnonzero(hole.any(axis))
        parts.append(slice(max(0, int(places[0]) - room), min(hole.shape[1 - axis], int(places[-1]) + 1 + room)))
    return parts[0], parts[1]


def _fill(part: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """H×W×3 float32: the part at a working size, filled, and back at its own."""
    height, width = missing.shape
    scale = min(1.0, _WORKING_PX / max(height, width))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    gap = cv2.resize(missing.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.02
    if gap.all():
        return np.full((height, width, 3), part[~missing].mean(0), np.float32)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2Lab)
    filled = np.zeros_like(lab)
    cv2.setRNGSeed(_SEED)
    cv2.xphoto.inpaint(lab, np.where(gap, 0, 255).astype(np.uint8), filled, cv2.xphoto.INPAINT_SHIFTMAP)
    filled = cv2.cvtColor(filled, cv2.COLOR_Lab2RGB)
    # The shift map also moves some pixels beside the gap.
    filled = even_seams(np.where(gap[..., None], filled, small).astype(np.float32), gap)
    return cv2.resize(filled, (width, height), interpolation=cv2.INTER_CUBIC).clip(0, 255)
