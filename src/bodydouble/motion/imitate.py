"""The motion of the person in a video, as a clip like those of motion files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bodydouble.body import BodyModel
from bodydouble.fitting.fit import fit_body, photo_camera_of
from bodydouble.fitting.fit_config import FitConfig
from bodydouble.fitting.fit_track import fit_track
from bodydouble.motion.clip import Clip, body_clip
from bodydouble.person import detector
from bodydouble.person.photo import read_photo
from bodydouble.person.track import track_person
from bodydouble.progress import Progress, part_of

# Share of the work that following the person, and fitting one frame, take; only the progress shown depends on it.
_FOLLOWING, _SHAPING = 0.6, 0.2


def imitate_video(path: Path, body: BodyModel, progress: Progress | None = None) -> Clip:
    """What the person in a video does, on a body of their shape. Fingers and face stay still.

    The video is one shot of a camera that stands still, as upright as the person.

    Raises:
        InputError: see `track_person`; `NoPersonFound`: nobody is seen.
    """
    track = track_person(path, part_of(progress, 0.0, _FOLLOWING))
    photo = replace(read_photo(track.best.rgb), name=path.name)
    person = detector()(photo)
    camera = photo_camera_of(photo, FitConfig())
    fit = fit_body(person, photo, body, progress=part_of(progress, _FOLLOWING, _SHAPING))
    matching = part_of(progress, _FOLLOWING + _SHAPING, 1 - _FOLLOWING - _SHAPING)
    moving = fit_track(track, fit.shape, camera, body, matching)
    clip = body_clip(replace(moving.motion, name=path.stem), body, moving.rest)
    return replace(clip, contacts=moving.standing)
