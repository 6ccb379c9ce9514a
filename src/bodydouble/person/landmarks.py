"""MediaPipe's numbers of body, hand and face points by name: the one place where they stand.

`values.py` says where each part begins in a person's 543 landmarks; these rows count from there. Left and right are the
person's own.
"""

from __future__ import annotations

from enum import IntEnum


class BodyPoint(IntEnum):
    """Rows of the 33 points of the body."""

    NOSE = 0
    LEFT_EYE_INNER = 1
    LEFT_EYE = 2
    LEFT_EYE_OUTER = 3
    RIGHT_EYE_INNER = 4
    RIGHT_EYE = 5
    RIGHT_EYE_OUTER = 6
    LEFT_EAR = 7
    RIGHT_EAR = 8
    MOUTH_LEFT = 9
    MOUTH_RIGHT = 10
    LEFT_SHOULDER = 11
    RIGHT_SHOULDER = 12
    LEFT_ELBOW = 13
    RIGHT_ELBOW = 14
    LEFT_WRIST = 15
    RIGHT_WRIST = 16
    LEFT_PINKY = 17
    RIGHT_PINKY = 18
    LEFT_INDEX = 19
    RIGHT_INDEX = 20
    LEFT_THUMB = 21
    RIGHT_THUMB = 22
    LEFT_HIP = 23
    RIGHT_HIP = 24
    LEFT_KNEE = 25
    RIGHT_KNEE = 26
    LEFT_ANKLE = 27
    RIGHT_ANKLE = 28
    LEFT_HEEL = 29
    RIGHT_HEEL = 30
    LEFT_FOOT_INDEX = 31
    RIGHT_FOOT_INDEX = 32


class HandPoint(IntEnum):
    """Rows of the 21 points of a hand that have a use by name."""

    WRIST = 0
    INDEX_KNUCKLE = 5
    PINKY_KNUCKLE = 17


class FacePoint(IntEnum):
    """Rows of the 468 points of the face mesh that have a use by name."""

    NOSE_TIP = 1
    BROW = 10
    CHIN = 152
    NOSE_ROOT = 168
    RIGHT_CHEEK = 234
    LEFT_CHEEK = 454


_P = BodyPoint

SIDES = ("left", "right")  # whatever both have is told in this order
SHOULDERS = [_P.LEFT_SHOULDER, _P.RIGHT_SHOULDER]
HIPS = [_P.LEFT_HIP, _P.RIGHT_HIP]
ELBOWS = [_P.LEFT_ELBOW, _P.RIGHT_ELBOW]
WRISTS = [_P.LEFT_WRIST, _P.RIGHT_WRIST]
TORSO = [*SHOULDERS, *HIPS]
KNEES = [_P.LEFT_KNEE, _P.RIGHT_KNEE]
ANKLES = [_P.LEFT_ANKLE, _P.RIGHT_ANKLE]
HEELS = [_P.LEFT_HEEL, _P.RIGHT_HEEL]
EARS = [_P.LEFT_EAR, _P.RIGHT_EAR]
HEAD_ROWS = slice(_P.NOSE, _P.LEFT_SHOULDER)
BELOW_HEAD_ROWS = slice(_P.LEFT_SHOULDER, len(_P))  # trunk and limbs
HAND_ROWS = slice(_P.LEFT_PINKY, _P.LEFT_HIP)  # what the body's model says of both hands
FEET_ROWS = slice(_P.LEFT_ANKLE, len(_P))

# Pairs of points between which the body is solid.
TRUNK = [
    (_P.LEFT_SHOULDER, _P.RIGHT_SHOULDER),
    (_P.LEFT_HIP, _P.RIGHT_HIP),
    (_P.LEFT_SHOULDER, _P.LEFT_HIP),
    (_P.RIGHT_SHOULDER, _P.RIGHT_HIP),
]
ARMS = [
    (_P.LEFT_SHOULDER, _P.LEFT_ELBOW),
    (_P.LEFT_ELBOW, _P.LEFT_WRIST),
    (_P.RIGHT_SHOULDER, _P.RIGHT_ELBOW),
    (_P.RIGHT_ELBOW, _P.RIGHT_WRIST),
]
LEGS = [
    (_P.LEFT_HIP, _P.LEFT_KNEE),
    (_P.LEFT_KNEE, _P.LEFT_ANKLE),
    (_P.RIGHT_HIP, _P.RIGHT_KNEE),
    (_P.RIGHT_KNEE, _P.RIGHT_ANKLE),
]
TOES = [(_P.LEFT_ANKLE, _P.LEFT_FOOT_INDEX), (_P.RIGHT_ANKLE, _P.RIGHT_FOOT_INDEX)]
SOLES = [(_P.LEFT_HEEL, _P.LEFT_FOOT_INDEX), (_P.RIGHT_HEEL, _P.RIGHT_FOOT_INDEX)]
PALMS = [(_P.LEFT_WRIST, _P.LEFT_INDEX), (_P.RIGHT_WRIST, _P.RIGHT_INDEX)]
FINGERS = [(0 if joint % 4 == 1 else joint - 1, joint) for joint in range(1, 21)]  # pairs of a hand's 21 points


def side_point(side: str, part: str) -> BodyPoint:
    """The row of "left" or "right" and, say, "knee"."""
    return BodyPoint[f"{side}_{part}".upper()]


def arm_points(side: str) -> list[BodyPoint]:
    """Those of an arm from the elbow on."""
    return [side_point(side, part) for part in ("elbow", "wrist", "pinky", "index", "thumb")]


def _twin(point: BodyPoint) -> BodyPoint:
    name = point.name
    for here, there in (("LEFT", "RIGHT"), ("RIGHT", "LEFT")):
        if here in name:
            return BodyPoint[name.replace(here, there)]
    return point


MIRRORED = [_twin(point) for point in BodyPoint]  # each point's row on the body's other side
