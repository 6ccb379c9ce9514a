"""A person's hands and face, each found in a window where the body says that it is."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import pdist

from bodydouble.geometry.window import Window
from bodydouble.person.landmarks import EARS, HEAD_ROWS, SIDES, BodyPoint, HandPoint, side_point
from bodydouble.person.mediapipe_body import Body
from bodydouble.person.mediapipe_models import HandSeen, MediapipeModels

_VIEW_PIXELS = 320
_HAND_SIDES = (0.4, 0.3, 0.55)  # metres across the views in which a hand is sought, in this order
_HAND_REACH = 0.12  # metres between a hand's knuckles and the body's; beyond, it is another hand
# Metres across a hand's points; of a smaller one somebody else's behind. The smallest of 22 was 0.069, that one 0.051.
_SMALLEST_HAND = 0.06
_SAME_HAND = 0.02  # metres, mean distance between the points of two detections of one hand
_FACE_SIDES = (0.4, 0.3, 0.55)
_FACE_REACH = 0.12  # metres between the face's middle and the body's idea of it
_KNUCKLES = [HandPoint.INDEX_KNUCKLE, HandPoint.PINKY_KNUCKLE]


def find_hands(models: MediapipeModels, image: np.ndarray, body: Body) -> dict[str, HandSeen]:
    """The hands seen at the wrists; one hand is never taken for both."""
    sought = {side: find_hand(models, image, body, side) for side in SIDES}
    hands = {side: hand for side, hand in sought.items() if hand is not None}
    if len(hands) == 2:
        apart = np.linalg.norm(hands["left"].points - hands["right"].points, axis=1).mean()
        if apart < _SAME_HAND * body.pixels_per_metre:
            del hands["right" if hands["left"].left else "left"]
    return hands


def find_hand(models: MediapipeModels, image: np.ndarray, body: Body, side: str) -> HandSeen | None:
    """The hand at that wrist of the body, in pixels of the image."""
    reach = _HAND_REACH * body.pixels_per_metre
    wrist, knuckles = body.points[side_point(side, "wrist")], body.points[_body_knuckles(side)].mean(0)
    for metres in _HAND_SIDES:
        window = Window.at(knuckles, metres * body.pixels_per_metre)
        best, cost = None, reach
        for hand in models.hands(window.view(image, _VIEW_PIXELS)):
            points = window.to_image(hand.points)
            if float(pdist(points).max()) < _SMALLEST_HAND * body.pixels_per_metre:
                continue
            ends = points[HandPoint.WRIST] - wrist, points[_KNUCKLES].mean(0) - knuckles
            distance = float(np.hypot(*np.transpose(ends)).mean())
            # Of two hands that hold each other, the one that looks like this side's.
            distance += 0.3 * reach * (hand.left != (side == "left"))
            if distance < cost:
                best, cost = HandSeen(points, hand.world, hand.left, hand.score), distance
        if best is not None:
            return best
    return None


def find_face(models: MediapipeModels, image: np.ndarray, body: Body) -> np.ndarray | None:
    """468×3: pixels of the image, and depth in the same unit; None where the head shows its back."""
    if body.world[BodyPoint.NOSE, 2] > body.world[EARS, 2].mean():
        return None
    nose = body.points[HEAD_ROWS].mean(0)
    for metres in _FACE_SIDES:
        window = Window.at(nose, metres * body.pixels_per_metre)
        face = models.face(window.view(image, _VIEW_PIXELS))
        if face is not None:
            points = np.column_stack([window.to_image(face[:, :2]), face[:, 2] * window.side])
            if np.linalg.norm(points[:, :2].mean(0) - nose) < _FACE_REACH * body.pixels_per_metre:
                return points
    return None


def _body_knuckles(side: str) -> list[BodyPoint]:
    """Where the body's own points place the hand."""
    return [side_point(side, "pinky"), side_point(side, "index")]
