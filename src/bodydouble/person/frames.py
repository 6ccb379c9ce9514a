"""Which frames of a video to make a double from: sharp ones that together show the person from all sides.

every frame ── how sharp? ──▶ the sharpest of each stretch ── detector ──▶ FrameScore ── greedily ──▶ a few frames

The first frame is the one the double will look like: frontal, whole and sharp. Each further one is the one that shows
most of what those before it do not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import overload

import cv2
import numpy as np
import torch

from bodydouble.errors import InputError, NoPersonFound
from bodydouble.geometry.window import mask_box
from bodydouble.person import Box, Detector
from bodydouble.person.landmarks import HIPS, SHOULDERS
from bodydouble.person.photo import read_photo
from bodydouble.person.video import Frame, read_frames
from bodydouble.progress import Progress
from bodydouble.values import BODY_LANDMARKS, Person, Photo

_SEARCH_PIXELS = 150_000  # of a frame, where all are compared
_LOOK_PIXELS = 300_000  # of a frame, where candidates are shown to the detector
_PERSON_PX = 512  # how tall a person is made, at most, before sharpness is measured
_ROOM = 0.15  # around a person who was picked by number, as a share of the height
_AROUND_FRAMES = 3  # candidates before and after, with which one is compared
_AROUND = torch.arange(0, 360, 5)  # degrees: directions in which a surface may face
_SIDES = ("front", "front left", "left", "back left", "back", "back right", "right", "front right")


@dataclass(frozen=True, kw_only=True)
class FramesConfig:
    """How frames are chosen."""

    most: int = 8  # frames taken
    candidates: int = 24  # shown to the detector
    most_pixels: int = 2_100_000  # of a frame; larger ones are reduced
    least_gain: float = 0.015  # share of all directions that a frame has to add
    least_apart_deg: float = 20.0  # between two frames' azimuths; estimates waver by a few degrees


@dataclass(frozen=True, kw_only=True)
class FrameScore:
    """What one frame is worth."""

    azimuth_deg: float  # from where the person is seen; 0 is the front, positive the person's left
    sharpness: float  # in [0, 1], compared with the frames around it
    whole: float  # in [0, 1], how much of the person is in the picture


@dataclass(frozen=True, kw_only=True)
class FrameSelection:
    """Frames of one video."""

    photos: tuple[Photo, ...]  # the first one is the one to look like
    box: Box | None  # where the person is in all of them
    note: str  # one sentence: which were taken


def choose_frames(
    path: str | Path,
    find: Detector,
    config: FramesConfig | None = None,
    box: Box | None = None,
    number: int | None = None,
    progress: Progress | None = None,
) -> FrameSelection:
    """The frames of a video to make a double from. At most `candidates` are held; the file is read several times.

    Args:
        box: where the person is, in pixels of the video, through all of it.
        number: or which person it is in the first frame that shows so many; where that one is then holds for all.

    Raises:
        InputError: the video cannot be read; `NoPersonFound` where no frame shows anybody.
    """
    config, name = config or FramesConfig(), Path(path).name
    tell = progress or (lambda what, done: None)
    tell(f"reading {name}", 0.0)
    sharpness = [_sharpness(frame.rgb) for frame in read_frames(path, _SEARCH_PIXELS)]
    wanted = set(sharpest_of_stretches(sharpness, config.candidates))
    candidates = _only(read_frames(path, config.most_pixels), wanted)
    if number is not None:
        box = _place_of(_only(read_frames(path, config.most_pixels), wanted), find, number, name)
    sightings: list[tuple[Frame, Person]] = []
    for done, frame in enumerate(candidates):
        tell(f"looking for the person in {len(wanted)} frames of {name}", done / len(wanted))
        person = _look_for(frame, find, box)
        if person is not None:
            sightings.append((frame, person))
    if not sightings:
        raise NoPersonFound(
            f"{name}: no person was found in {len(wanted)} of its frames; film one person, upright and whole, "
            "who turns around"
        )
    scores = score_frames(sightings)
    taken = pick_frames(scores, config)
    note = f"{name}: took {len(taken)} of {len(sharpness)} frames: " + ", ".join(
        f"{sightings[index][0].seconds:.1f} s ({side_of(scores[index].azimuth_deg)})" for index in taken
    )
    tell(note, 1.0)
    frames = [sightings[index][0] for index in taken]
    return FrameSelection(
        photos=tuple(replace(read_photo(each.rgb), name=f"{name} at {each.seconds:.2f} s") for each in frames),
        box=_scaled(box, frames[0].scale),
        note=note,
    )


def sharpest_of_stretches(sharpness: Sequence[float], count: int) -> list[int]:
    """The sharpest frame's number in each of at most `count` equal stretches of the video."""
    edges = np.linspace(0, len(sharpness), min(count, len(sharpness)) + 1).round().astype(int)
    return [int(start + np.argmax(sharpness[start:end])) for start, end in zip(edges, edges[1:], strict=False)]


