"""Whether two photos look like one person in the same clothes: colours of the same parts of the body, compared.

Front and back of a person share the colours of their clothes, not their pattern; another light changes all colours
alike. So each colour of a part looks for its like on the same part in the other photo, and the light that suits best is
granted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np

from bodydouble.person.landmarks import ARMS, LEGS, TOES, TORSO
from bodydouble.values import BODY_LANDMARKS, Person, Photo

_LEAST_SCORE = 0.5  # of landmarks, for a part to be compared
_LEAST_PIXELS = 60
_SAMPLES = 200  # colours of a part
_LIMB_WIDTH = 0.12  # of what is taken of a limb, as a share of the torso's length
_INNER = 0.15  # share left out at both ends of a limb, and of the torso on all sides
_LIGHTNESS = 0.5  # weight of CIELAB's lightness beside its colours: folds and shade change it
_BRIGHTER = (0.65, 0.8, 1.0, 1.25, 1.55)  # lights that are tried, on linear light
_WARMER = (0.9, 1.0, 1.12)
_FARTHEST = 40.0  # more difference says no more
# Differences, in weighted CIELAB, from which photos are unlike: of all parts together, of the torso or thighs alone.
# 39 real people had at most 1.4 and 1.3 between their front and back, as photographed, and 7.9 and 7.9 with one of
# both in warm half-light; one man in all yoga poses 7.5 and 22.6. Of pairs of different people nine in ten are told.
_UNLIKE, _UNLIKE_PART = 8.0, 24.0


@dataclass(frozen=True)
class _Part:
    """What is compared, and how much it counts."""

    name: str
    weight: float
    lines: tuple[tuple[int, int], ...] = ()  # pairs of body points; none for the torso
    decides: bool = False  # alone


_PARTS = (
    _Part("torso", 2.0, decides=True),
    _Part("upper arms", 1.0, (ARMS[0], ARMS[2])),
    _Part("forearms", 0.5, (ARMS[1], ARMS[3])),
    _Part("thighs", 2.0, (LEGS[0], LEGS[2]), decides=True),
    _Part("shins", 1.0, (LEGS[1], LEGS[3])),
    _Part("feet", 0.5, tuple(TOES)),
)
Look = Mapping[str, np.ndarray]  # n×3 colours of each part that is seen, linear light in [0, 1]


def describe_look(photo: Photo, person: Person) -> Look:
    """Colours of the person's parts, as far as the photo shows them."""
    body = person.landmarks[BODY_LANDMARKS].numpy()
    height, width = photo.size
    x, y, score = body.T
    shown = (score > _LEAST_SCORE) & (x > 0) & (x < width) & (y > 0) & (y < height)
    # Far more pixels than are looked at need not be gone through.
    scale = min(1.0, 512 / max(1.0, float(np.ptp(y)), float(np.ptp(x))))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    rgb = cv2.resize(photo.rgb.permute(1, 2, 0).numpy(), size, interpolation=cv2.INTER_AREA)
    mask = cv2.resize(person.mask.numpy(), size, interpolation=cv2.INTER_AREA)
    solid = cv2.erode((mask > 0.8).astype(np.uint8), np.ones((3, 3), np.uint8))
    points = body[:, :2] * scale
    look = {}
    for part in _PARTS:
        place = _drawn(part, points, shown, solid.shape) & solid
        if place.sum() >= _LEAST_PIXELS:
            colours = rgb[place > 0]
            chosen = np.linspace(0, len(colours) - 1, _SAMPLES).round().astype(int)
            look[part.name] = colours[chosen] ** 2.2
    return look


def are_unlike(look: Look, other: Look) -> bool:
    """Whether two looks are hardly of one person in the same clothes; False where too little can be compared."""
    common = [part for part in _PARTS if part.name in look and part.name in other]
    if not common or not common[0].decides:  # without a torso in sight the rest is guessed by the detector
        return False
    overall, alone = difference(look, other)
    return overall > _UNLIKE or alone > _UNLIKE_PART


def difference(look: Look, other: Look) -> tuple[float, float]:
    """In weighted CIELAB, under the light that suits best: of all common parts together, and of the most different one
    that decides alone."""
    common = [part for part in _PARTS if part.name in look and part.name in other]
    best = (np.inf, np.inf)
    others = {part.name: _lab(other[part.name]) for part in common}
    for brighter, warmer in product(_BRIGHTER, _WARMER):
        light = np.array((brighter * warmer, brighter, brighter / warmer), np.float32)
        parts = [(part, _distance(_lab(look[part.name] * light), others[part.name])) for part in common]
        overall = sum(part.weight * far for part, far in parts) / sum(part.weight for part in common)
        best = min(best, (overall, max((far for part, far in parts if part.decides), default=0.0)))
    return best


def _drawn(part: _Part, points: np.ndarray, shown: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """H×W uint8: where the part is, as far as all its points are shown."""
    place = np.zeros(shape, np.uint8)
    left_shoulder, right_shoulder, left_hip, right_hip = corners = points[TORSO]
    if not part.lines:
        if shown[TORSO].all():
            middle = corners.mean(0)
            around = np.array([left_shoulder, right_shoulder, right_hip, left_hip])
            cv2.fillPoly(place, [(middle + (around - middle) * (1 - _INNER)).astype(np.int32)], 1)
        return place
    torso_px = float(np.linalg.norm(left_shoulder + right_shoulder - left_hip - right_hip)) / 2
    for start, end in part.lines:
        if shown[[start, end]].all():
            along = points[end] - points[start]
            ends = [(points[start] + share * along).astype(int).tolist() for share in (_INNER, 1 - _INNER)]
            cv2.line(place, *ends, 1, max(1, round(_LIMB_WIDTH * torso_px)))
    return place


def _distance(colours: np.ndarray, others: np.ndarray) -> float:
    """The median way from a colour to its like among the others, or back, whichever is longer."""
    ways = np.linalg.norm(colours[:, None] - others, axis=-1)
    return min(_FARTHEST, max(float(np.median(ways.min(1))), float(np.median(ways.min(0)))))


def _lab(light: np.ndarray) -> np.ndarray:
    lab = cv2.cvtColor((light.clip(0, 1) ** (1 / 2.2)).astype(np.float32)[None], cv2.COLOR_RGB2LAB)[0]
    return lab * (_LIGHTNESS, 1.0, 1.0)
