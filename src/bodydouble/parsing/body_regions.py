"""Places on a person that tell what is worn, drawn from the landmarks: legs and what is between, trunk, head, feet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import torch
from torch import Tensor

from bodydouble.geometry.window import Window
from bodydouble.person.landmarks import ANKLES, EARS, ELBOWS, HEAD_ROWS, HIPS, KNEES, SHOULDERS, WRISTS, side_point
from bodydouble.values import BODY_LANDMARKS, Person

# Radii around points, lines and hulls, metres.
_LEG_M, _TRUNK_M, _ARM_M, _GAP_M, _FLARE_M = 0.06, 0.04, 0.05, 0.035, 0.2
_LEGS_M, _SQUARE_M = 0.08, 0.19
_FACE_M, _CROWN_M, _LOCK_M, _FOOT_M, _TIP_M = 0.09, 0.1, 0.06, 0.035, 0.045
_ABOVE_M = 0.12  # from the face's middle up to the crown's
_LOCKS_M = (0.05, 0.3)  # below the ears, where long hair falls
_STRETCHES = 4  # of the legs, two above the knees and two below
_GAP_FROM = 0.25  # of the way from the hips to the knees: above it thighs touch
_SHAFT = (0.15, 0.35)  # of the way from the ankle to the knee: ankle boots end before it, boots go on
_LEAST_SCORE = 0.3  # of landmarks that are looked at
_FOOT_SIDE_M = 0.42  # side of the square around a foot
_FOOT_ROOM = 1.5  # at least so many times as far as its landmarks reach

Shape = tuple[np.ndarray, float]  # N×2 points, pixels: the hull of them and of what lies within so many pixels
Regions = Mapping[str, Sequence[Shape]]


def leg_regions(person: Person, scale: float) -> Regions:
    """Four stretches of the legs and of the gap between them, from the hips down; all of it, and what flares around it.

    Args:
        scale: pixels a metre at the person.
    """
    points = person.landmarks[BODY_LANDMARKS, :2].numpy()
    joints = np.stack([points[rows] for rows in (HIPS, KNEES, ANKLES)])  # 3×2×2
    regions: dict[str, Sequence[Shape]] = {}
    for number in range(_STRETCHES):
        ends = [_along(joints, (number + step) * 2 / _STRETCHES) for step in (0, 1)]
        start = ends[0] if number else _along(joints, _GAP_FROM)
        regions[f"leg {number}"] = [(np.stack([end[side] for end in ends]), _LEG_M * scale) for side in (0, 1)]
        regions[f"gap {number}"] = [(np.stack([start.mean(0), ends[1].mean(0)]), _GAP_M * scale)]
    hulls = [joints[:2].reshape(-1, 2), joints[1:].reshape(-1, 2)]
    regions["flare"] = [(hull, _FLARE_M * scale) for hull in hulls]
    regions["legs"] = [(hull, _LEGS_M * scale) for hull in hulls]
    return regions


def _along(joints: np.ndarray, place: float) -> np.ndarray:
    """2×2: points on both legs; 0 the hips, 1 the knees, 2 the ankles."""
    first = min(1, int(place))
    return joints[first] + (place - first) * (joints[first + 1] - joints[first])


def trunk_regions(person: Person, scale: float) -> Regions:
    """Trunk, the line on which a coat closes, and arms."""
    points = person.landmarks[BODY_LANDMARKS, :2].numpy()
    hip, knee, neck = (points[rows].mean(0) for rows in (HIPS, KNEES, SHOULDERS))
    upper, fore = (
        [(points[[start, end]], _ARM_M * scale) for start, end in zip(*rows, strict=True)]
        for rows in ((SHOULDERS, ELBOWS), (ELBOWS, WRISTS))
    )
    return {
        "trunk": [(points[[*SHOULDERS, *HIPS]], _TRUNK_M * scale)],
        "front": [(np.stack([neck, hip]), _GAP_M * scale), (np.stack([hip, knee]), _GAP_M * scale)],
        "upper arms": upper,
        "forearms": fore,
    }


def head_regions(person: Person, scale: float) -> Regions:
    """Face, what is above it, and where long hair falls."""
    points = person.landmarks[BODY_LANDMARKS, :2].numpy()
    face, trunk = points[HEAD_ROWS].mean(0), points[SHOULDERS].mean(0) - points[HIPS].mean(0)
    up = trunk / max(1e-6, float(np.linalg.norm(trunk)))
    locks = [np.stack([points[ear] - step * scale * up for step in _LOCKS_M]) for ear in EARS]
    return {
        "face": [(face[None], _FACE_M * scale)],
        "crown": [((face + _ABOVE_M * scale * up)[None], _CROWN_M * scale)],
        "locks": [(line, _LOCK_M * scale) for line in locks],
    }


def foot_regions(person: Person, scale: float, side: str) -> Regions:
    """The "left" or "right" foot, its ends, what is above it, and its square."""
    points = person.landmarks[BODY_LANDMARKS, :2].numpy()
    knee, ankle, heel, toe = (points[side_point(side, name)] for name in ("knee", "ankle", "heel", "foot_index"))
    foot = np.stack([ankle, heel, toe])
    low, high = (ankle + share * (knee - ankle) for share in _SHAFT)
    return {
        "foot": [(foot, _FOOT_M * scale)],
        "toes": [(toe[None], _TIP_M * scale)],
        "heel": [(heel[None], _TIP_M * scale)],
        "ankle": [(np.stack([ankle, low]), _FOOT_M * scale)],
        "shaft": [(np.stack([low, high]), _LEG_M * scale)],
        "square": [((foot.min(0) + foot.max(0))[None] / 2, _SQUARE_M * scale)],
    }


def foot_window(person: Person, scale: float, side: str) -> Window:
    """The square around the "left" or "right" foot."""
    points = person.landmarks[BODY_LANDMARKS, :2].numpy()
    foot = points[[side_point(side, name) for name in ("ankle", "heel", "foot_index")]]
    return Window.at(
        (foot.min(0) + foot.max(0)) / 2, max(_FOOT_SIDE_M * scale, _FOOT_ROOM * float(np.ptp(foot, 0).max()))
    )


def shows_points(person: Person, rows: Sequence[int]) -> bool:
    """Whether the photo shows all of those of the body's landmarks."""
    height, width = person.mask.shape
    x, y, score = person.landmarks[BODY_LANDMARKS][list(rows)].unbind(1)
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    return bool((inside & (score > _LEAST_SCORE)).all())


def draw_regions(regions: Sequence[Sequence[Shape]], window: Window, size: int) -> Tensor:
    """R×size×size in {0, 1}: regions in a window of the photo."""
    scale = size / window.side
    planes = [
        _draw([(_in_window(hull, window, size), reach * scale) for hull, reach in region], size) for region in regions
    ]
    return torch.from_numpy(np.stack(planes)).float()


def _in_window(points: np.ndarray, window: Window, size: int) -> np.ndarray:
    return (points - (window.left, window.top)) * size / window.side


def _draw(shapes: Sequence[Shape], size: int) -> np.ndarray:
    """size×size, uint8: what lies within each hull and its reach, in pixels of the plane."""
    plane = np.zeros((size, size), np.uint8)
    limit = 4 * size
    for points, reach in shapes:
        hull = cv2.convexHull(points.clip(-limit, limit).round().astype(np.int32))
        cv2.fillPoly(plane, [hull], 1)
        cv2.polylines(plane, [hull], True, 1, max(1, round(2 * reach)))
    return plane
