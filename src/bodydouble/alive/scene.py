"""A photo taken apart: the picture, the person's place in it, what is behind them, and their double."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event

import cv2
import numpy as np
import torch

from bodydouble.alive.background import person_hole, remove_person
from bodydouble.alive.grain import measure_grain
from bodydouble.create_config import CreateConfig
from bodydouble.double import Double
from bodydouble.errors import InputError
from bodydouble.geometry.camera import resized
from bodydouble.geometry.window import photo_pixels
from bodydouble.person.photo import read_photo
from bodydouble.person.sources import Source
from bodydouble.person.video import is_video
from bodydouble.pipeline import Pipeline, next_value
from bodydouble.progress import Progress
from bodydouble.render.video import LIGHT_GREY
from bodydouble.values import Camera, Person, Photo


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Everything at the size of the frames, H×W."""

    photo: np.ndarray  # H×W×3 uint8, sRGB
    hole: np.ndarray  # H×W bool, where the person is, and a little around them
    background: np.ndarray  # H×W×3 float32, [0, 255], without the person
    camera: Camera  # the photo's
    grain: float  # deviation of the noise on the person in the photo, levels of 255
    double: Double


def take_apart(
    source: Source, longest: int, create: CreateConfig, progress: Progress | None = None, cancel: Event | None = None
) -> Scene:
    """Make the double of a photo, and the photo without the person.

    Args:
        longest: pixels of the frames' longer side at most.

    Raises:
        InputError: it is a video, or a photo that cannot be used.
    """
    if is_video(source):
        raise InputError(f"{source} is a video, which moves already; give a photo, or make its double with create")
    photo, cut_out = _read_frame(source, longest)
    size = photo.shape[0], photo.shape[1]
    values = Pipeline(create).stages(source, progress=progress, cancel=cancel)
    part, person, double = next_value(values, Photo), next_value(values, Person), next_value(values, Double)
    mask = _scaled(_whole_mask(part, person), size).clip(0, 1)
    hole = person_hole(mask)
    return Scene(
        photo=photo,
        hole=hole,
        background=_background(photo, hole, cut_out),
        camera=resized(double.fit.camera, size),
        grain=measure_grain(photo, mask > 0.9),
        double=double,
    )


def _read_frame(source: Source, longest: int) -> tuple[np.ndarray, bool]:
    """H×W×3 uint8: the photo at the frames' size, and whether the person came cut out. The whole photo is let go."""
    whole = read_photo(source)
    scaled = _scaled(photo_pixels(whole, behind=LIGHT_GREY[0]), _frame_size(whole.size, longest))
    return scaled.round().clip(0, 255).astype(np.uint8), whole.alpha is not None


def _frame_size(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """(height, width), even, as videos have it."""
    scale = min(1.0, longest / max(size))
    height, width = (max(2, 2 * round(side * scale / 2)) for side in size)
    return height, width


def _scaled(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return cv2.resize(image.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA)


def _whole_mask(part: Photo, person: Person) -> np.ndarray:
    """H×W float32, of the whole photo: the person and what they hold."""
    mask = person.mask if person.things is None else torch.maximum(person.mask, person.things.float())
    if part.window is None:
        return mask.numpy()
    window, whole = part.window, np.zeros(part.window.whole, np.float32)
    (height, width), top, left = window.size, window.top, window.left
    whole[top : top + height, left : left + width] = cv2.resize(mask.numpy(), (width, height))
    return whole


def _background(photo: np.ndarray, hole: np.ndarray, cut_out: bool) -> np.ndarray:
    if cut_out:
        return np.full(photo.shape, LIGHT_GREY, np.float32)
    return remove_person(photo, hole)
