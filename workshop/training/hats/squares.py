"""What the hat head learns from: the encoder's features of heads' squares, and where in them a hat is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d
from tqdm import tqdm

from bodydouble.errors import InputError
from bodydouble.geometry.window import Window, photo_pixels
from bodydouble.parsing.builtin import HEAD_PX, read_parser
from bodydouble.parsing.windows import head_window
from bodydouble.person import detector
from bodydouble.person.sources import find_persons, read_sources
from workshop.training.parsing.pictures import photo_numbers, read_photo, read_pixel_names

_NAME = "hat"  # among the names of what photographs' pixels are
_EVERY = 5  # of photographs without a hat one of so many is looked at
_VIEWS = (2, 4)  # of a photograph without and with a hat: as it is, mirrored, and moved, resized, recoloured
_MOVED, _RESIZED = 0.06, 0.12  # of the square's side; of the logarithm of its size
_TARGET_PX = 80  # side of the head's output


@dataclass(frozen=True, kw_only=True)
class Square:
    """One view of a head."""

    photo: str
    taps: tuple[Tensor, ...]  # c×h×w each, float16
    hat: Tensor  # H×W in [0, 1], how much of each pixel is hat
    plain: bool  # as the parser looks at it


@torch.no_grad()
def gather_squares(folder: Path) -> Iterator[Square]:
    """Views of the heads in a folder of labelled photographs, of all with a hat and of some without.

    Raises:
        InputError: the folder holds no labelled photographs.
    """
    label = read_pixel_names(folder).index(_NAME)
    encoder, find, others = read_parser().encoder, detector(), 0
    for number in tqdm(photo_numbers(folder), disable=None):
        hat = (read_photo(folder, number)[1] == label).astype(np.uint8)
        others += not hat.any()
        if not hat.any() and others % _EVERY:
            continue
        path = folder / "photos" / f"{number}.jpg"
        try:
            images = read_sources(path, find, frames=1, box=None, number=None, progress=None)
            (photo,), (person,) = find_persons(images, find)
        except InputError as error:
            print(f"left out: {error}")
            continue
        window = head_window(person)
        if window is None:
            continue
        hat = cv2.resize(hat, photo.size[::-1], interpolation=cv2.INTER_NEAREST) * 255
        rng = np.random.default_rng(int(number))
        for view in range(_VIEWS[bool(hat.any())]):
            image, mask = _draw_view(photo_pixels(photo), hat, window, view, rng)
            taps = encoder(torch.from_numpy(image).permute(2, 0, 1)[None])
            target = torch.from_numpy(mask)[None].float() / 255
            yield Square(
                photo=number,
                taps=tuple(tap[0].half() for tap in taps),
                hat=avg_pool2d(target, 2)[0],
                plain=view == 0,
            )


def _draw_view(
    image: np.ndarray, hat: np.ndarray, window: Window, view: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The square's pixels, in [0, 1], and its hat, at twice the target's size; all views but the first are changed."""
    centre, side = np.array([window.left, window.top]) + window.side / 2, float(window.side)
    if view:
        centre = centre + rng.uniform(-_MOVED, _MOVED, 2) * side
        side *= float(np.exp(rng.uniform(-_RESIZED, _RESIZED)))
    moved = Window.at(centre, side)
    pixels, mask = moved.view(image, HEAD_PX).astype(np.float32) / 255, moved.view(hat, 2 * _TARGET_PX)
    if view % 2:
        pixels, mask = pixels[:, ::-1], mask[:, ::-1]
    if view > 1:
        tint = rng.uniform(0.7, 1.25) * (1 + rng.uniform(-0.08, 0.08, 3).astype(np.float32))
        pixels = np.clip(pixels * tint, 0, 1).astype(np.float32)
    return np.ascontiguousarray(pixels), np.ascontiguousarray(mask)
