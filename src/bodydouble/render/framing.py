"""Where the camera stands so that a body, or a whole motion, fills the picture and stays inside it."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from bodydouble.errors import InputError
from bodydouble.geometry.camera import orbit_camera, to_camera
from bodydouble.values import Camera

FIELD_OF_VIEW = 30.0  # degrees, of the picture's longer side: a mild telephoto, as for portraits


def framing_camera(
    points: Tensor,
    size: tuple[int, int],
    azimuth: float = 0.0,
    elevation: float = 0.0,
    margin: float = 0.05,
) -> Camera:
    """The nearest orbit camera that aims at the middle of `points` and has all of them in the picture.

    Args:
        points: N×3, metres, in the world.
        size: (height, width) in pixels.
        azimuth, elevation: degrees, see `geometry.camera.orbit_camera`.
        margin: share of the picture's half sides that stays free.

    Raises:
        InputError: an angle is NaN or infinite.
    """
    if not (math.isfinite(azimuth) and math.isfinite(elevation)):
        raise InputError(f"azimuth {azimuth} and elevation {elevation} will not do; both are finite numbers of degrees")
    target = (points.amin(0) + points.amax(0)) / 2
    focal_px = max(size) / 2 / math.tan(math.radians(FIELD_OF_VIEW) / 2)
    local = to_camera(points, orbit_camera(azimuth, elevation, target, 0.0, focal_px, size))
    # A point at x, y, z from the target is inside while |x| * focal / (z + distance) is within the half width.
    half = torch.tensor([size[1] / 2, size[0] / 2], device=points.device) * (1 - margin)
    distance = (local[:, :2].abs() * focal_px / half - local[:, 2:]).max()
    nearest = float(-local[:, 2].min()) + 0.1
    return orbit_camera(azimuth, elevation, target, max(float(distance), nearest), focal_px, size)


def surrounding_rings(points: Tensor, steps: int = 72) -> Tensor:
    """(2·steps)×3 points on the upright cylinder around N×3 points: they frame alike from every azimuth."""
    middle = (points.amin(0) + points.amax(0)) / 2
    radius = (points - middle)[:, [0, 2]].norm(dim=-1).max()
    angle = torch.arange(steps, device=points.device) * (2 * math.pi / steps)
    ring = torch.stack([angle.sin(), torch.zeros_like(angle), angle.cos()], -1) * radius + middle
    low, high = ring.clone(), ring.clone()
    low[:, 1], high[:, 1] = points[:, 1].min(), points[:, 1].max()
    return torch.cat([low, high])
