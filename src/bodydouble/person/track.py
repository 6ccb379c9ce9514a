"""The person in every frame of a video: the body's landmarks alone, sought where the frame before had them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.ndimage import median_filter
from torch import Tensor

from bodydouble.errors import InputError, NoPersonFound
from bodydouble.person.mediapipe_body import Body, find_body, look_closely, mean_visibility
from bodydouble.person.mediapipe_models import MediapipeModels
from bodydouble.person.video import Frame, read_frames
from bodydouble.progress import Progress

MOST_PIXELS = 600_000  # of a frame; the pose model samples 256² of the person's part
MOST_SECONDS = 60.0
FRAMES_PER_SECOND = 30.0  # at most; of faster videos frames are left out
_LOST = 0.3  # visibility below which the person is sought anew
_LEAST_FOUND = 0.5  # share of the frames that must show the person
_MEDIAN_FRAMES = 3  # across which a landmark that leaps for one frame is put back
_LEAST_FRAMES = 3
_MARGIN = (0.25,)  # around the landmarks of the frame before, of their extent
_SOONEST = 0.9  # of the time between two frames, from which the next one is taken


@dataclass(frozen=True, kw_only=True)
class Track:
    """T frames of one person."""

    landmarks: Tensor  # T×33×3: x, y in pixels of the frames, score in [0, 1]
    landmarks_world: Tensor  # T×33×3, metres, camera axes, origin between the hips
    frames_per_second: float
    best: Frame  # the one that shows most of the person


def track_person(path: str | Path, progress: Progress | None = None) -> Track:
    """Follow the person through a video, whom the pose model is surest of in the first frame.

    Frames that show nobody get what lies between their neighbours.

    Raises:
        InputError: the video cannot be read, is shorter than three frames or longer than a minute; `NoPersonFound`:
            half of its frames or more show nobody.
    """
    bodies: dict[int, Body] = {}
    seconds: list[float] = []
    best: Frame | None = None
    most = -1.0  # of the visibilities, which are at least 0
    for frame, body in _bodies(path, progress):
        if body is not None:
            if mean_visibility(body) > most:
                best, most = frame, mean_visibility(body)
            bodies[len(seconds)] = body
        seconds.append(frame.seconds)
    count = len(seconds)
    if count < _LEAST_FRAMES:
        raise InputError(f"{path} has {count} frames; a motion to imitate needs {_LEAST_FRAMES} at least")
    if best is None or len(bodies) < _LEAST_FOUND * count:
        raise NoPersonFound(f"{path}: only {len(bodies)} of {count} frames show a person; film one who is whole")
    points = [np.column_stack([body.points, body.visibility.clip(0, 1)]) for body in bodies.values()]
    return Track(
        landmarks=_filled(list(bodies), points, count),
        landmarks_world=_filled(list(bodies), [body.world for body in bodies.values()], count),
        frames_per_second=(count - 1) / max(seconds[-1] - seconds[0], 1e-3),
        best=best,
    )


def _bodies(path: str | Path, progress: Progress | None) -> Iterator[tuple[Frame, Body | None]]:
    """The frames of a video, at most so many a second, and the body in each."""
    body, before = None, -1.0
    with MediapipeModels() as models:
        for frame in read_frames(path, MOST_PIXELS):
            if frame.seconds > MOST_SECONDS:
                raise InputError(f"{path} is longer than {MOST_SECONDS:.0f} s, the most that is imitated; cut it")
            if frame.seconds - before < _SOONEST / FRAMES_PER_SECOND:
                continue
            body, before = _follow(models, frame.rgb, body), frame.seconds
            yield frame, body
            if progress:
                progress(f"following the person in {Path(path).name}", frame.seconds / MOST_SECONDS)


def _follow(models: MediapipeModels, image: np.ndarray, last: Body | None) -> Body | None:
    """The body near where it last was, or wherever it is now; None where nobody is."""
    near = None if last is None else look_closely(models, image, last.points, _MARGIN)
    return near if near is not None and mean_visibility(near) > _LOST else find_body(models, image)


def _filled(frames: Sequence[int], values: Sequence[np.ndarray], count: int) -> Tensor:
    """count×33×C: values (33×C) of some frames, between them what lies between, and without leaps of a frame."""
    rows = np.stack(values).reshape(len(values), -1)
    filled = np.stack([np.interp(np.arange(count), frames, column) for column in rows.T], 1)
    smooth = median_filter(filled, (_MEDIAN_FRAMES, 1), mode="nearest")
    return torch.from_numpy(smooth.reshape(count, *values[0].shape).astype(np.float32))
