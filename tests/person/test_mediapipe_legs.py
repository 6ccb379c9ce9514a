"""Feet that the pose model guesses too high are where squashed views show them; those it is sure of stay."""

import numpy as np
import pytest

from bodydouble.geometry.window import Window
from bodydouble.person.landmarks import ANKLES, FEET_ROWS, HIPS, KNEES, SHOULDERS
from bodydouble.person.mediapipe_body import Body
from bodydouble.person.mediapipe_legs import find_long_legs
from bodydouble.person.mediapipe_models import PoseSeen

SIDE, FEET_AT, GUESSED_AT = 600, 520.0, 420.0  # pixels: of the picture, of the true feet, of the guessed ones
TORSO_M = 0.5


def stand(feet_at: float) -> np.ndarray:
    """33×2 pixels of somebody who stands upright; the whole body but for shoulders, hips, knees and feet is one dot."""
    points = np.full((33, 2), (300.0, 100.0))
    for rows, y in ((SHOULDERS, 140.0), (HIPS, 280.0), (KNEES, (280 + feet_at) / 2), (range(33)[FEET_ROWS], feet_at)):
        points[list(rows), 1] = y
    return points


def metres(points: np.ndarray) -> np.ndarray:
    scale = TORSO_M / (points[HIPS, 1].mean() - points[SHOULDERS, 1].mean())
    flat = (points - points[HIPS].mean(0)) * scale
    return np.column_stack([flat, np.zeros(33)]).astype(np.float32)


def seen(visibility: float) -> Body:
    points = stand(GUESSED_AT)
    sure = np.ones(33, np.float32)
    sure[FEET_ROWS] = visibility
    mask = np.zeros((SIDE, SIDE), np.float32)
    mask[100 : int(GUESSED_AT), 260:340] = 1
    return Body(points=points, visibility=sure, world=metres(points), mask=mask, left=0, top=0)


class Models:
    """A pose model that sees legs as long as they are in whatever lies in the upper part of a view."""

    def __init__(self, feet_at: float, visibility: float) -> None:
        self.feet_at, self.visibility, self.asked = feet_at, visibility, 0

    def pose(self, view: np.ndarray) -> PoseSeen:
        self.asked += 1
        bright = np.flatnonzero(view.max((1, 2)) > 250)  # the row that the picture marks
        share = (bright.mean() + 0.5) / len(view) / self.marked
        sure = np.full(33, self.visibility, np.float32)
        points = self.window_points * (1, share)
        return PoseSeen(points=points, visibility=sure, world=metres(points), mask=np.ones(view.shape[:2], np.float32))

    def look_at(self, body: Body, image: np.ndarray) -> None:
        """Know where in the window around the body its points are, and the marked row."""
        window = Window.around(body.points, 0.3)
        self.window_points = (stand(self.feet_at) - (window.left, window.top)) / window.side
        self.marked = (np.flatnonzero(image.max((1, 2)) > 250).mean() + 0.5 - window.top) / window.side


@pytest.fixture
def image() -> np.ndarray:
    picture = np.full((SIDE, SIDE, 3), 60, np.uint8)
    picture[298:303] = 255
    return picture


def look(image: np.ndarray, visibility: float, feet_at: float = FEET_AT, found: float = 0.6) -> tuple[Body, Body, int]:
    body, models = seen(visibility), Models(feet_at, found)
    models.look_at(body, image)
    return body, find_long_legs(models, image, body), models.asked  # type: ignore[arg-type]


def test_guessed_feet_come_down_to_where_they_are(image):
    body, longer, _ = look(image, 0.4)
    assert longer.points[ANKLES, 1] == pytest.approx(FEET_AT, abs=6)
    assert (longer.points[HIPS] == body.points[HIPS]).all()
    ratio = longer.world[ANKLES, 1].mean() / TORSO_M
    assert ratio == pytest.approx((FEET_AT - 280) / 140, rel=0.05)


def test_the_mask_reaches_down_to_them_and_stays_above_the_knees(image):
    body, longer, _ = look(image, 0.4)
    assert longer.mask[int(FEET_AT) - 10, 300] > 0.9
    assert (longer.mask[:350] == body.mask[:350]).all()


@pytest.mark.parametrize(
    ("visibility", "feet_at", "found"),
    [(0.9, FEET_AT, 0.95), (0.4, GUESSED_AT + 1, 0.9), (0.4, SIDE + 20.0, 0.9), (0.6, FEET_AT, 0.3)],
    ids=["surely seen", "no lower", "beyond the picture", "less sure"],
)
def test_what_tells_of_no_longer_legs_changes_nothing(image, visibility, feet_at, found):
    body, same, _ = look(image, visibility, feet_at, found)
    assert same is body


def test_who_is_surely_seen_is_looked_at_no_more(image):
    assert look(image, 0.9)[2] == 0
