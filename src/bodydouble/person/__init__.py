"""The detector's contract: a photo becomes a person."""

from __future__ import annotations

from typing import Protocol

from bodydouble import plugins
from bodydouble.values import Person, Photo

Box = tuple[float, float, float, float]  # x, y, width, height in pixels of the photo


class Detector(Protocol):
    """Finds one person: mask, landmarks in pixels with scores, landmarks in metres where known."""

    def __call__(self, photo: Photo, box: Box | None = None) -> Person:
        """The person in the photo, or in `box` of it.

        Raises:
            NoPersonFound: nobody is seen; the message says what to try.
        """
        ...


DETECTORS = {"mediapipe": "bodydouble.person.mediapipe:MediapipeDetector"}


def detector(name: str = "mediapipe") -> Detector:
    """A new detector of that name, or of "module:attribute"."""
    return plugins.resolve(name, DETECTORS, "detector")()
