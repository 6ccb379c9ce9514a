"""Who else is in a photo: everybody that the models find, told apart from the person taken and from each other.

Those found are painted over, so that the next one comes to light. What is left of a person who was painted over still
looks like somebody to the models; therefore each discovery has to be made again where nothing is painted.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import cv2
import numpy as np

from bodydouble.geometry.window import Window, search_windows, size_of
from bodydouble.person import Box
from bodydouble.person.mediapipe_body import VIEW_PIXELS, Body, find_body, look_closely, mean_visibility
from bodydouble.person.mediapipe_models import MediapipeModels

MOST_PEOPLE = 12
_SEARCH_PIXELS = 1600  # longer side of the image searched
_SEARCH_WINDOWS = 6
_BODY_VISIBILITY = 0.6  # on average, of another person's trunk and limbs
_FACE_SCORE, _FACE_AGAIN = 0.75, 0.6  # least scores of a face, and of the same face in closer views
_LEAST_HEIGHT = 0.2  # of another person, by that of the person taken; smaller ones are passers-by or no people
_HIDDEN_MARGIN = 0.05  # metres around a person that are painted over with them
_SAME_PERSON = 0.5  # overlap of two masks, as a share of the smaller one
_FACE_VIEWS = (4.0, 6.0)  # sides of the views in which a face has to be seen again, in faces
_FACE_BODY = (3.0, 7.5)  # width and height of the person to whom a face belongs, in faces
# Times the height of the person taken, from which on another one is whom the photo is of. Set by a street photograph of
# a woman, on which a passer-by 0.63 as tall was found first.
_PROMINENT = 1.35
_BOX_MARGIN = 0.12  # around a person's points, as a share of their longer extent; hair and soles lie beyond them


@dataclass(frozen=True)
class _Other:
    """Somebody else, in pixels of the searched image."""

    mask: np.ndarray  # H×W bool
    box: Box


def find_people(models: MediapipeModels, image: np.ndarray, first: Body) -> tuple[list[Box], int]:
    """Where everybody is, from left to right, and the place of `first` among them.

    Args:
        image: H×W×3 uint8.
        first: the person that was found already.
    """
    scale = min(1.0, _SEARCH_PIXELS / max(image.shape[:2]))
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    mask = first.mask_in(size_of(small), scale) > 0.1
    margin = _HIDDEN_MARGIN * first.pixels_per_metre * scale
    people = [_Other(mask, _box_of(first.points, size_of(image)))]
    least_px = _LEAST_HEIGHT * scale * float(np.ptp(first.points, axis=0).max())
    hidden = _grown(mask, margin)
    while len(people) < MOST_PEOPLE:
        other = _next_person(models, small, hidden, [one.mask for one in people])
        if other is None:
            break
        if max(other.box[2:]) > least_px:
            people.append(_Other(other.mask, _scaled(other.box, 1 / scale)))
        hidden |= _grown(other.mask, margin)
    order = sorted(range(len(people)), key=lambda number: people[number].box[0] + people[number].box[2] / 2)
    return [people[number].box for number in order], order.index(0)


def choose_prominent(models: MediapipeModels, image: np.ndarray, people: list[Box], taken: int) -> int:
    """The place of the person whom a photo is of: the one found first, or another who is far taller.

    A face alone, as on a poster, may be of nobody: a body has to be seen as tall where its box says.
    """
    tallest = max(range(len(people)), key=lambda number: people[number][3])
    least = _PROMINENT * people[taken][3]
    x, y, width, height = (round(edge) for edge in people[tallest])
    if height < least:
        return taken
    body = find_body(models, np.ascontiguousarray(image[y : y + height, x : x + width]))
    if body is None or _box_of(body.points, (height, width))[3] < least:
        return taken
    return tallest


def _next_person(
    models: MediapipeModels, image: np.ndarray, hidden: np.ndarray, masks: list[np.ndarray]
) -> _Other | None:
    painted = _painted_over(image, hidden)
    for window in islice(search_windows(size_of(image)), _SEARCH_WINDOWS):
        view = window.view(painted, VIEW_PIXELS)
        pose = models.pose(view)
        if pose is not None and mean_visibility(pose) > _BODY_VISIBILITY:
            other = _confirmed_body(models, image, window.to_image(pose.points), masks)
            if other is not None:
                return other
        for left, top, width, height, score in models.faces(view):
            if score > _FACE_SCORE:
                corners = window.to_image(np.array([[left, top], [left + width, top + height]]))
                other = _confirmed_face(models, image, corners, masks)
                if other is not None:
                    return other
    return None


def _confirmed_body(
    models: MediapipeModels, image: np.ndarray, points: np.ndarray, masks: list[np.ndarray]
) -> _Other | None:
    """The person at those points of the image that nobody painted in, if it is none of those known."""
    body = look_closely(models, image, points)
    if body is None or mean_visibility(body) < _BODY_VISIBILITY:
        return None
    soft = body.mask_in(size_of(image))
    mask = soft > 0.5
    if not mask.any() or any(_overlap(mask, other) > _SAME_PERSON for other in masks):
        return None
    return _Other(soft > 0.1, _box_of(body.points, mask.shape))


def _confirmed_face(
    models: MediapipeModels, image: np.ndarray, corners: np.ndarray, masks: list[np.ndarray]
) -> _Other | None:
    """The person to whom a face belongs, if the face is seen again in closer views and is nobody's who is known."""
    (left, top), (right, bottom) = corners
    side, centre = max(right - left, bottom - top), corners.mean(0)
    row, column = (int(np.clip(at, 0, extent - 1)) for at, extent in zip(centre[::-1], image.shape[:2], strict=True))
    if any(mask[row, column] for mask in masks):
        return None
    for factor in _FACE_VIEWS:
        faces = models.faces(Window.at(centre, factor * side).view(image, VIEW_PIXELS))
        middles = faces[:, :2] + faces[:, 2:4] / 2
        if not ((faces[:, 4] > _FACE_AGAIN) & (np.abs(middles - 0.5).max(1, initial=0) < 0.5 / factor)).any():
            return None
    across, down = _FACE_BODY[0] * side, _FACE_BODY[1] * side
    box = _within((centre[0] - across / 2, centre[1] - side, across, down), image.shape)
    mask = np.zeros(image.shape[:2], bool)
    x, y, width, height = (round(edge) for edge in box)
    mask[y : y + height, x : x + width] = True
    for other in masks:
        mask &= ~other
    return _Other(mask, box)


