"""Where one limb's outline lies over another part of the body: pixels that no texel should take its colour from.

DINAR sections 3.5 and supplement A, figure 9; thresholds and widths as published with it: Canny 150/200, contour
line 2 pixels wide, 3×3 dilation twice, at about 512 pixels of image.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from bodydouble.body import BodyModel

# Colours run gently along a limb and differ strongly between whatever can lie over each other.
_TORSO = (0.5, 0.5, 0.5)
_COLOURS = {
    "head": (0.75, 0.75, 0.75),
    "left_shoulder": (0.75, 0.45, 0.25),
    "left_elbow": (0.9, 0.4, 0.1),
    "left_wrist": (1.0, 0.25, 0.0),
    "right_shoulder": (0.25, 0.45, 0.75),
    "right_elbow": (0.1, 0.4, 0.9),
    "right_wrist": (0.0, 0.25, 1.0),
    "left_hip": (0.5, 0.75, 0.3),
    "left_knee": (0.4, 0.9, 0.15),
    "left_ankle": (0.25, 1.0, 0.0),
    "right_hip": (0.7, 0.3, 0.6),
    "right_knee": (0.85, 0.15, 0.6),
    "right_ankle": (1.0, 0.0, 0.55),
}


def part_colours(skin_weights: Tensor, body: BodyModel) -> Tensor:
    """A smooth colour map of body parts (V×3, [0, 1]): a colour a part, blended by skin weight (V×J)."""
    colour_of = {0: _TORSO} | {body.roles[role]: colour for role, colour in _COLOURS.items()}
    table = torch.tensor([colour_of[_painted(joint, body.parents, colour_of)] for joint in range(len(body.parents))])
    return (skin_weights @ table.to(skin_weights)).clamp(0, 1)


def _painted(joint: int, parents: tuple[int, ...], colours: dict[int, tuple[float, float, float]]) -> int:
    """The joint itself or the nearest one above it that has a colour."""
    while joint not in colours:
        joint = parents[joint]
    return joint


def occlusion_outline(parts: Tensor, covered: Tensor) -> Tensor:
    """Outlines of overlapping limbs, less the outline of the whole silhouette.

    Args:
        parts: 3×H×W, [0, 1], a render of the smooth colour map of body parts, black where nothing is.
        covered: H×W, bool, where the body is.

    Returns:
        H×W, bool: pixels to leave out of the sampling.
    """
    image = (parts.permute(1, 2, 0).cpu().numpy() * 255).round().astype(np.uint8)
    edges = cv2.Canny(image, 150, 200)
    contours, _ = cv2.findContours(covered.cpu().numpy().astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(edges, contours, -1, color=0, thickness=2)
    grown = cv2.dilate(edges, np.ones((3, 3), np.uint8), iterations=2)
    return torch.from_numpy(grown > 0).to(covered.device)
