"""The detector built on MediaPipe's bundled models: body, hands, face and mask of one person, offline, on a CPU.

photo -> body, legs -> hands around the wrists, face around the nose -> everybody else -> mask (`matte.py`) -> Person
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from bodydouble.errors import InputError, NoPersonFound
from bodydouble.geometry.window import photo_pixels, size_of
from bodydouble.person import Box
from bodydouble.person.cautions import cut_off, not_upright, several_people
from bodydouble.person.landmarks import ARMS, FINGERS, LEGS, SOLES, TOES, TRUNK
from bodydouble.person.matte import refine
from bodydouble.person.mediapipe_arms import find_arms
from bodydouble.person.mediapipe_body import Body, find_body
from bodydouble.person.mediapipe_legs import find_long_legs
from bodydouble.person.mediapipe_models import MediapipeModels
from bodydouble.person.mediapipe_parts import find_face, find_hands
from bodydouble.person.people import choose_prominent, find_people
from bodydouble.values import (
    BODY_LANDMARKS,
    FACE_LANDMARKS,
    LANDMARK_COUNT,
    LEFT_HAND_LANDMARKS,
    RIGHT_HAND_LANDMARKS,
    Person,
    Photo,
)

_LIMB_CORE, _FINGER_CORE = 0.02, 0.006  # metres; thickness of what surely lies inside the person around a bone
_LEAST_SCORE = 0.5  # from which a point counts
# Overlap (IoU) of alpha and the body's mask from which alpha is the person's outline. The outlines of 66 real people
# had 0.886 and more; a whole picture with a transparent corner has 0.5 and less.
_CUT_OUT = 0.8


class MediapipeDetector:
    """See `bodydouble.person.Detector`."""

    def __call__(self, photo: Photo, box: Box | None = None, number: int | None = None) -> Person:
        """The person in the photo, or in `box` (x, y, width, height in pixels) of it, or the one of that number.

        Raises:
            NoPersonFound: nobody is seen.
            InputError: the box lies outside the photo, or there are not so many people in it.
        """
        with MediapipeModels() as models:
            if number is None:
                return _detect(models, photo, box)
            image = photo_pixels(photo)
            body = find_body(models, image)
            people, _ = ([], 0) if body is None else find_people(models, image, body)
            if not 1 <= number <= len(people):
                raise InputError(
                    f"{photo.name}: there is no person {number}, for {len(people)} can be told apart; "
                    "choose another number, or name the place with --box x,y,width,height"
                )
            return _take_one(models, photo, people, number - 1)


def _take_one(models: MediapipeModels, photo: Photo, people: list[Box], place: int) -> Person:
    person = _detect(models, photo, people[place], alone=True)
    return replace(person, warnings=(*several_people(_in_file(people, photo), place), *person.warnings))


def _detect(models: MediapipeModels, photo: Photo, box: Box | None, alone: bool = False) -> Person:
    """`alone`: nobody asks who else is in the box."""
    left, top, right, bottom = _box_edges(photo, box)
    image = np.ascontiguousarray(photo_pixels(photo)[top:bottom, left:right])
    alpha = None if photo.alpha is None else photo.alpha[top:bottom, left:right]
    body = find_body(models, image)
    if alpha is not None and (body is None or _overlap(body, alpha.numpy() > 0.5) < _CUT_OUT):
        person = _detect(models, replace(photo, alpha=None), box, alone)
        passed_over = f"the transparency of {photo.name} does not outline the person and was passed over"
        return replace(person, warnings=(passed_over, *person.warnings))
    if body is None:
        raise NoPersonFound(
            f"{photo.name}: no person was found; take a photo of one person, upright, with head and shoulders "
            "at least, or name the place with --box x,y,width,height"
        )
    body = find_arms(models, image, find_long_legs(models, image, body))
    people, place = ([], 0) if alone else find_people(models, image, body)
    if len(people) > 1 and box is None and alpha is None:
        prominent = choose_prominent(models, image, people, place)
        if prominent != place:
            return _take_one(models, photo, people, prominent)
    landmarks, world = _landmarks(models, image, body)
    warnings = (
        several_people(_in_file(people, photo), place) + cut_off(landmarks, size_of(image)) + not_upright(landmarks)
    )
    mask = torch.zeros(photo.size)
    inside = mask[top:bottom, left:right]
    if alpha is not None:
        inside[:] = alpha
    else:
        lines = bones(landmarks) - (*(body.left, body.top) * 2, 0)
        refined = refine(image[body.place], body.mask, lines.astype(np.float32), body.pixels_per_metre)
        inside[body.place] = torch.from_numpy(refined)
    landmarks[:, :2] += (left, top)
    return Person(
        mask=mask,
        landmarks=torch.from_numpy(landmarks),
        landmarks_world=torch.from_numpy(world),
        mask_is_exact=photo.alpha is not None,
        warnings=tuple(warnings),
    )


def _in_file(boxes: list[Box], photo: Photo) -> list[Box]:
    """In pixels of the file, which are those that the caller knows."""
    return [(x, y, width, height) for x, y, width, height in (np.array(boxes).reshape(-1, 4) / photo.file_scale)]


def _box_edges(photo: Photo, box: Box | None) -> tuple[int, int, int, int]:
    """Left, top, right, bottom in whole pixels."""
    height, width = photo.size
    if box is None:
        return 0, 0, width, height
    x, y, across, down = box
    if not np.isfinite(box).all() or across <= 0 or down <= 0:
        raise InputError(f"box {x:g},{y:g},{across:g},{down:g} has no area; give x,y,width,height in pixels")
    left, top = max(0, int(x)), max(0, int(y))
    right, bottom = min(width, int(np.ceil(x + across))), min(height, int(np.ceil(y + down)))
    if right - left < 16 or bottom - top < 16:
        raise InputError(
            f"box {x:g},{y:g},{across:g},{down:g} does not overlap the photo, which is {width}×{height} pixels"
        )
    return left, top, right, bottom


def _overlap(body: Body, other: np.ndarray) -> float:
    """Intersection over union of the body's mask and another, H×W bool, of the image."""
    mask = body.mask > 0.5
    both = int((mask & other[body.place]).sum())
    return both / max(1, int(mask.sum()) + int(other.sum()) - both)


