"""What a caller should know of a photo that can be used: someone else is in it, or the person is cut off or lies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bodydouble.person import Box
from bodydouble.person.landmarks import ANKLES, HEAD_ROWS, HIPS, KNEES, SHOULDERS, SIDES, BodyPoint
from bodydouble.values import BODY_LANDMARKS

_P = BodyPoint
_PARTS = {
    "the head": [*range(HEAD_ROWS.start, HEAD_ROWS.stop)],
    "the left hand": [_P.LEFT_WRIST, _P.LEFT_PINKY, _P.LEFT_INDEX, _P.LEFT_THUMB],
    "the right hand": [_P.RIGHT_WRIST, _P.RIGHT_PINKY, _P.RIGHT_INDEX, _P.RIGHT_THUMB],
    "the left foot": [_P.LEFT_ANKLE, _P.LEFT_HEEL, _P.LEFT_FOOT_INDEX],
    "the right foot": [_P.RIGHT_ANKLE, _P.RIGHT_HEEL, _P.RIGHT_FOOT_INDEX],
}
_UPSIDE_DOWN = -0.7  # cosine to the vertical of the line from shoulders to ankles, from which it is told
_LYING = 0.9  # cosine to the horizontal of the torso and of that line


def cut_off(landmarks: np.ndarray, size: tuple[int, int]) -> list[str]:
    """One sentence if parts lie outside of an image of (height, width); landmarks 543×3 in its pixels."""
    height, width = size
    body = landmarks[BODY_LANDMARKS]
    x, y = body[:, 0], body[:, 1]
    outside = (x < 0) | (x > width) | (y < 0) | (y > height)
    missing = [name for name, rows in _PARTS.items() if outside[rows].mean() > 0.5]
    for side, knee in zip(SIDES, KNEES, strict=True):
        if outside[knee]:  # and not the foot alone
            missing = [name.replace(f"{side} foot", f"{side} leg") for name in missing]
    if not missing:
        return []
    listed = " and ".join(filter(None, [", ".join(missing[:-1]), missing[-1]]))
    how = ", standing straight in plain clothes" if " leg" in listed else ""
    return [f"the photo cuts the person off: {listed} cannot be seen and will be made up{how}"]


def not_upright(landmarks: np.ndarray) -> list[str]:
    """One sentence if the person is upside down or lies in an image; landmarks 543×3 in its pixels."""
    body = landmarks[BODY_LANDMARKS, :2]
    shoulders = body[SHOULDERS].mean(0)
    torso, whole = (_unit(body[rows].mean(0) - shoulders) for rows in (HIPS, ANKLES))
    if whole[1] < _UPSIDE_DOWN:
        return ["the person is upside down in the photo; if nobody stands on the head there, turn the photo by 180°"]
    if min(abs(torso[0]), abs(whole[0])) > _LYING:
        return ["the person lies on the side in the photo; if nobody lies there, turn the photo by 90°"]
    return []


def several_people(boxes: Sequence[Box], taken: int) -> list[str]:
    """One sentence if there is more than one; their numbers count from 1, that of the one taken from 0."""
    if len(boxes) < 2:
        return []
    places = ", ".join(f"{number} at {_written(box)}" for number, box in enumerate(boxes, 1))
    return [
        f"several people seem to be in the photo, from left to right {places}; took {taken + 1}; "
        "pick another with --person N, or with --box x,y,width,height"
    ]


def _written(box: Box) -> str:
    return ",".join(f"{round(edge)}" for edge in box)


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / max(1e-6, float(np.linalg.norm(vector)))
