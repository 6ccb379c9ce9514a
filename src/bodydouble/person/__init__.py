"""The detector's contract: a photo becomes a person."""

from __future__ import annotations

from typing import Protocol

from bodydouble import plugins
from bodydouble.values import Person, Photo

Box = tuple[float, float, float, float]  # x, y, width, height in pixels of the photo


class Detector(Protocol):
    """Finds one person: mask, landmarks in pixels with scores, landmarks in metres where known."""

    def __call__(self, photo: Photo, box: Box | None = None, number: int | None = None) -> Person:
        """The person in the photo, or in `box` of it, or the one of that number, counted from 1, as warnings do.

        A detector that tells no two people apart may leave `number` out.

        Raises:
            NoPersonFound: nobody is seen; the message says what to try.
            InputError: the box lies outside the photo, or there are not so many people.
        """
        ...


DETECTORS = {"mediapipe": "bodydouble.person.mediapipe:MediapipeDetector"}


def detector(name: str = "mediapipe") -> Detector:
    """A new detector of that name, or of "module:attribute"."""
    return plugins.resolve(name, DETECTORS, "detector")()
