"""Legs that are longer than the pose model thinks, as below long skirts and in heels: it guesses feet in mid-shin.

It looks at a square around the hips, as large as it takes the person for; what lies below is in no mask of its. In a
view that is squashed, legs are short enough.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from bodydouble.geometry.window import GREY, Window, size_of
from bodydouble.person.landmarks import FEET_ROWS, HIPS, KNEES, BodyPoint
from bodydouble.person.mediapipe_body import VIEW_PIXELS, Body, see_both_ways, trunk_length
from bodydouble.person.mediapipe_models import MediapipeModels, PoseSeen

_HEIGHTS = (0.85, 0.7)  # of squashed views, of their width
_MARGIN = 0.3  # of the window, a share of the points' extent
# Mean visibility of the feet's points, below which they are sought again: 13 of 85 street photographs have less. Seven
# of these have feet 5 to 17 % of the person's height too high, and 0 to 8 % in squashed views. Above it little changes.
_UNSURE = 0.7
_DOUBT = 0.1  # by how much it may fall where feet are found
_LOWER = 0.015  # of the points' extent, by how much feet must come lower: else nothing was cut off
_LEGS = slice(BodyPoint.LEFT_KNEE, None)


def find_long_legs(models: MediapipeModels, image: np.ndarray, body: Body) -> Body:
    """The body with legs that reach down to where squashed views show feet; the same where its feet were seen well."""
    if _feet_visibility(body) > _UNSURE:
        return body
    window = Window.around(body.points, _MARGIN)
    looks = [look for height in _HEIGHTS if (look := _look_squashed(models, image, window, height)) is not None]
    if not looks:
        return body
    best = max(looks, key=_feet_visibility)
    feet, extent = best.points[FEET_ROWS], float(np.ptp(body.points[:, 1]))
    lower = feet[:, 1].mean() - body.points[FEET_ROWS, 1].mean() > _LOWER * extent
    inside = ((feet >= 0) & (feet < size_of(image)[::-1])).all()
    surer = _feet_visibility(best) > _feet_visibility(body) - _DOUBT
    return _with_legs(body, best) if lower and inside and surer else body


def _feet_visibility(pose: PoseSeen | Body) -> float:
    return float(pose.visibility[FEET_ROWS].mean())


def _look_squashed(models: MediapipeModels, image: np.ndarray, window: Window, height: float) -> PoseSeen | None:
    """What a window shows, squashed to a share of its height, and its mirror image: as `PoseSeen`, in image pixels.

    The mask is the image's. Metres are as if it were not squashed.
    """
    rows = round(height * VIEW_PIXELS)
    view = np.full((VIEW_PIXELS, VIEW_PIXELS, 3), GREY, np.uint8)
    view[:rows] = cv2.resize(window.view(image, VIEW_PIXELS), (VIEW_PIXELS, rows), interpolation=cv2.INTER_AREA)
    poses = see_both_ways(models, view)
    if not poses:
        return None
    share = rows / VIEW_PIXELS
    mask = cv2.resize(np.mean([pose.mask for pose in poses], 0)[:rows], (VIEW_PIXELS, VIEW_PIXELS))
    return PoseSeen(
        points=window.to_image(np.mean([pose.points for pose in poses], 0) / (1, share)),
        visibility=np.mean([pose.visibility for pose in poses], 0),
        world=np.mean([pose.world for pose in poses], 0) / (1, share, 1),
        mask=window.paste(mask, size_of(image)),
    )


def _with_legs(body: Body, look: PoseSeen) -> Body:
    """The body with another look's legs from the knees on, and below them with all that either takes for the person."""
    points, visibility, world = body.points.copy(), body.visibility.copy(), body.world.copy()
    points[_LEGS], visibility[_LEGS] = look.points[_LEGS], look.visibility[_LEGS]
    scale = trunk_length(body) / trunk_length(look)
    world[_LEGS] = body.world[HIPS].mean(0) + scale * (look.world[_LEGS] - look.world[HIPS].mean(0))
    mask = body.mask.copy()
    knee = max(0, round(float(look.points[KNEES, 1].min())) - body.top)
    mask[knee:] = np.maximum(mask[knee:], look.mask[body.place][knee:])
    return replace(body, points=points, visibility=visibility, world=world, mask=mask)
