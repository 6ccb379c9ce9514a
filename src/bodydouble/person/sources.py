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
from bodydouble.person.likeness import are_unlike, describe_look
from bodydouble.person.part import part_with_person
from bodydouble.person.photo import read_photo
from bodydouble.person.video import is_video
from bodydouble.progress import Progress, split_progress
from bodydouble.values import Person, Photo

MOST_PHOTOS = 16

Source = str | Path | Image | np.ndarray


@dataclass(frozen=True, kw_only=True)
class InputImage:
    """One photo, or one frame of a video."""

    photo: Photo
    box: Box | None = None  # where to look for the person
    number: int | None = None  # or which of several people it is
    source: int = 0  # place of the photo or video among what was given
    needed: bool = True  # a photo that shows nobody is an error; a frame is left out
    note: str = ""  # to tell the caller


def read_sources(
    source: Source | Sequence[Source],
    find: Detector,
    *,
    frames: int = 8,
    box: Box | None = None,
    number: int | None = None,
    progress: Progress | None = None,
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
    for index, (one, tell) in enumerate(zip(sources, split_progress(progress, len(sources)), strict=True)):
        place = (box, number) if index == 0 else (None, None)
        if is_video(one):
            chosen = choose_frames(cast(str | Path, one), find, FramesConfig(most=frames), *place, tell)
            notes = [chosen.note] + [""] * (len(chosen.photos) - 1)
            shown += [
                InputImage(photo=photo, box=chosen.box, needed=bool(note) and not shown, source=index, note=note)
                for photo, note in zip(chosen.photos, notes, strict=True)
            ]
        else:
            photo = read_photo(one)
            shown.append(InputImage(photo=photo, box=in_photo(place[0], photo), number=place[1], source=index))
    return shown


def find_persons(
    shown: Sequence[InputImage],
    find: Detector,
    progress: Progress | None = None,
    texels: int | Callable[[Sequence[Person]], int] | None = None,
) -> tuple[list[Photo], list[Person]]:
    """The photos that show a person, and that person; never fewer than one.

    The first person's warnings tell of all photos, and of what was passed over in their files.

    Args:
        texels: of the texture that is to be made, a side: of large photos the part is taken that it can hold
            (`part_with_person`), or what tells that of the person; None keeps photos whole.

    Raises:
        NoPersonFound: a photo shows nobody, or the first frame of a video that came first.
    """
    sightings: list[tuple[InputImage, Person]] = []
    warnings = [image.note for image in shown if image.note]
    for index, image in enumerate(shown):
        if progress:
            progress("person", index / len(shown))
        try:
            person = find(image.photo, image.box) if image.number is None else find(image.photo, None, image.number)
        except NoPersonFound:
            if image.needed:
                raise
            continue
        photo = image.photo
        if texels is not None:
            size = texels([person]) if callable(texels) else texels
            photo, person = part_with_person(photo, person, size)
        sightings.append((replace(image, photo=photo), person))
    warnings += [*_warnings(sightings), *_unlike(sightings)]
    photos, persons = [image.photo for image, _ in sightings], [person for _, person in sightings]
    return photos, [replace(persons[0], warnings=tuple(warnings)), *persons[1:]]


def _warnings(sightings: Sequence[tuple[InputImage, Person]]) -> list[str]:
    """Of the files and of the people in them; those of further photos begin with the photo's name."""
    warnings: list[str] = []
    for index, (image, person) in enumerate(sightings):
        warnings += image.photo.warnings
        if index == 0:
            warnings += person.warnings
        elif image.needed:
            warnings += [f"{image.photo.name}: {warning}" for warning in person.warnings]
    return warnings


def _unlike(sightings: Sequence[tuple[InputImage, Person]]) -> list[str]:
    """A sentence for each source after the first that hardly shows the same person in the same clothes."""
    first_of = {image.source: (image, person) for image, person in reversed(sightings)}
    if len(first_of) < 2:
        return []
    (image, person), *others = (first_of[source] for source in sorted(first_of))
    look = describe_look(image.photo, person)
    return [
        f"{other.photo.name} does not seem to show the same person in the same clothes as {image.photo.name}; "
        "what only it shows comes from there all the same"
        for other, other_person in others
        if are_unlike(look, describe_look(other.photo, other_person))
    ]


def in_photo(box: Box | None, photo: Photo) -> Box | None:
    """A box in pixels of the file as one in pixels of the photo, which may have been reduced when it was read."""
    if box is None:
        return None
    x, y, width, height = (edge * photo.file_scale for edge in box)
    return x, y, width, height


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
