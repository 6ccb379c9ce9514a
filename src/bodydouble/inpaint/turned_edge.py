"""What the photo shows of plain cloth goes on past the edge of what was seen, turned over there, and fades away.

At that edge the photo's folds and threads ended at once, in a line along each limb. Turned over they meet what was seen
without a step, and within a hand's breadth they fade to the calm weave behind, before anything is seen to come twice.
"""

from __future__ import annotations

import cv2
import numpy as np

from bodydouble.geometry.smoothstep import smoothstep
from bodydouble.inpaint.cloth_layer import ClothLayer, blur_around

_REACH_M = 0.09  # from the edge, where nothing is left: a hand's breadth
_EVENED_M = 0.008  # deviation of the blur of the way to the edge: a ragged one would tear what is turned over
_SOFT_PX = 2.0  # deviation of the blur of what is left: single pixels that end it are no holes
_KNOWN = 0.5  # of a sample's weight, that must be of what may come again


def turn_at_edge(cloth: ClothLayer, detail: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """H×W×3, detail of what may come again turned over at its edge, and H×W, [0, 1], how much of it is left there.

    Args:
        detail: H×W×3, float32, beyond shade.
    """
    height, width = cloth.source.shape
    if not cloth.source.any():
        return np.zeros_like(detail), np.zeros((height, width), np.float32)
    reach = round(_REACH_M * cloth.scale)
    beyond = min(2 * reach, width)
    around = ((0, 0), (beyond, beyond))
    source = np.pad(cloth.source, around, mode="wrap")
    distance, nearest = cv2.distanceTransformWithLabels(
        (~source).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    places = np.zeros((nearest.max() + 1, 2), np.float32)
    row, column = np.nonzero(source)
    places[nearest[row, column]] = np.stack([column, row], 1)
    here = np.stack(np.meshgrid(np.arange(source.shape[1]), np.arange(height)), 2).astype(np.float32)
    way = cv2.GaussianBlur(places[nearest] - here, (0, 0), _EVENED_M * cloth.scale)
    planes = np.pad(np.dstack([detail * cloth.source[..., None], cloth.source]), (*around, (0, 0)), mode="wrap")
    turned = cv2.remap(planes.astype(np.float32), here + 2 * way, None, cv2.INTER_LINEAR)[:, beyond : beyond + width]
    left = np.clip(1 - distance[:, beyond : beyond + width] / reach, 0, 1)
    left = smoothstep(left) * (turned[..., 3] > _KNOWN)
    return turned[..., :3] / turned[..., 3:].clip(_KNOWN), blur_around(left.astype(np.float32), _SOFT_PX, _SOFT_PX)