def _landmarks(models: MediapipeModels, image: np.ndarray, body: Body) -> tuple[np.ndarray, np.ndarray]:
    """543×3 in pixels with scores, and 543×3 in metres."""
    landmarks = np.zeros((LANDMARK_COUNT, 3), dtype=np.float32)
    world = np.full((LANDMARK_COUNT, 3), np.nan, dtype=np.float32)
    landmarks[BODY_LANDMARKS] = np.column_stack([body.points, body.visibility.clip(0, 1)])
    world[BODY_LANDMARKS] = body.world
    for side, hand in find_hands(models, image, body).items():
        rows = LEFT_HAND_LANDMARKS if side == "left" else RIGHT_HAND_LANDMARKS
        landmarks[rows] = np.column_stack([hand.points, np.full(21, hand.score)])
        world[rows] = hand.world
    face = find_face(models, image, body)
    if face is not None:
        landmarks[FACE_LANDMARKS] = np.column_stack([face[:, :2], np.ones(len(face))])
        world[FACE_LANDMARKS] = (face - face.mean(0)) / body.pixels_per_metre
    return landmarks, world


def bones(landmarks: np.ndarray) -> np.ndarray:
    """N×5 lines that lie inside the person, for `matte.refine`, from 543×3 landmarks."""
    pairs = [(int(a), int(b), _LIMB_CORE) for a, b in (*ARMS, *TRUNK, *LEGS, *TOES, *SOLES)]
    for rows in (LEFT_HAND_LANDMARKS, RIGHT_HAND_LANDMARKS):
        pairs += [(rows.start + a, rows.start + b, _FINGER_CORE) for a, b in FINGERS]
    lines = [
        (*landmarks[a, :2], *landmarks[b, :2], thickness)
        for a, b, thickness in pairs
        if min(landmarks[a, 2], landmarks[b, 2]) > _LEAST_SCORE
    ]
    return np.array(lines, dtype=np.float32).reshape(-1, 5)
