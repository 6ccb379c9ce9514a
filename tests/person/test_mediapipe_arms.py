"""Where looks disagree about an arm, it leads to where a hand is found; without one it stays."""

import numpy as np
import pytest

from bodydouble.person import mediapipe_arms
from bodydouble.person.landmarks import BodyPoint, side_point
from bodydouble.person.mediapipe_arms import find_arms
from bodydouble.person.mediapipe_body import Body
from bodydouble.person.mediapipe_models import HandSeen, PoseSeen

SIDE, SCALE = 400, 200.0  # pixels; pixels a metre
WRIST, ELBOW = side_point("left", "wrist"), side_point("left", "elbow")
FINGERTIPS = [4, 20]  # thumb and little finger
ARM = [side_point("left", part) for part in ("elbow", "wrist", "pinky", "index", "thumb")]
PLACES = {
    "SHOULDER": (0.16, -0.5),
    "ELBOW": (0.2, -0.25),
    "WRIST": (0.2, 0.0),
    "PINKY": (0.2, 0.08),
    "INDEX": (0.2, 0.08),
    "THUMB": (0.2, 0.06),
    "HIP": (0.1, 0.0),
    "KNEE": (0.1, 0.4),
    "ANKLE": (0.1, 0.8),
    "HEEL": (0.1, 0.85),
}


def metres(raised: bool) -> np.ndarray:
    """33×3 of somebody whose left hand hangs or is at the head."""
    points = np.zeros((33, 3), np.float32)
    points[:11, 1] = -0.7
    for point in BodyPoint:
        side, _, part = point.name.partition("_")
        if part in PLACES and side in ("LEFT", "RIGHT"):
            x, y = PLACES[part]
            points[point, :2] = (x if side == "LEFT" else -x, y)
    if raised:
        points[[row for row in ARM if row != ELBOW], 1] = -0.65
    return points


def look(raised: bool, sure: float) -> PoseSeen:
    world = metres(raised)
    visibility = np.full(33, 1.0, np.float32)
    visibility[ARM] = sure
    points = world[:, :2] * SCALE + 200
    return PoseSeen(points=points, visibility=visibility, world=world, mask=np.zeros((2, 2), np.float32))


class Models:
    """A pose model that sees nobody anew, and one of hands that finds a hand in the picture's bright place."""

    def __init__(self, reach: float = 0.15) -> None:
        """`reach`: from the middle of a hand to either side, share of the view."""
        self.asked, self.reach = 0, reach

    def pose(self, view: np.ndarray) -> None:
        self.asked += 1

    def hands(self, view: np.ndarray) -> list[HandSeen]:
        y, x = np.nonzero(view.max(2) > 200)
        if not len(y):
            return []
        points = np.tile((np.array([x.mean(), y.mean()]) + 0.5) / len(view), (21, 1))
        points[FINGERTIPS, 0] += (-self.reach, self.reach)
        return [HandSeen(points=points, world=np.zeros((21, 3), np.float32), left=True, score=0.9)]


def body_of(looks: list[PoseSeen]) -> Body:
    mean = {name: np.mean([getattr(each, name) for each in looks], 0) for name in ("points", "visibility", "world")}
    return Body(**mean, mask=np.zeros((SIDE, SIDE), np.float32), left=0, top=0, looks=tuple(looks))


def find(looks: list[PoseSeen], hand_raised: bool | None, reach: float = 0.15) -> tuple[Body, Body, int]:
    """The body before and after, in a picture with a hand, or with none; and how many looks were taken."""
    image, models = np.zeros((SIDE, SIDE, 3), np.uint8), Models(reach)
    if hand_raised is not None:
        x, y = look(hand_raised, 1.0).points[WRIST].round().astype(int)
        image[y - 4 : y + 5, x - 4 : x + 5] = 255
    body = body_of(looks)
    return body, find_arms(models, image, body), models.asked  # type: ignore[arg-type]


DISAGREEING = [look(True, 0.8), look(True, 0.7), look(False, 0.6), look(False, 0.5)]


def test_an_arm_leads_to_the_hand_that_is_found():
    _, after, _ = find(DISAGREEING, True)
    expected = look(True, 0.75)
    assert np.allclose(after.points[ARM], expected.points[ARM], atol=1e-3)
    assert np.allclose(after.world[ARM], expected.world[ARM], atol=1e-5)
    assert after.visibility[WRIST] == pytest.approx(0.75)


def test_all_else_stays():
    before, after, _ = find(DISAGREEING, True)
    rest = [row for row in range(33) if row not in ARM]
    assert np.array_equal(before.points[rest], after.points[rest])
    assert np.array_equal(before.world[rest], after.world[rest])


def test_without_a_hand_at_either_place_the_arm_hangs():
    """As one whose hand is in a pocket; the mean is an arm that no look sees."""
    _, after, _ = find(DISAGREEING, None)
    assert np.allclose(after.points[ARM], look(False, 0.55).points[ARM], atol=1e-3)


def test_an_arm_leads_to_a_hand_where_only_some_looks_have_it():
    _, after, _ = find([look(True, 0.5), look(False, 0.8), look(False, 0.8), look(False, 0.8)], True)
    assert np.allclose(after.points[ARM], look(True, 0.5).points[ARM], atol=1e-3)


def test_a_far_smaller_hand_is_somebody_else_s():
    _, after, _ = find(DISAGREEING, True, reach=0.04)
    assert np.allclose(after.points[ARM], look(False, 0.55).points[ARM], atol=1e-3)


def test_surely_seen_arms_are_looked_at_again_where_looks_disagree():
    _, after, asked = find([look(True, 0.97), look(False, 0.96)] * 2, None)
    assert asked and np.allclose(after.points[ARM], look(False, 0.96).points[ARM], atol=1e-3)


def test_without_a_hand_an_arm_stays_where_most_looks_have_it_a_little_elsewhere():
    aside = look(False, 0.8)
    aside.points[ARM, 0] += 0.12 * SCALE
    before, after, _ = find([look(False, 0.7), look(False, 0.6), aside], None)
    assert np.allclose(after.points[ARM], look(False, 0.7).points[ARM], atol=1e-3)
    assert not np.array_equal(before.points, after.points)


def test_what_few_looks_see_a_little_elsewhere_is_left_out():
    aside = look(False, 0.1)
    aside.points[ARM, 0] += 0.1 * SCALE
    looks = [look(False, 0.5)] * 3 + [aside]
    before, after, _ = find(looks, None)
    assert np.allclose(after.points[ARM], looks[0].points[ARM], atol=1e-3)
    assert np.array_equal(after.visibility, before.visibility)


def test_of_arms_that_are_seen_well_nothing_more_is_asked():
    before, after, asked = find([look(False, 0.95)] * 4, False)
    assert after is before and asked == 0


@pytest.mark.parametrize("at_first", [True, False])
def test_a_hand_that_was_found_is_not_lost_by_a_small_step(monkeypatch, at_first):
    """Of a hand at a coat's hem two centimetres decided whether the hand model saw it."""
    aside = look(False, 0.8)
    aside.points[ARM, 0] += 0.1 * SCALE
    mean = body_of([look(False, 0.8), look(False, 0.8), aside])
    monkeypatch.setattr(mediapipe_arms, "find_hand", lambda _, __, body, side: (body is mean) == at_first or None)
    after = find_arms(Models(), np.zeros((SIDE, SIDE, 3), np.uint8), mean)  # type: ignore[arg-type]
    assert np.allclose(after.points, mean.points) == at_first
