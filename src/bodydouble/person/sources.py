"""What a caller gives, photos and videos, becomes photos, and the person is found in each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
from PIL.Image import Image

from bodydouble.errors import InputError, NoPersonFound
from bodydouble.person import Box, Detector
from bodydouble.person.frames import FramesConfig, choose_frames
from bodydouble.person.photo import read_photo
from bodydouble.person.video import is_video
from bodydouble.values import Person, Photo

MOST_PHOTOS = 16

Source = str | Path | Image | np.ndarray


@dataclass(frozen=True, kw_only=True)
class InputImage:
    """One photo, or one frame of a video."""

    photo: Photo
    box: Box | None = None  # where to look for the person
    number: int | None = None  # or which of several people it is
    needed: bool = True  # a photo that shows nobody is an error; a frame is left out
    note: str = ""  # to tell the caller


def read_sources(
    source: Source | Sequence[Source],
    find: Detector,
    *,
    frames: int = 8,
    box: Box | None = None,
    number: int | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> list[InputImage]:
    """All photos, and of each video the frames that show most.

    Args:
        source: an image or video file, a PIL image or an array; or several.
        frames: of each video, at most.
        box: where the person is in the first source, in its pixels.
        number: which of the people in the first source it is, instead of a box.

    Raises:
        InputError: nothing was given, too much, or what cannot be read; `NoPersonFound`: a video shows nobody.
    """
    if box is not None and number is not None:
        raise InputError("a box and a number both say which person to take; give one of them")
    sources = _listed(source, frames)
    shown: list[InputImage] = []

    def tell(what: str, done: float) -> None:
        if progress:
            progress(what, (index + done) / len(sources))

    for index, one in enumerate(sources):
        place = (box, number) if index == 0 else (None, None)
        if is_video(one):
            chosen = choose_frames(cast(str | Path, one), find, FramesConfig(most=frames), *place, tell)
            notes = [chosen.note] + [""] * (len(chosen.photos) - 1)
            shown += [
                InputImage(photo=photo, box=chosen.box, needed=bool(note) and not shown, note=note)
                for photo, note in zip(chosen.photos, notes, strict=True)
            ]
        else:
            shown.append(InputImage(photo=read_photo(one), box=place[0], number=place[1]))
    return shown


def find_persons(shown: Sequence[InputImage], find: Detector) -> tuple[list[Photo], list[Person]]:
    """The photos that show a person, and that person; never fewer than one.

    The first person's warnings tell of all photos, and of what was passed over in their files.

    Raises:
        NoPersonFound: a photo shows nobody, or the first frame of a video that came first.
    """
    photos: list[Photo] = []
    persons: list[Person] = []
    warnings: list[str] = []
    for one in shown:
        try:
            person = find(one.photo, one.box) if one.number is None else find(one.photo, None, one.number)
        except NoPersonFound:
            if one.needed:
                raise
            continue
        of_which = f"{one.photo.name}: " if photos else ""
        warnings += one.photo.warnings
        warnings += [of_which + warning for warning in person.warnings if one.needed or not photos]
        photos.append(one.photo)
        persons.append(person)
    return photos, [replace(persons[0], warnings=tuple(warnings)), *persons[1:]]


def _listed(source: Source | Sequence[Source], frames: int) -> list[Source]:
    several = cast(list[Source], list(source) if isinstance(source, list | tuple) else [source])
    if not several:
        raise InputError("no photo was given; give at least one")
    if not 1 <= frames <= MOST_PHOTOS:
        raise InputError(f"{frames} frames of a video cannot be taken; choose 1 to {MOST_PHOTOS}")
    videos = sum(map(is_video, several))
    count = len(several) + videos * (frames - 1)
    if count > MOST_PHOTOS:
        why = f" (each video counts as {frames})" if videos else ""
        raise InputError(f"{count} photos are too many{why}; choose up to {MOST_PHOTOS} that show different sides")
    return several
