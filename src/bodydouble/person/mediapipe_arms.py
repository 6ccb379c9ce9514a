"""Arms as most looks have them, two of which are at the upper body alone.

Looks at one person disagree about arms: a hand at the head hangs down in the mirror image, and the mean of both is an
arm that nobody has. Where a view ends below the hips the pose model is surer of arms than in one of the whole person.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bodydouble.geometry.window import Window
from bodydouble.person.landmarks import HIPS, SIDES, BodyPoint, side_point
from bodydouble.person.mediapipe_body import Body, look_through, trunk_length
from bodydouble.person.mediapipe_models import MediapipeModels, PoseSeen

_MARGIN = 0.3  # of the view of the upper body, a share of its points' extent
_ALIKE_M = 0.08  # metres between elbows, and between wrists, up to which two looks see the same arm
_PARTS = ("elbow", "wrist", "pinky", "index", "thumb")


def find_arms(models: MediapipeModels, image: np.ndarray, body: Body) -> Body:
    """The body with arms from the elbows on that are the mean of those looks that agree, of which it has most."""
    window = Window.around(body.points[: max(HIPS) + 1], _MARGIN)
    looks = [*body.looks, *look_through(models, image, window)]
    points, visibility, world = body.points.copy(), body.visibility.copy(), body.world.copy()
    for side in SIDES:
        rows, shoulder = [side_point(side, part) for part in _PARTS], side_point(side, "shoulder")
        alike = _most_alike(looks, rows[:2], _ALIKE_M * body.pixels_per_metre)
        if alike:
            points[rows] = np.mean([look.points[rows] for look in alike], 0)
            visibility[rows] = np.mean([look.visibility[rows] for look in alike], 0)
            sizes = [trunk_length(body) / trunk_length(look) for look in alike]
            arms = [size * (look.world[rows] - look.world[shoulder]) for size, look in zip(sizes, alike, strict=True)]
            world[rows] = world[shoulder] + np.mean(arms, 0)
    return replace(body, points=points, visibility=visibility, world=world)


def _most_alike(looks: list[PoseSeen], rows: list[BodyPoint], near: float) -> list[PoseSeen]:
    """The looks that see elbow and wrist (`rows`) where most do, each of which counts as much as it is sure."""
    if not looks:
        return []
    places = np.array([look.points[rows] for look in looks])
    sure = np.array([look.visibility[rows].min() for look in looks]) ** 2
    alike = np.linalg.norm(places[:, None] - places[None], axis=-1).max(-1) < near
    leader = int((alike @ sure).argmax())
    return [look for look, agrees in zip(looks, alike[leader], strict=True) if agrees]
