"""Arms that the detector sees where nobody is: beside a passer-by, across a bus.

landmarks, and who the parser takes for the person -> arms that lie off them, without a hand -> the detector once more,
on a photo that shows the person alone -> where the arms are then; where they are off the person again, unseen
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import torch
from torch import Tensor

from bodydouble.errors import NoPersonFound
from bodydouble.geometry.distance import rough_distance_to
from bodydouble.parsing.at_photo import plane_at_photo
from bodydouble.parsing.mask_prior import person_without_mask, renew_mask
from bodydouble.parsing.windows import pixels_per_metre
from bodydouble.person import Detector
from bodydouble.person.landmarks import HIPS, SHOULDERS, SIDES, arm_points, side_point
from bodydouble.person.matte import disc
from bodydouble.values import BODY_LANDMARKS, LEFT_HAND_LANDMARKS, RIGHT_HAND_LANDMARKS, Person, Photo, Understanding

_STRAY_M = 0.03  # of a wrist from the person, beyond which it is nobody's; of 240 street photographs six have one
_AROUND_M = 0.03  # of what is around the person stays: nobody is cut into
_SOFT_M = 0.008  # deviation of the blur of that border, an edge that looks like none
_GREY = 0.8  # of what is beyond
_HANDS = dict(zip(SIDES, (LEFT_HAND_LANDMARKS, RIGHT_HAND_LANDMARKS), strict=True))


def find_stray_arms(
    photo: Photo, person: Person, understanding: Understanding, detect: Detector
) -> tuple[Person, Understanding]:
    """The person with arms that lie on them, and labels that know it; the same where none was astray.

    An arm that is not found on the person either has no score, and lies beyond the photo: it will hang. A hand that is
    raised is seen.
    """
    scale = pixels_per_metre(person)
    if scale is None or all(person.found_hands()):
        return person, understanding
    alone = plane_at_photo(understanding, person_without_mask(understanding, person), photo.size) > 0.5
    if not alone.any():  # the network saw nobody, and tells nothing
        return person, understanding
    distance = rough_distance_to(torch.from_numpy(alone))
    astray = _list_stray(person, distance)
    if not astray:
        return person, understanding
    around = cv2.dilate(alone.astype(np.uint8), disc(_AROUND_M * scale)).astype(np.float32)
    shown = torch.from_numpy(cv2.GaussianBlur(around, (0, 0), _SOFT_M * scale))
    try:
        again = detect(replace(photo, rgb=photo.rgb * shown + _GREY * (1 - shown), alpha=None))
    except NoPersonFound:
        again = None
    found, still = person, [] if again is None else _list_stray(again, distance)
    for side in SIDES:
        if again is not None and side not in still and _is_low_or_held(again, side):
            # Where one arm was misled, what is beside the other misleads as well.
            found = found if _has_hand(person, side) else _take_arm(found, again, side)
        elif side in astray:
            found = _leave_out_arm(found, side)
    if not person.mask_is_exact:
        found = replace(found, mask=torch.minimum(person.mask, torch.from_numpy(around)))
    return found, renew_mask(understanding, person, found)


def _list_stray(person: Person, distance: Tensor) -> list[str]:
    """Sides on which no hand was found, and the wrist lies within the photo and off who the network says it is.

    Args:
        distance: H×W pixels, to the nearest that the network alone takes for the person.
    """
    scale, (height, width) = pixels_per_metre(person), distance.shape
    if scale is None:
        return []
    astray = []
    for side in SIDES:
        x, y, score = person.landmarks[side_point(side, "wrist")].tolist()
        inside = score > 0 and 0 <= x < width and 0 <= y < height
        if inside and not _has_hand(person, side) and float(distance[int(y), int(x)]) > _STRAY_M * scale:
            astray.append(side)
    return astray


def _has_hand(person: Person, side: str) -> bool:
    return person.found_hands()[SIDES.index(side)]


def _is_low_or_held(person: Person, side: str) -> bool:
    """Whether a hand was found, or the wrist is below the elbow."""
    elbow, wrist = (person.landmarks[side_point(side, part), 1] for part in ("elbow", "wrist"))
    return _has_hand(person, side) or bool(wrist > elbow)


def _take_arm(person: Person, other: Person, side: str) -> Person:
    """The person with an arm and its hand as somebody else's landmarks have them."""
    rows, hand, shoulder = arm_points(side), _HANDS[side], side_point(side, "shoulder")
    landmarks, world = person.landmarks.clone(), person.landmarks_world.clone()
    landmarks[rows], landmarks[hand] = other.landmarks[rows], other.landmarks[hand]
    size = _trunk_length(person) / _trunk_length(other)
    world[rows] = world[shoulder] + size * (other.landmarks_world[rows] - other.landmarks_world[shoulder])
    world[hand] = other.landmarks_world[hand]
    return replace(person, landmarks=landmarks, landmarks_world=world)


def _leave_out_arm(person: Person, side: str) -> Person:
    landmarks = person.landmarks.clone()
    landmarks[arm_points(side)] = torch.tensor([-1.0, -1.0, 0.0])
    landmarks[_HANDS[side], 2] = 0
    return replace(person, landmarks=landmarks)


def _trunk_length(person: Person) -> float:
    """Metres from between the hips to between the shoulders."""
    body = person.landmarks_world[BODY_LANDMARKS]
    return max(1e-6, float((body[SHOULDERS].mean(0) - body[HIPS].mean(0)).norm()))