def _overlap(mask: np.ndarray, other: np.ndarray) -> float:
    return float((mask & other).sum() / max(1, min(mask.sum(), other.sum())))


def _box_of(points: np.ndarray, shape: tuple[int, ...]) -> Box:
    """Around N×2 points with a margin, within the image. Masks run over into a neighbour's more easily."""
    low, high = points.min(0), points.max(0)
    margin = _BOX_MARGIN * (high - low).max()
    (x, y), (width, height) = low - margin, high - low + 2 * margin
    return _within((x, y, width, height), shape)


def _within(box: Box, shape: tuple[int, ...]) -> Box:
    x, y, width, height = box
    left, top = max(0, round(x)), max(0, round(y))
    right, bottom = min(shape[1], round(x + width)), min(shape[0], round(y + height))
    return left, top, max(1, right - left), max(1, bottom - top)


def _scaled(box: Box, scale: float) -> Box:
    x, y, width, height = (round(edge * scale) for edge in box)
    return x, y, width, height


def _grown(mask: np.ndarray, margin: float) -> np.ndarray:
    reach = 2 * max(1, round(margin)) + 1
    return cv2.dilate(mask.astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0


def _painted_over(image: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """The image with the hidden pixels filled with the blurred surroundings: no outline may stay."""
    scale = min(1.0, 320 / max(image.shape[:2]))
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.float32)
    weight = cv2.resize((~hidden).astype(np.float32), small.shape[1::-1], interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(small * weight[..., None], (0, 0), 8)
    weight = cv2.GaussianBlur(weight, (0, 0), 8)
    fill = cv2.resize(blurred / np.maximum(weight, 1e-3)[..., None], image.shape[1::-1])
    return np.where(hidden[..., None], fill.clip(0, 255).astype(np.uint8), image)
