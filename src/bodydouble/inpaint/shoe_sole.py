"""Light soles, as those of most trainers: what of a photo's shoes is light along their lower edge.

Few texels of a sole's edge are seen well: it is thin, and borders on the ground. In the photo it is a band along the
bottom of each shoe, of which enough pixels are lighter than the upper, and lighter than the ground beside them.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.ndimage import find_objects, label
from torch import Tensor

from bodydouble.geometry.camera import to_camera
from bodydouble.values import FittedView

_ABOVE_M, _BELOW_M = 0.02, 0.015  # metres above and below a shoe's lower edge, where its sole may be
_GROUND_M = 0.03  # farther below, where ground is looked at
_GROUND = 0.75  # quantile of the ground's brightness: a median may be that of a shoe's shadow
_LEAST = 20  # pixels of a band
# Brightness of a light sole, against the upper's and the ground's. Of 46 pairs of shoes in photographs five have light
# soles, 1.2 to 3 times as bright as the upper and 0.25 to 0.5 more than the ground; dark ones lack one or both.
_LIGHTER, _OFF_UPPER, _OFF_GROUND = 1.2, 0.08, 0.15
# So many light pixels, of the band's that are labelled shoe, there are at least: elsewhere a sole turns away.
_SHARE = 0.22


def find_light_sole(view: FittedView, shoe: np.ndarray) -> Tensor | None:
    """(3,), [0, 1]: colour of the photo's soles; None where they are not seen to be light.

    Args:
        shoe: H×W, bool, the photo's pixels labelled shoe. Masks and labels may leave out a part of a light sole.
    """
    metre = _metre(view)
    above, below, ground = (max(3, round(length * metre)) for length in (_ABOVE_M, _BELOW_M, _GROUND_M))
    lowest = _find_lowest(shoe)
    height = lowest - np.arange(len(shoe))[:, None]  # above each shoe's lowest pixel
    outside = (view.person.mask < 0.5).numpy()
    band = (height > -below) & (height < above) & (shoe | outside)
    beneath = (height <= -below) & (height > -below - ground) & outside & ~shoe
    upper = shoe & (height >= above)
    if min(int((band & shoe).sum()), int(upper.sum())) < _LEAST:
        return None
    bright = view.photo.rgb.mean(0).numpy()
    least = _LIGHTER * float(np.median(bright[upper])) + _OFF_UPPER
    if beneath.any():
        least = max(least, float(np.quantile(bright[beneath], _GROUND)) + _OFF_GROUND)
    light = band & (bright > least)
    if light.sum() < _SHARE * (band & shoe).sum():
        return None
    return view.photo.rgb[:, torch.from_numpy(light)].median(1).values


def _metre(view: FittedView) -> float:
    """In pixels of the photo, at the person."""
    camera = view.fit.camera
    return float(camera.intrinsics[0, 0] / to_camera(view.fit.pose.root_translation[None], camera)[0, 2])


def _find_lowest(shoe: np.ndarray) -> np.ndarray:
    """H×W, rows: of the shoe, H×W bool, that is nearest above or around each pixel, its lowest pixel in that column.

    Far above everything where there is none in a column.
    """
    ends = np.full(shoe.shape, -len(shoe))  # where a part begins in a column, the row at which it ends there
    begun = np.zeros(shoe.shape, np.int64)  # the row at which the part nearest above begins
    parts, _ = label(shoe, np.ones((3, 3), bool))
    for part, (rows, columns) in enumerate(find_objects(parts), 1):
        inside = parts[rows, columns] == part
        first, last = inside.argmax(0), len(inside) - 1 - inside[::-1].argmax(0)
        begins = rows.start + first, np.arange(columns.start, columns.stop)  # it is in each of its columns
        ends[begins], begun[begins] = rows.start + last, begins[0]
    return np.take_along_axis(ends, np.maximum.accumulate(begun, 0), 0)
