"""A person's body in an image: sought in ever smaller parts of it, then looked at closely."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice, product

import numpy as np

from bodydouble.geometry.window import Window, search_windows, size_of
from bodydouble.person.landmarks import BELOW_HEAD_ROWS, MIRRORED
from bodydouble.person.mediapipe_models import MediapipeModels, PoseSeen

VIEW_PIXELS = 640  # side of the views shown to the pose model, which samples 256 pixels of them
_MOST_WINDOWS = 30
_MARGINS = (0.15, 0.3)  # of the windows in which a person is looked at closely
_LEAST_VISIBILITY = 0.3  # on average, below the head; less is nobody


@dataclass(frozen=True)
class Body:
    """The pose in pixels of the image."""

    points: np.ndarray  # 33×2
    visibility: np.ndarray  # (33,)
    world: np.ndarray  # 33×3, metres
    mask: np.ndarray  # H×W float32

    @property
    def pixels_per_metre(self) -> float:
        """At the person."""
        pixels, metres = self.points[BELOW_HEAD_ROWS], self.world[BELOW_HEAD_ROWS, :2]
        spread = ((pixels - pixels.mean(0)) ** 2).sum() / max(1e-6, ((metres - metres.mean(0)) ** 2).sum())
        return max(1.0, float(np.sqrt(spread)))


def mean_visibility(pose: PoseSeen | Body) -> float:
    """Of trunk and limbs, [0, 1]."""
    return float(pose.visibility[BELOW_HEAD_ROWS].mean())


def find_body(models: MediapipeModels, image: np.ndarray) -> Body | None:
    """The person sought on the whole image, then in ever smaller parts of it, and looked at closely."""
    for window in islice(search_windows(size_of(image)), _MOST_WINDOWS):
        pose = models.pose(window.view(image, VIEW_PIXELS))
        if pose is not None and mean_visibility(pose) > _LEAST_VISIBILITY:
            body = look_closely(models, image, window.to_image(pose.points))
            if body is not None:
                return body
    return None


def look_closely(models: MediapipeModels, image: np.ndarray, points: np.ndarray) -> Body | None:
    """The mean of what the pose model sees in several windows around N×2 pixels, and in their mirror images."""
    size = size_of(image)
    poses: list[PoseSeen] = []
    mask = np.zeros(size, dtype=np.float32)
    for margin, mirrored in product(_MARGINS, (False, True)):
        window = Window.around(points, margin)
        view = window.view(image, VIEW_PIXELS)
        pose = models.pose(np.ascontiguousarray(view[:, ::-1]) if mirrored else view)
        if pose is None:
            continue
        pose = _mirror(pose) if mirrored else pose
        poses.append(PoseSeen(window.to_image(pose.points), pose.visibility, pose.world, pose.mask))
        mask += window.paste(pose.mask, size)
    if not poses:
        return None
    return Body(
        points=np.mean([pose.points for pose in poses], 0),
        visibility=np.mean([pose.visibility for pose in poses], 0),
        world=np.mean([pose.world for pose in poses], 0),
        mask=mask / len(poses),
    )


def _mirror(pose: PoseSeen) -> PoseSeen:
    return PoseSeen(
        points=((1, 0) + pose.points * (-1, 1))[MIRRORED],
        visibility=pose.visibility[MIRRORED],
        world=(pose.world * (-1, 1, 1))[MIRRORED],
        mask=np.ascontiguousarray(pose.mask[:, ::-1]),
    )
