"""The soft shadow where a body meets the ground, as a photo's even light casts it."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from bodydouble.geometry.camera import project
from bodydouble.values import Camera

_CELL_M = 0.01  # side of a cell of the ground
_REACH_M = 0.35  # of ground around the body that is looked at
_HIGH_M = 0.06  # height at which a point of the body shades the ground 1/e as much as one that touches it
_SOFT_M = 0.035  # standard deviation of the shadow's softness
_BETWEEN_M = 0.03  # by which vertices of a sole may lie apart
_STRENGTH = 0.6  # share of the light that is lost where it is darkest


def contact_shadow(points: Tensor, ground: float, camera: Camera) -> np.ndarray:
    """H×W float32, share of the light that the ground keeps; 1 where the body is far.

    Args:
        points: N×3, metres, in the world: the body's vertices.
        ground: height of the ground, metres.
        camera: from which it is seen; nothing is drawn where it does not look down on the ground.
    """
    lit = np.ones(camera.size, np.float32)
    above = (points[:, 1] - ground).clamp_min(0)
    near = above < 4 * _HIGH_M
    if not bool(near.any()):
        return lit
    footprint, weight = points[near][:, [0, 2]], torch.exp(-above[near] / _HIGH_M)
    low = footprint.amin(0) - _REACH_M
    size = ((footprint.amax(0) + _REACH_M - low) / _CELL_M).ceil().int().tolist()
    corners = torch.tensor([[0.0, 0.0], [size[0], 0.0], [size[0], size[1]], [0.0, size[1]]]) * _CELL_M + low
    plane = torch.stack([corners[:, 0], torch.full((4,), ground), corners[:, 1]], 1)
    pixels = project(plane, camera)
    if float(pixels[:, 2].min()) < _CELL_M:  # some of it lies behind the camera
        return lit
    cells = ((footprint - low) / _CELL_M).long()
    grid = torch.zeros(size[1] * size[0])
    grid.scatter_reduce_(0, cells[:, 1] * size[0] + cells[:, 0], weight, "amax")
    across = 2 * round(_BETWEEN_M / _CELL_M / 2) + 1
    solid = cv2.morphologyEx(grid.view(size[1], size[0]).numpy(), cv2.MORPH_CLOSE, np.ones((across, across)))
    shade = cv2.GaussianBlur(solid, (0, 0), _SOFT_M / _CELL_M)
    places = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    homography = cv2.getPerspectiveTransform(places, pixels[:, :2].numpy().astype(np.float32))
    seen = cv2.warpPerspective(shade, homography, camera.size[::-1], flags=cv2.INTER_AREA)
    return lit - _STRENGTH * seen.clip(0, 1)
