"""Hands at the head: one that the photo shows there touches hair, ear, chin or what it holds to them.

The detector places raised hands at arm's length before the face, and nothing in the picture says otherwise.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.parsing.windows import pixels_per_metre
from bodydouble.person.landmarks import EARS, SIDES, side_point
from bodydouble.values import BODY_LANDMARKS, Person

_INDICES, _PINKIES = ([side_point(side, finger) for side in SIDES] for finger in ("index", "pinky"))
_SURE = 0.3  # score of a hand's points from which they have a place
_BESIDE_M = 0.2  # metres between palm and ears, as seen, within which a hand is at the head
_HEAD_M = 0.1  # radius of a ball around the middle of the ears: to the crown 0.12, to the cheeks 0.08
_PALM_M = 0.02  # half of a palm's thickness
_RESTING_M = 0.03  # so far from the skin a palm still rests: hair, a telephone, bent fingers
_SINK_M, _NEAR_M = 0.02, 0.08  # metres: too deep, or too far, by as much costs 1, or half


def hands_at_head(person: Person) -> Tensor:
    """(2,) in {0, 1}, left and right: 1 where the photo shows the hand over the head, or right beside it."""
    points, scale = person.landmarks[BODY_LANDMARKS], pixels_per_metre(person)
    if scale is None:
        return torch.zeros(2)
    apart = (_palms(points[:, :2]) - points[EARS, :2].mean(0)).norm(dim=1)
    sure = torch.minimum(points[_INDICES, 2], points[_PINKIES, 2]) > _SURE
    return ((apart < _BESIDE_M * scale) & sure).float()


def head_contact(points: Tensor, raised: Tensor) -> Tensor:
    """What it costs that raised hands are inside the head or away from it; 0: they rest on it.

    A hand that reaches far out is let go, for it may hold a telephone before the face; behind the head none does.

    Args:
        points: 543×3, metres, the body's landmarks; the camera looks along -z.
        raised: (2,) in {0, 1}, as `hands_at_head` gives it.
    """
    offsets = _palms(points) - points[EARS].mean(0)
    distances = offsets.norm(dim=1) - _HEAD_M - _PALM_M
    gap = (distances - _RESTING_M).relu() / _NEAR_M
    apart = torch.where(offsets[:, 2] < 0, gap, gap.square() / (gap.square() + 1))
    return (raised * (((-distances).relu() / _SINK_M).square() + apart)).sum()


def _palms(points: Tensor) -> Tensor:
    """2×C, left and right, of landmarks in rows."""
    return (points[_INDICES] + points[_PINKIES]) / 2
