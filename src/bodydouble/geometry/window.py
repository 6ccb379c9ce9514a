"""Square windows onto an image: what a model is shown, and the way back from its units to pixels of the image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np
import torch
from torch import Tensor

from bodydouble.values import Photo

Size = tuple[int, int]  # height, width
_SMALL_PARTS = (4, 6)  # of the shorter side: where a person is sought who fills a fifth or more of such a window
_SMALLEST_SIDE = 400  # pixels of such a window; smaller people make no double
GREY = 127  # what lies outside the image, and behind a cut-out


@dataclass(frozen=True)
class Window:
    """A square part of an image, in whole pixels; it may reach beyond the image."""

    left: int
    top: int
    side: int

    @classmethod
    def around(cls, points: np.ndarray, margin: float = 0.0) -> Window:
        """The smallest one that holds N×2 pixel positions, and `margin` of the longer extent on every side."""
        low, high = points.min(0), points.max(0)
        side = max(8, int(np.ceil((high - low).max() * (1 + 2 * margin))))
        left, top = np.round((low + high - side) / 2).astype(int)
        return cls(int(left), int(top), side)

    @classmethod
    def at(cls, centre: np.ndarray, side: float) -> Window:
        """The one of that centre and side."""
        whole = max(8, round(float(side)))
        left, top = np.round(np.asarray(centre) - whole / 2).astype(int)
        return cls(int(left), int(top), whole)

    def view(self, image: np.ndarray, size: int) -> np.ndarray:
        """The window's part of an H×W(×C) image at size×size, grey (0 in one channel) where it lies outside."""
        height, width = image.shape[:2]
        bottom, right = self.top + self.side, self.left + self.side
        inside = image[max(0, self.top) : max(0, bottom), max(0, self.left) : max(0, right)]
        border = (max(0, -self.top), max(0, bottom - height), max(0, -self.left), max(0, right - width))
        if inside.size == 0:
            shape = (size, size, *image.shape[2:])
            return np.full(shape, GREY if image.ndim == 3 else 0, dtype=image.dtype)
        fill = (GREY,) * 3 if image.ndim == 3 else 0
        part = cv2.copyMakeBorder(inside, *border, cv2.BORDER_CONSTANT, value=fill)
        return cv2.resize(part, (size, size), interpolation=cv2.INTER_AREA if size < self.side else cv2.INTER_CUBIC)

    def add_to(self, image: np.ndarray, view: np.ndarray) -> None:
        """Add a square one-channel view of the window to an H×W image, in its place."""
        part = cv2.resize(
            view, (self.side, self.side), interpolation=cv2.INTER_AREA if len(view) > self.side else cv2.INTER_LINEAR
        )
        height, width = image.shape
        top, left = max(0, self.top), max(0, self.left)
        bottom, right = min(height, self.top + self.side), min(width, self.left + self.side)
        if bottom > top and right > left:
            image[top:bottom, left:right] += part[
                top - self.top : bottom - self.top, left - self.left : right - self.left
            ]

    def paste(self, view: np.ndarray, size: Size) -> np.ndarray:
        """A square one-channel view of the window in an image of (height, width), 0 outside the window."""
        image = np.zeros(size, dtype=np.float32)
        self.add_to(image, view)
        return image

    def to_image(self, points: np.ndarray) -> np.ndarray:
        """N×2 points in units of the window to pixels of the image."""
        return points * self.side + (self.left, self.top)


def size_of(image: np.ndarray) -> Size:
    """(height, width)."""
    return image.shape[0], image.shape[1]


def mask_box(mask: Tensor) -> tuple[int, int, int, int]:
    """Left, top, right and bottom in whole pixels of what an H×W mask covers by more than half.

    Raises:
        ValueError: it covers nothing.
    """
    covered = mask > 0.5
    columns, rows = covered.any(0).nonzero()[:, 0], covered.any(1).nonzero()[:, 0]
    if not len(rows):
        raise ValueError("the mask covers nothing")
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def eight_bits(image: Tensor) -> np.ndarray:
    """H×W×C uint8 of C×H×W in [0, 1]."""
    return image.mul(255).round_().to(torch.uint8).permute(1, 2, 0).contiguous().cpu().numpy()


def photo_pixels(photo: Photo, behind: int = GREY) -> np.ndarray:
    """H×W×3 uint8; a cut-out stands on a grey of that level."""
    image = np.empty((*photo.size, 3), np.uint8)
    for channel, plane in enumerate(photo.rgb):  # one at a time: a phone's photo is large
        if photo.alpha is not None:
            plane = plane * photo.alpha + behind / 255 * (1 - photo.alpha)
        image[..., channel] = plane.mul(255).round_().to(torch.uint8).cpu().numpy()
    return image


def search_windows(size: Size) -> Iterator[Window]:
    """Places to look for a person in an image of (height, width): all of it, then ever smaller parts, middle first."""
    height, width = size
    centre = np.array([width, height]) / 2
    yield Window.at(centre, max(width, height))
    yield Window.at(centre, 1.5 * max(width, height))
    for part in (1, 2, *_SMALL_PARTS):
        side = min(width, height) / part
        if part in _SMALL_PARTS and side < _SMALLEST_SIDE:
            return
        columns = np.linspace(side / 2, width - side / 2, max(1, int(np.ceil(1.5 * (width / side - 1))) + 1))
        rows = np.linspace(side / 2, height - side / 2, max(1, int(np.ceil(1.5 * (height / side - 1))) + 1))
        yield from (
            Window.at(np.array(spot), side)
            for spot in sorted(product(columns, rows), key=lambda spot: float(np.hypot(*(spot - centre))))
        )
