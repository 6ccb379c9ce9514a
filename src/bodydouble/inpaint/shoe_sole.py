"""Light soles, as those of most trainers: what of a photo's shoes is light along their lower edge.

Few texels of a sole's edge are seen well: it is thin, and borders on the ground. In the photo it is a band along the
bottom of each shoe, of which enough pixels are lighter than the upper, and lighter than the ground beside them.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from bodydouble.geometry.camera import to_camera
from bodydouble.values import FittedView

_BAND_M = 0.02  # metres above a shoe's lower edge
_GROUND_M = 0.015  # below it, where ground is looked at
_LEAST = 20  # pixels of a band
# Brightness of a light sole, against the upper's and the ground's. Of fifteen photographs three had light soles: these
# have 0.8 to 3 times the upper's and 0.25 to 0.45 more than the ground; dark ones have less of one of both.
_LIGHTER, _OFF_UPPER, _OFF_GROUND = 1.2, 0.08, 0.15
_SHARE = 0.22  # of the band, that has to be so light: elsewhere it turns away, or toes hide it


def find_light_sole(view: FittedView, shoe: np.ndarray) -> Tensor | None:
    """(3,), [0, 1]: colour of the photo's soles; None where they are not seen to be light.

    Args:
        shoe: H×W, bool, the photo's pixels of shoes.
    """
    metre = _metre(view)
    band = _find_lower_edge(shoe, max(3, round(_BAND_M * metre)))
    below = np.roll(band, max(3, round(_GROUND_M * metre)), 0) & (view.person.mask < 0.5).numpy()
    upper = shoe & ~cv2.dilate(band.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    if min(int(band.sum()), int(upper.sum())) < _LEAST:
        return None
    bright = view.photo.rgb.mean(0).numpy()
    least = _LIGHTER * float(np.median(bright[upper])) + _OFF_UPPER
    if below.any():
        least = max(least, float(np.median(bright[below])) + _OFF_GROUND)
    light = band & (bright > least)
    if light.sum() < _SHARE * band.sum():
        return None
    return view.photo.rgb[:, torch.from_numpy(light)].median(1).values


def _metre(view: FittedView) -> float:
    """In pixels of the photo, at the person."""
    camera = view.fit.camera
    return float(camera.intrinsics[0, 0] / to_camera(view.fit.pose.root_translation[None], camera)[0, 2])


def _find_lower_edge(shoe: np.ndarray, height: int) -> np.ndarray:
    """H×W, bool: pixels of each shoe (H×W, bool) up to so many above the lowest one of their column."""
    edge = np.zeros_like(shoe)
    count, parts = cv2.connectedComponents(shoe.astype(np.uint8))
    for part in range(1, count):
        y, x = np.nonzero(parts == part)
        lowest = np.zeros(shoe.shape[1], int)
        np.maximum.at(lowest, x, y)
        near = (lowest[x] - y < height) & (lowest[x] > y)  # the lowest pixel itself is mixed with the ground
        edge[y[near], x[near]] = True
    return edge
