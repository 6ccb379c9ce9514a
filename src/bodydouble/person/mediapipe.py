"""The detector built on MediaPipe's bundled models: body, hands, face and mask of one person, offline, on a CPU.

photo -> pose on the whole image -> pose on windows around the person -> hands around the wrists, face around the
nose -> mask, refined in `matte.py` -> Person
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice, product

import numpy as np
import torch

from bodydouble.errors import InputError, NoPersonFound
from bodydouble.geometry.window import GREY, Window, search_windows, size_of
from bodydouble.person import Box
from bodydouble.person.cautions import cut_off, other_person_warnings
from bodydouble.person.matte import refine
from bodydouble.person.mediapipe_models import HandSeen, MediapipeModels, PoseSeen
from bodydouble.values import (
    BODY_LANDMARKS,
    FACE_LANDMARKS,
    LANDMARK_COUNT,
    LEFT_HAND_LANDMARKS,
    RIGHT_HAND_LANDMARKS,
    Person,
    Photo,
)

# Rows of MediaPipe's 33 body points.
_NOSE, _EARS, _HEAD = 0, [7, 8], slice(0, 11)
_WRIST = {"left": 15, "right": 16}
_KNUCKLES = {"left": [17, 19], "right": [18, 20]}  # little finger's, index finger's
_MIRRORED = [0, 4, 5, 6, 1, 2, 3, 8, 7, 10, 9, *(row + 1 if row % 2 else row - 1 for row in range(11, 33))]

_LIMBS = [
    *((11, 13), (13, 15), (12, 14), (14, 16), (11, 12), (11, 23), (12, 24), (23, 24)),
    *((23, 25), (25, 27), (24, 26), (26, 28), (27, 31), (28, 32), (29, 31), (30, 32)),
]
_FINGERS = [(0 if joint % 4 == 1 else joint - 1, joint) for joint in range(1, 21)]
_LIMB_CORE, _FINGER_CORE = 0.02, 0.006  # metres; thickness of what surely lies inside the person around a bone

_MOST_WINDOWS = 30
_POSE_PIXELS = 640  # side of the views shown to the pose model, which samples 256 pixels of them
_POSE_MARGINS = (0.15, 0.3)
_PART_PIXELS = 320
_HAND_SIDES = (0.4, 0.3, 0.55)  # metres across the views in which a hand is sought, in this order
_HAND_REACH = 0.12  # metres between a hand's knuckles and the body's; beyond, it is another hand
_SAME_HAND = 0.02  # metres, mean distance between the points of two detections of one hand
_FACE_SIDES = (0.4, 0.3, 0.55)
_SEEN = 0.5  # score from which a point counts


@dataclass(frozen=True)
class _Body:
    """The pose in pixels of the image."""

    points: np.ndarray  # 33×2
    visibility: np.ndarray  # (33,)
    world: np.ndarray  # 33×3, metres
    mask: np.ndarray  # H×W float32

    @property
    def pixels_per_metre(self) -> float:
        pixels, metres = self.points[11:], self.world[11:, :2]
        spread = ((pixels - pixels.mean(0)) ** 2).sum() / max(1e-6, ((metres - metres.mean(0)) ** 2).sum())
        return max(1.0, float(np.sqrt(spread)))


class MediapipeDetector:
    """See `bodydouble.person.Detector`."""

    def __call__(self, photo: Photo, box: Box | None = None) -> Person:
        """The person in the photo, or in `box` (x, y, width, height in pixels) of it.

        Raises:
            NoPersonFound: nobody is seen.
            InputError: the box lies outside the photo.
        """
        image = _upload(photo)
        left, top, right, bottom = _box_edges(photo, box)
        image = np.ascontiguousarray(image[top:bottom, left:right])
        with MediapipeModels() as graphs:
            body = _find_body(graphs, image)
            if body is None:
                raise NoPersonFound(
                    f"{photo.name}: no person was found; take a photo of one person, upright and whole, "
                    "or name the place with --box x,y,width,height"
                )
            landmarks, world = _landmarks(graphs, image, body)
            warnings = other_person_warnings(graphs, image, body.mask, body.pixels_per_metre)
        warnings += cut_off(landmarks, size_of(image))
        mask = torch.zeros(photo.size)
        if photo.alpha is not None:
            mask[top:bottom, left:right] = photo.alpha[top:bottom, left:right]
        else:
            refined = refine(image, body.mask, bones(landmarks), body.pixels_per_metre)
            mask[top:bottom, left:right] = torch.from_numpy(refined)
        landmarks[:, :2] += (left, top)
        return Person(
            mask=mask,
            landmarks=torch.from_numpy(landmarks),
            landmarks_world=torch.from_numpy(world),
            warnings=tuple(warnings),
        )


def _upload(photo: Photo) -> np.ndarray:
    """H×W×3 uint8; a cut-out stands on grey."""
    rgb = photo.rgb
    if photo.alpha is not None:
        rgb = rgb * photo.alpha + GREY / 255 * (1 - photo.alpha)
    return rgb.mul(255).round_().to(torch.uint8).permute(1, 2, 0).contiguous().cpu().numpy()


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


def _find_body(graphs: MediapipeModels, image: np.ndarray) -> _Body | None:
    """The person sought on the whole image, then in ever smaller parts of it, and looked at closely."""
    for window in islice(search_windows(size_of(image)), _MOST_WINDOWS):
        seen = graphs.pose(window.view(image, _POSE_PIXELS))
        if seen is not None and seen.visibility[11:].mean() > 0.3:
            body = _look_closely(graphs, image, window.to_image(seen.points))
            if body is not None:
                return body
    return None


def _look_closely(graphs: MediapipeModels, image: np.ndarray, points: np.ndarray) -> _Body | None:
    """The mean of what the pose model sees in several windows and their mirror images."""
    size = size_of(image)
    seen: list[PoseSeen] = []
    mask = np.zeros(size, dtype=np.float32)
    for margin, mirrored in product(_POSE_MARGINS, (False, True)):
        window = Window.around(points, margin)
        view = window.view(image, _POSE_PIXELS)
        found = graphs.pose(np.ascontiguousarray(view[:, ::-1]) if mirrored else view)
        if found is None:
            continue
        found = _mirror(found) if mirrored else found
        seen.append(PoseSeen(window.to_image(found.points), found.visibility, found.world, found.mask))
        mask += window.paste(found.mask, size)
    if not seen:
        return None
    return _Body(
        points=np.mean([one.points for one in seen], 0),
        visibility=np.mean([one.visibility for one in seen], 0),
        world=np.mean([one.world for one in seen], 0),
        mask=mask / len(seen),
    )


def _mirror(seen: PoseSeen) -> PoseSeen:
    return PoseSeen(
        points=((1, 0) + seen.points * (-1, 1))[_MIRRORED],
        visibility=seen.visibility[_MIRRORED],
        world=(seen.world * (-1, 1, 1))[_MIRRORED],
        mask=np.ascontiguousarray(seen.mask[:, ::-1]),
    )


def _landmarks(graphs: MediapipeModels, image: np.ndarray, body: _Body) -> tuple[np.ndarray, np.ndarray]:
    """543×3 in pixels with scores, and 543×3 in metres."""
    landmarks = np.zeros((LANDMARK_COUNT, 3), dtype=np.float32)
    world = np.full((LANDMARK_COUNT, 3), np.nan, dtype=np.float32)
    landmarks[BODY_LANDMARKS] = np.column_stack([body.points, body.visibility.clip(0, 1)])
    world[BODY_LANDMARKS] = body.world
    for side, hand in _find_hands(graphs, image, body).items():
        rows = LEFT_HAND_LANDMARKS if side == "left" else RIGHT_HAND_LANDMARKS
        landmarks[rows] = np.column_stack([hand.points, np.full(21, hand.score)])
        world[rows] = hand.world
    face = _find_face(graphs, image, body)
    if face is not None:
        landmarks[FACE_LANDMARKS] = np.column_stack([face[:, :2], np.ones(len(face))])
        world[FACE_LANDMARKS] = (face - face.mean(0)) / body.pixels_per_metre
    return landmarks, world


def bones(landmarks: np.ndarray) -> np.ndarray:
    """N×5 lines that lie inside the person, for `matte.refine`, from 543×3 landmarks."""
    pairs = [(a, b, _LIMB_CORE) for a, b in _LIMBS]
    for rows in (LEFT_HAND_LANDMARKS, RIGHT_HAND_LANDMARKS):
        pairs += [(rows.start + a, rows.start + b, _FINGER_CORE) for a, b in _FINGERS]
    lines = [
        (*landmarks[a, :2], *landmarks[b, :2], thickness)
        for a, b, thickness in pairs
        if min(landmarks[a, 2], landmarks[b, 2]) > _SEEN
    ]
    return np.array(lines, dtype=np.float32).reshape(-1, 5)


def _find_hands(graphs: MediapipeModels, image: np.ndarray, body: _Body) -> dict[str, HandSeen]:
    """The hands seen at the wrists; one hand is never taken for both."""
    found = {side: _find_hand(graphs, image, body, side) for side in _WRIST}
    hands = {side: hand for side, hand in found.items() if hand is not None}
    if len(hands) == 2:
        apart = np.linalg.norm(hands["left"].points - hands["right"].points, axis=1).mean()
        if apart < _SAME_HAND * body.pixels_per_metre:
            del hands["right" if hands["left"].left else "left"]
    return hands


def _find_hand(graphs: MediapipeModels, image: np.ndarray, body: _Body, side: str) -> HandSeen | None:
    """The hand at that wrist of the body, in pixels of the image."""
    reach = _HAND_REACH * body.pixels_per_metre
    wrist, knuckles = body.points[_WRIST[side]], body.points[_KNUCKLES[side]].mean(0)
    for metres in _HAND_SIDES:
        window = Window.at(knuckles, metres * body.pixels_per_metre)
        best, cost = None, reach
        for hand in graphs.hands(window.view(image, _PART_PIXELS)):
            points = window.to_image(hand.points)
            ends = points[0] - wrist, points[[5, 17]].mean(0) - knuckles
            distance = float(np.hypot(*np.transpose(ends)).mean())
            # Of two hands that hold each other, the one that looks like this side's.
            distance += 0.3 * reach * (hand.left != (side == "left"))
            if distance < cost:
                best, cost = HandSeen(points, hand.world, hand.left, hand.score), distance
        if best is not None:
            return best
    return None


def _find_face(graphs: MediapipeModels, image: np.ndarray, body: _Body) -> np.ndarray | None:
    """468×3: pixels of the image, and depth in the same unit; None where the head shows its back."""
    if body.world[_NOSE, 2] > body.world[_EARS, 2].mean():
        return None
    nose = body.points[_HEAD].mean(0)
    for metres in _FACE_SIDES:
        window = Window.at(nose, metres * body.pixels_per_metre)
        face = graphs.face(window.view(image, _PART_PIXELS))
        if face is not None:
            points = np.column_stack([window.to_image(face[:, :2]), face[:, 2] * window.side])
            if np.linalg.norm(points[:, :2].mean(0) - nose) < 0.12 * body.pixels_per_metre:
                return points
    return None
