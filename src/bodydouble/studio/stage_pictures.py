"""What the page shows of a double while it is being made, and beside its photo. All have the size of the preview."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from bodydouble.body import BodyModel
from bodydouble.double import Double
from bodydouble.files import whole_file
from bodydouble.geometry.camera import resized, windowed
from bodydouble.geometry.window import photo_pixels
from bodydouble.inspection import draw_body, draw_labels
from bodydouble.parsing.at_photo import label_map
from bodydouble.values import BodyFit, Person, Photo, PhotoWindow, Understanding

_LONGEST = 1200  # pixels of a preview's longer side
_DIMMED = 0.25  # of the photo where the person is not
_QUALITY = 88  # of JPEGs


class StagePictures:
    """Of one photo: given the pipeline's values in their order, it writes what each shows."""

    def __init__(self, photo: Photo) -> None:
        self.window = photo.window
        height, width = self._photo_size = photo.size
        scale = min(1.0, _LONGEST / max(height, width))
        self._size = (max(1, round(height * scale)), max(1, round(width * scale)))  # (height, width)
        self._photo = self._reduced(photo_pixels(photo))

    def draw_photo(self) -> np.ndarray:
        """H×W×3 uint8."""
        return self._photo

    def draw_person(self, person: Person) -> np.ndarray:
        """H×W×3 uint8: the person, and the rest of the photo dimmed."""
        mask = self._reduced((person.mask * 255).byte().numpy())[..., None] / 255
        return (self._photo * (_DIMMED + (1 - _DIMMED) * mask)).astype(np.uint8)

    def draw_labels(self, understanding: Understanding) -> np.ndarray:
        """H×W×3 uint8: hair, skin and every kind of cloth in colours of their own over the photo."""
        labels = Image.fromarray(label_map(understanding, self._photo_size))
        return draw_labels(np.asarray(labels.resize(self._size[::-1], Image.Resampling.NEAREST)), self._photo)

    def draw_fit(self, fit: BodyFit, body: BodyModel) -> np.ndarray:
        """H×W×3 uint8: the body over the photo."""
        return draw_body(replace(fit, camera=resized(fit.camera, self._size)), body, self._photo)

    def draw_double(self, double: Double) -> np.ndarray:
        """H×W×4 uint8: the double where the person stands, to lie over the photo."""
        return draw_over_photo(double, self.window, self._size)

    def _reduced(self, image: np.ndarray) -> np.ndarray:
        return np.asarray(Image.fromarray(image).resize(self._size[::-1], Image.Resampling.BOX))


def draw_over_photo(double: Double, window: PhotoWindow | None, size: tuple[int, int]) -> np.ndarray:
    """H×W×4 uint8: the double where the person stands in a preview.

    Args:
        window: the part of the photo that the preview shows; None: all of it.
        size: (height, width) of the preview.
    """
    camera = double.fit.camera
    camera = resized(camera, size) if window is None else windowed(camera, window, size)
    return replace(double, fit=replace(double.fit, camera=camera)).render(view="photo")


def write_picture(picture: np.ndarray, path: Path) -> None:
    """Write a .jpg or .png, whole or not at all."""
    with whole_file(path) as temporary:
        Image.fromarray(picture).save(temporary, quality=_QUALITY)
