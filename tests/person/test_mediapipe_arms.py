"""Where looks disagree about an arm, it is as most of them see it, not between them."""

import numpy as np
import pytest

from bodydouble.person.landmarks import BodyPoint, side_point
from bodydouble.person.mediapipe_arms import find_arms
from bodydouble.person.mediapipe_body import Body
from bodydouble.person.mediapipe_models import PoseSeen

SIDE, SCALE = 400, 200.0  # pixels; pixels a metre
WRIST, ELBOW = side_point("left", "wrist"), side_point("left", "elbow")
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


def look(raised: bool, sure: float, pixels: bool = True) -> PoseSeen:
    world = metres(raised)
    visibility = np.full(33, 1.0, np.float32)
    visibility[ARM] = sure
    points = world[:, :2] * SCALE + 200 if pixels else world[:, :2]
    return PoseSeen(points=points, visibility=visibility, world=world, mask=np.zeros((2, 2), np.float32))


class Models:
    """A pose model that is blind: what is known are the looks of before."""

    def pose(self, view: np.ndarray) -> None:
        return None


def body_of(looks: list[PoseSeen]) -> Body:
    mean = {name: np.mean([getattr(each, name) for each in looks], 0) for name in ("points", "visibility", "world")}
    return Body(**mean, mask=np.zeros((SIDE, SIDE), np.float32), left=0, top=0, looks=tuple(looks))


def find(looks: list[PoseSeen]) -> Body:
    return find_arms(Models(), np.zeros((SIDE, SIDE, 3), np.uint8), body_of(looks))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("looks", "raised"),
    [
        ([look(True, 0.9), look(True, 0.8), look(False, 0.6), look(False, 0.5)], True),
        ([look(True, 0.7), look(False, 0.6), look(False, 0.6), look(False, 0.6)], False),
    ],
    ids=["the surer ones", "the more"],
)
def test_an_arm_is_as_most_looks_see_it(looks, raised):
    body, expected = find(looks), look(raised, 1.0)
    assert np.allclose(body.points[ARM], expected.points[ARM], atol=1e-3)
    assert np.allclose(body.world[ARM], expected.world[ARM], atol=1e-5)
    agreeing = [each for each in looks if each.points[WRIST, 1] == expected.points[WRIST, 1]]
    assert body.visibility[WRIST] == pytest.approx(np.mean([each.visibility[WRIST] for each in agreeing]))


def test_all_else_stays():
    looks = [look(True, 0.9), look(False, 0.5)]
    before, after = body_of(looks), find(looks)
    rest = [row for row in range(33) if row not in ARM]
    assert np.allclose(before.points[rest], after.points[rest]) and np.allclose(before.world[rest], after.world[rest])


def test_arms_of_which_nothing_more_is_known_stay():
    body = Body(
        points=look(False, 0.5).points,
        visibility=np.ones(33, np.float32),
        world=metres(False),
        mask=np.zeros((SIDE, SIDE), np.float32),
        left=0,
        top=0,
    )
    after = find_arms(Models(), np.zeros((SIDE, SIDE, 3), np.uint8), body)  # type: ignore[arg-type]
    assert np.array_equal(after.points, body.points)
