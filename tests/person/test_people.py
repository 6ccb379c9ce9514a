"""Whom a photo is of: the one found first, unless somebody else is far taller."""

import numpy as np
import pytest

from bodydouble.person import people
from bodydouble.person.mediapipe_body import Body

IMAGE = np.zeros((800, 600, 3), np.uint8)
BYSTANDER, TALLER = (400, 300, 100, 400), (50, 50, 300, 700)


def body_of(height: float) -> Body:
    points = np.full((33, 2), 100.0)
    points[0, 1] += height
    return Body(points=points, visibility=np.ones(33), world=np.zeros((33, 3)), mask=np.zeros((2, 2)), left=0, top=0)


@pytest.mark.parametrize(("boxes", "seen", "chosen"), [
    ([TALLER, BYSTANDER], 500.0, 0),
    ([TALLER, BYSTANDER], None, 1),  # a face on a poster
    ([TALLER, BYSTANDER], 200.0, 1),
    ([(50, 50, 300, 500), BYSTANDER], 500.0, 1),
])  # fmt: skip
def test_who_is_far_taller_and_seen_as_such_is_taken(monkeypatch, boxes, seen, chosen):
    monkeypatch.setattr(people, "find_body", lambda models, image: None if seen is None else body_of(seen))
    assert people.choose_prominent(None, IMAGE, boxes, 1) == chosen  # type: ignore[arg-type]
