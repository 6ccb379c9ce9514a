"""How many texels a photo is worth: enough that no texel of the face is coarser than the photo's pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor

from bodydouble.fitting.unseen import unseen_points
from bodydouble.person.landmarks import KNEES, FacePoint
from bodydouble.values import FACE_LANDMARKS, Person

ORDINARY_TEXELS = 1024  # a side; of people whom a photo shows down to the feet, always
LARGE_TEXELS = 2048  # at most, unasked: 13 s more of one core than 1024, and 2.2 GiB in place of 1.3
TEXEL_LIMITS = (64, 4096)
# Texels of a texture of 1024² for a metre of the face in Anny's layout: three quarters of the face have more.
_TEXELS_PER_METRE = 840
_FACE_M = (0.164, 0.143)  # brow to chin and cheek to cheek, of Anny's average adult


def choose_texture_size(persons: Sequence[Person]) -> int:
    """Texels a side for the texture of the people in several photos, who are one; landmarks in pixels of the photos."""
    return max(map(_texels_for, persons), default=ORDINARY_TEXELS)


def _texels_for(person: Person) -> int:
    """A face that fills a portrait needs a large texture; of a whole person the pixels are few, or too many to keep."""
    if not bool(unseen_points(person)[KNEES].all()):
        return ORDINARY_TEXELS
    return ORDINARY_TEXELS if _face_pixels_per_metre(person) <= _TEXELS_PER_METRE else LARGE_TEXELS


def _face_pixels_per_metre(person: Person) -> float:
    """Of a face turned aside the longer measure counts; 0 where no face was seen."""
    face = person.landmarks[FACE_LANDMARKS]
    if float(face[:, 2].max()) <= 0:
        return 0.0
    spans = ((FacePoint.BROW, FacePoint.CHIN), (FacePoint.RIGHT_CHEEK, FacePoint.LEFT_CHEEK))
    return max(_distance(face, *ends) / metres for ends, metres in zip(spans, _FACE_M, strict=True))


def _distance(points: Tensor, first: int, second: int) -> float:
    return math.dist(points[first, :2].tolist(), points[second, :2].tolist())
