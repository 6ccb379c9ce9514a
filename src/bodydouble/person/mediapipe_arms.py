"""Arms of which looks at a person disagree: where a hand is found at one of two places, the arm leads there.

A hand at the head or at a strap hangs down in half of the looks, and the mean of all is an arm that nobody has. In a
view that ends below the hips the pose model is surer of arms, though not always right: only a hand tells. Where no hand
is at either place, and none at the mean that no look sees, the arm hangs: a hand that is raised is seen, one in a
pocket is not.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bodydouble.geometry.window import Window
from bodydouble.person.landmarks import HIPS, SIDES, arm_points, side_point
from bodydouble.person.mediapipe_body import Body, look_through, trunk_length
from bodydouble.person.mediapipe_models import MediapipeModels, PoseSeen
from bodydouble.person.mediapipe_parts import find_hand

_SURE = 0.9  # visibility of elbow and wrist from which on an arm is believed as it is
_MARGIN = 0.3  # of the view of the upper body, a share of its points' extent
_ALIKE_M = 0.08  # metres between elbows, and between wrists, up to which two looks see the same arm
_SAME_M = 0.02  # the same, so little that it is scatter, and the arm stays
_MOST = 0.5  # share of looks that see an arm elsewhere, beyond which it is nobody's


def find_arms(models: MediapipeModels, image: np.ndarray, body: Body) -> Body:
    """The body with unsure arms as most looks have them; if that is far, only where a hand is and none was before.

    A hand that was found is never lost. An arm between the looks leads to a hand that any of them has, or else hangs.
    """
    near_px = _ALIKE_M * body.pixels_per_metre
    torn = [side for side in SIDES if _is_between(body, side, near_px)]
    unsure = [side for side in SIDES if side in torn or float(body.visibility[arm_points(side)[:2]].min()) < _SURE]
    if not unsure:
        return body
    upper_body = Window.around(body.points[: max(HIPS) + 1], _MARGIN)
    looks = [*body.looks, *look_through(models, image, upper_body)]
    for side in unsure:
        alike = _most_alike(looks, side, near_px)
        other = _with_arm(body, side, alike)
        apart = np.linalg.norm(other.points - body.points, axis=1)[arm_points(side)[:2]].max() / body.pixels_per_metre
        if apart < _SAME_M:
            continue
        near, leads = apart < _ALIKE_M, find_hand(models, image, other, side) is not None
        if not (near and leads) and find_hand(models, image, body, side) is not None:
            continue
        if near:  # what hides an arm is told from its visibility in views of the whole person
            body = replace(other, visibility=body.visibility)
        elif leads:
            body = other
        elif side in torn:
            elsewhere = [look for look in looks if not any(look is one for one in alike)]
            second = _with_arm(body, side, _most_alike(elsewhere, side, near_px))
            body = _choose_of_two(models, image, other, second, side)
    return body


def _choose_of_two(models: MediapipeModels, image: np.ndarray, first: Body, second: Body, side: str) -> Body:
    """Of two places of an arm, at the first of which no hand was found, the one with a hand, else that which hangs."""
    if find_hand(models, image, second, side) is not None:
        return second
    return max(first, second, key=lambda body: float(body.points[side_point(side, "wrist"), 1]))


def _is_between(body: Body, side: str, near: float) -> bool:
    """Whether an arm lies between where most of the looks see it.

    Args:
        near: pixels between elbows, and between wrists, up to which arms are the same.
    """
    rows = arm_points(side)[:2]
    apart = [np.linalg.norm(look.points[rows] - body.points[rows], axis=1).max() for look in body.looks]
    return bool(apart) and float(np.mean(np.array(apart) > near)) > _MOST


def _most_alike(looks: list[PoseSeen], side: str, near: float) -> list[PoseSeen]:
    """The looks that see an arm where most do, each of which counts as much as it is sure.

    Args:
        near: pixels between elbows, and between wrists, up to which arms are the same.
    """
    rows = arm_points(side)[:2]
    places = np.array([look.points[rows] for look in looks]).reshape(-1, 2, 2)
    sure = np.array([look.visibility[rows].min() for look in looks]) ** 2
    alike = np.linalg.norm(places[:, None] - places[None], axis=-1).max(-1) < near
    leader = alike[int((alike @ sure).argmax())] if looks else []
    return [look for look, agrees in zip(looks, leader, strict=True) if agrees]


def _with_arm(body: Body, side: str, looks: list[PoseSeen]) -> Body:
    """The body with an arm that is the mean of that in other looks; the same where there are none."""
    if not looks:
        return body
    rows, shoulder = arm_points(side), side_point(side, "shoulder")
    points, visibility, world = body.points.copy(), body.visibility.copy(), body.world.copy()
    points[rows] = np.mean([look.points[rows] for look in looks], 0)
    visibility[rows] = np.mean([look.visibility[rows] for look in looks], 0)
    sizes = [trunk_length(body) / trunk_length(look) for look in looks]
    arms = [size * (look.world[rows] - look.world[shoulder]) for size, look in zip(sizes, looks, strict=True)]
    world[rows] = world[shoulder] + np.mean(arms, 0)
    return replace(body, points=points, visibility=visibility, world=world)
