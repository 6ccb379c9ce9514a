"""What a caller should know of a photo that can be used: someone else is in it, or a part of the person is not."""

from __future__ import annotations

from itertools import islice

import cv2
import numpy as np

from bodydouble.geometry.window import search_windows, size_of
from bodydouble.person.mediapipe_models import MediapipeModels
from bodydouble.values import BODY_LANDMARKS

_PARTS = {
    "the head": slice(0, 11),
    "the left hand": slice(15, 22, 2),
    "the right hand": slice(16, 23, 2),
    "the left foot": slice(27, 32, 2),
    "the right foot": slice(28, 33, 2),
}
_OTHER_VISIBILITY = 0.6  # of a second body, on average
_OTHER_FACE_SCORE = 0.75
_SEARCH_PIXELS = 1600  # longer side of the image searched
_SEARCH_WINDOWS = 6
_VIEW_PIXELS = 640


def cut_off(landmarks: np.ndarray, size: tuple[int, int]) -> list[str]:
    """One sentence if parts lie outside of an image of (height, width); landmarks 543×3 in its pixels."""
    height, width = size
    body = landmarks[BODY_LANDMARKS]
    missing = []
    for name, rows in _PARTS.items():
        x, y = body[rows, 0], body[rows, 1]
        if ((x < 0) | (x > width) | (y < 0) | (y > height)).mean() > 0.5:
            missing.append(name)
    if not missing:
        return []
    listed = " and ".join(filter(None, [", ".join(missing[:-1]), missing[-1]]))
    return [f"the photo cuts the person off: {listed} cannot be seen and will be made up"]


def other_person_warnings(
    graphs: MediapipeModels, image: np.ndarray, mask: np.ndarray, pixels_per_metre: float
) -> list[str]:
    """One sentence if, with the person painted over, another body or face is seen."""
    scale = min(1.0, _SEARCH_PIXELS / max(image.shape[:2]))
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    hidden = cv2.resize(mask, small.shape[1::-1], interpolation=cv2.INTER_AREA) > 0.1
    rest = _painted_over(small, hidden, 0.05 * pixels_per_metre * scale)
    views = (window.view(rest, _VIEW_PIXELS) for window in islice(search_windows(size_of(rest)), _SEARCH_WINDOWS))
    if not any(_shows_somebody(graphs, view) for view in views):
        return []
    rows, columns = (np.flatnonzero((mask > 0.5).any(axis)) for axis in (1, 0))
    x, y, right, bottom = (int(edge) for edge in (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))
    return [
        f"several people seem to be in the photo; took the one at {x},{y},{right - x},{bottom - y}; "
        "use --box x,y,width,height to pick another"
    ]


def _shows_somebody(graphs: MediapipeModels, view: np.ndarray) -> bool:
    seen = graphs.pose(view)
    if seen is not None and seen.visibility[11:].mean() > _OTHER_VISIBILITY:
        return True
    return bool((graphs.faces(view)[:, 4] > _OTHER_FACE_SCORE).any())


def _painted_over(image: np.ndarray, hidden: np.ndarray, margin: float) -> np.ndarray:
    """The image with the hidden pixels and a margin filled with the blurred surroundings: no outline may stay."""
    reach = 2 * max(1, round(margin)) + 1
    hidden = cv2.dilate(hidden.astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    scale = min(1.0, 320 / max(image.shape[:2]))
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.float32)
    weight = cv2.resize((~hidden).astype(np.float32), small.shape[1::-1], interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(small * weight[..., None], (0, 0), 8)
    weight = cv2.GaussianBlur(weight, (0, 0), 8)
    fill = cv2.resize(blurred / np.maximum(weight, 1e-3)[..., None], image.shape[1::-1])
    return np.where(hidden[..., None], fill.clip(0, 255).astype(np.uint8), image)