def pick_frames(scores: Sequence[FrameScore], config: FramesConfig | None = None) -> list[int]:
    """The frames to take, in order: the most frontal, whole and sharp one, then whatever adds most.

    A frame shows a surface as well as the cosine between its normal and the camera's direction, like λ of the texture,
    and times its sharpness. What all frames together show of the directions around grows by less the more there are
    (it is submodular), so that taking the best one each time comes near the best set (Nemhauser, Wolsey and Fisher,
    "An analysis of approximations for maximizing submodular set functions", 1978).
    """
    config = config or FramesConfig()
    worth = torch.tensor([score.sharpness * score.whole for score in scores])
    azimuths = torch.tensor([score.azimuth_deg for score in scores])
    shown = (azimuths[:, None] - _AROUND).deg2rad().cos().clamp_min(0) * worth[:, None]
    apart = ((azimuths[:, None] - azimuths + 180) % 360 - 180).abs() >= config.least_apart_deg
    frontal = (1 + azimuths.deg2rad().cos()) / 2
    taken = [int((frontal.square() * worth).argmax())]
    while len(taken) < config.most:
        gains = (shown - shown[taken].amax(0)).clamp_min(0).mean(1) * apart[:, taken].all(1)
        best = int(gains.argmax())
        if float(gains[best]) < config.least_gain:
            break
        taken.append(best)
    return taken


def score_frames(sightings: Sequence[tuple[Frame, Person]]) -> list[FrameScore]:
    """What each frame, with the person in it, is worth; frames in the video's order."""
    sharpness = np.array([_person_sharpness(frame.rgb, person) for frame, person in sightings])
    scores = []
    for index, (_, person) in enumerate(sightings):
        around = sharpness[max(0, index - _AROUND_FRAMES) : index + _AROUND_FRAMES + 1]
        relative = sharpness[index] / max(float(np.median(around)), 1e-6)
        scores.append(
            FrameScore(azimuth_deg=azimuth_of(person), sharpness=float(np.clip(relative, 0, 1)), whole=_whole(person))
        )
    return scores


def azimuth_of(person: Person) -> float:
    """Degrees, -180 to 180: from where the person is seen, by the shoulders and the hips; 0 if neither is known."""
    world = person.landmarks_world
    across = (world[SHOULDERS[0]] - world[SHOULDERS[1]]) + (world[HIPS[0]] - world[HIPS[1]])
    across = across.nan_to_num(0)
    return float(torch.atan2(-across[2], across[0]).rad2deg())


def side_of(azimuth_deg: float) -> str:
    """In words."""
    return _SIDES[round(azimuth_deg / 45) % 8]


def _only(frames: Iterator[Frame], wanted: set[int]) -> Iterator[Frame]:
    return (frame for frame in frames if frame.number in wanted)


def _look_for(frame: Frame, find: Detector, box: Box | None) -> Person | None:
    """The person, in pixels of a reduced frame; None where nobody is seen."""
    photo, scale = _reduced(frame)
    try:
        return find(photo, _scaled(box, frame.scale * scale))
    except NoPersonFound:
        return None


def _place_of(frames: Iterator[Frame], find: Detector, number: int, name: str) -> Box:
    """Where the person of that number is, in pixels of the video; with room, for the person may move."""
    for frame in frames:
        photo, scale = _reduced(frame)
        try:
            person = find(photo, None, number)
        except InputError:  # not so many people in this frame, or nobody
            continue
        left, top, right, bottom = mask_box(person.mask)
        room = _ROOM * (bottom - top - 1)
        box = (left - room, top - room, right - left - 1 + 2 * room, bottom - top - 1 + 2 * room)
        return _scaled(box, 1 / (frame.scale * scale))
    raise InputError(f"{name}: no frame shows a person {number}; choose another, or use --box x,y,width,height")


def _reduced(frame: Frame) -> tuple[Photo, float]:
    """What is shown to the detector, and its pixels for one of the frame."""
    height, width = frame.rgb.shape[:2]
    scale = min(1.0, (_LOOK_PIXELS / (height * width)) ** 0.5)
    small = cv2.resize(frame.rgb, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    return read_photo(small), scale


@overload
def _scaled(box: Box, scale: float) -> Box: ...
@overload
def _scaled(box: Box | None, scale: float) -> Box | None: ...
def _scaled(box: Box | None, scale: float) -> Box | None:
    return None if box is None else (box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale)


def _whole(person: Person) -> float:
    """Share of the body's landmarks that lie in the picture."""
    height, width = person.mask.shape
    x, y = person.landmarks[BODY_LANDMARKS, :2].unbind(1)
    return float(((x >= 0) & (x < width) & (y >= 0) & (y < height)).float().mean())


def _person_sharpness(rgb: np.ndarray, person: Person) -> float:
    """Of what lies well inside the person's mask, with the person at one size however near the camera is."""
    mask = (person.mask > 0.9).numpy().astype(np.uint8)
    rows = np.flatnonzero(mask.any(1))
    if not len(rows):
        return 0.0
    tall = (rows[-1] + 1 - rows[0]) * rgb.shape[0] / mask.shape[0]
    scale = min(1.0, _PERSON_PX / tall)
    size = (max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale)))
    inside = cv2.erode(cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST), np.ones((7, 7), np.uint8)) > 0
    return _sharpness(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), inside)


def _sharpness(rgb: np.ndarray, inside: np.ndarray | None = None) -> float:
    """The variance of the Laplacian of the brightness (Pech-Pacheco et al., "Diatom autofocusing in brightfield
    microscopy", 2000)."""
    detail = cv2.Laplacian(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.CV_32F)
    values = detail if inside is None else detail[inside]
    return float(values.var()) if values.size else 0.0
