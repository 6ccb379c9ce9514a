"""A person's body in an image: sought in ever smaller parts of it, then looked at closely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

import cv2
import numpy as np

from bodydouble.geometry.window import Size, Window, search_windows, size_of
from bodydouble.person.landmarks import BELOW_HEAD_ROWS, HIPS, MIRRORED, SHOULDERS
from bodydouble.person.mediapipe_models import MediapipeModels, PoseSeen

VIEW_PIXELS = 640  # side of the views shown to the pose model, which samples 256 pixels of them
_MOST_WINDOWS = 300
_MARGINS = (0.15, 0.3)  # of the windows in which a person is looked at closely
_ROOM = 0.2  # of the larger window's side, around it: `matte.refine` looks beyond the mask
_LEAST_VISIBILITY = 0.3  # on average, below the head; less is nobody
_SMALL_VISIBILITY = (
    0.6  # the same where the window is so small a part of the image that anything can look like somebody
)
_SMALL_WINDOW = 0.3  # side of such a window, as a share of the image's shorter one


@dataclass(frozen=True)
class Body:
    """The pose in pixels of the image, and the mask of the part of it in which the person is.

    A phone's photo has far more pixels than the person; no array of all of them is made here.
    """

    points: np.ndarray  # 33×2
    visibility: np.ndarray  # (33,)
    world: np.ndarray  # 33×3, metres
    mask: np.ndarray  # h×w float32, [0, 1]; 0 elsewhere in the image
    left: int  # of the mask's part in the image
    top: int
    looks: tuple[PoseSeen, ...] = ()  # of which this is the mean; their points are in pixels of the image, masks not

    @property
    def pixels_per_metre(self) -> float:
        """At the person."""
        pixels, metres = self.points[BELOW_HEAD_ROWS], self.world[BELOW_HEAD_ROWS, :2]
        spread = ((pixels - pixels.mean(0)) ** 2).sum() / max(1e-6, ((metres - metres.mean(0)) ** 2).sum())
        return max(1.0, float(np.sqrt(spread)))

    @property
    def place(self) -> tuple[slice, slice]:
        """The mask's rows and columns in the image."""
        height, width = self.mask.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)

    def mask_in(self, size: Size, scale: float = 1.0) -> np.ndarray:
        """The mask in a copy of the image of (height, width), `scale` of whose pixels are one of the image's."""
        whole = np.zeros(size, np.float32)
        rows, columns = self.place
        top, left = round(rows.start * scale), round(columns.start * scale)
        bottom, right = min(size[0], round(rows.stop * scale)), min(size[1], round(columns.stop * scale))
        if bottom > top and right > left:
            shape = (right - left, bottom - top)
            whole[top:bottom, left:right] = cv2.resize(self.mask, shape, interpolation=cv2.INTER_AREA)
        return whole


def mean_visibility(pose: PoseSeen | Body) -> float:
    """Of trunk and limbs, [0, 1]."""
    return float(pose.visibility[BELOW_HEAD_ROWS].mean())


def trunk_length(pose: PoseSeen | Body) -> float:
    """Metres from between the hips to between the shoulders: in another view the pose model takes another size."""
    return max(1e-6, float(np.linalg.norm(pose.world[SHOULDERS].mean(0) - pose.world[HIPS].mean(0))))


def find_body(models: MediapipeModels, image: np.ndarray) -> Body | None:
    """The person sought on the whole image, then in ever smaller parts of it, and looked at closely."""
    size = size_of(image)
    for window in islice(search_windows(size), _MOST_WINDOWS):
        least = _SMALL_VISIBILITY if window.side < _SMALL_WINDOW * min(size) else _LEAST_VISIBILITY
        pose = models.pose(window.view(image, VIEW_PIXELS))
        if pose is not None and mean_visibility(pose) > least:
            body = look_closely(models, image, window.to_image(pose.points))
            if body is not None:
                return body
    return None


def look_closely(
    models: MediapipeModels, image: np.ndarray, points: np.ndarray, margins: Sequence[float] = _MARGINS
) -> Body | None:
    """The mean of what the pose model sees in windows around N×2 pixels, and in their mirror images.

    Args:
        margins: of the windows, a share of the points' extent.
    """
    windows = [Window.around(points, margin) for margin in margins]
    left, top, right, bottom = _part_around(max(windows, key=lambda window: window.side), size_of(image))
    poses: list[PoseSeen] = []
    mask = np.zeros((bottom - top, right - left), dtype=np.float32)
    for window in windows:
        for pose in look_through(models, image, window):
            poses.append(pose)
            Window(window.left - left, window.top - top, window.side).add_to(mask, pose.mask)
    if not poses:
        return None
    return Body(
        points=np.mean([pose.points for pose in poses], 0),
        visibility=np.mean([pose.visibility for pose in poses], 0),
        world=np.mean([pose.world for pose in poses], 0),
        mask=mask / len(poses),
        left=left,
        top=top,
        looks=tuple(poses),
    )


def _part_around(window: Window, size: Size) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the window with room, within an image of (height, width); never empty."""
    height, width = size
    room = round(_ROOM * window.side)
    left, top = (min(max(0, edge - room), extent - 1) for edge, extent in ((window.left, width), (window.top, height)))
    right, bottom = (
        max(start + 1, min(extent, edge + window.side + room))
        for start, edge, extent in ((left, window.left, width), (top, window.top, height))
    )
    return left, top, right, bottom


def look_through(models: MediapipeModels, image: np.ndarray, window: Window) -> list[PoseSeen]:
    """As `see_both_ways`, of a window of an image; points are in pixels of the image, masks are the window's."""
    poses = see_both_ways(models, window.view(image, VIEW_PIXELS))
    return [replace(pose, points=window.to_image(pose.points)) for pose in poses]


def see_both_ways(models: MediapipeModels, view: np.ndarray) -> list[PoseSeen]:
    """What the pose model sees in a view, S×S×3, and in its mirror image, both as of the view; only what it finds."""
    straight, mirrored = models.pose(view), models.pose(np.ascontiguousarray(view[:, ::-1]))
    poses = (straight, None if mirrored is None else _mirror_pose(mirrored))
    return [pose for pose in poses if pose is not None]


def _mirror_pose(pose: PoseSeen) -> PoseSeen:
    """What was seen in a mirror image."""
    return PoseSeen(
        points=((1, 0) + pose.points * (-1, 1))[MIRRORED],
        visibility=pose.visibility[MIRRORED],
        world=(pose.world * (-1, 1, 1))[MIRRORED],
        mask=np.ascontiguousarray(pose.mask[:, ::-1]),
    )
