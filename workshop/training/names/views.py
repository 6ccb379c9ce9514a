"""Views of labelled photographs to learn names from: as the garment head's, and as tall as people are.

photograph -> a square of the person -> a garment recoloured, a bag pasted on -> another light, camera and place
-> the square's middle
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workshop.training.garments.names import bag_rows, cloth_rows
from workshop.training.garments.views import (
    Bag,
    Shown,
    cut_out_bags,
    paste_bag,
    read_picture,
    recolour,
    sample_square,
)
from workshop.training.parsing.augment import augmented
from workshop.training.parsing.batches import make_backgrounds
from workshop.training.parsing.pictures import Picture, read_pixel_names

# Pixels of a view. With `_SIDE`, a person is as large in it as in the square that the parser looks at.
HEIGHT, WIDTH = 384, 192
_SIDE = 1.04  # of the longer side of the person's box, median
_RECOLOURED, _BAGGED = 0.4, 0.3  # shares of views with a garment in other colours, and with a bag pasted on
_STREETS = 4  # photographs for one whose street is a background


@dataclass(frozen=True, kw_only=True)
class Street:
    """What views are changed with."""

    backgrounds: Sequence[np.ndarray]  # S×S×3, uint8
    bags: Sequence[Bag]
    cloth: frozenset[int]  # rows of the names of cloth
    bag_row: int  # of the name that pasted bags have


def read_street(photos: Path, numbers: Sequence[str], seed: int) -> Street:
    """The bags of those photographs, and streets of some."""
    names = read_pixel_names(photos)
    rows = bag_rows(names)
    return Street(
        backgrounds=make_backgrounds([read_picture(photos, number) for number in numbers[::_STREETS]], seed),
        bags=cut_out_bags((read_picture(photos, number) for number in numbers), rows),
        cloth=cloth_rows(names),
        bag_row=rows[0],
    )


def make_view(picture: Picture, street: Street, rng: np.random.Generator) -> Shown:
    """A changed view: H×W×3 image and H/2×W/2 rows of names, uint8."""
    view = sample_square(picture, HEIGHT, rng, _SIDE)
    if rng.random() < _RECOLOURED:
        view = recolour(view, street.cloth, rng)
    if rng.random() < _BAGGED:
        view = paste_bag(view, street.bags, street.bag_row, rng)
    sample = augmented(view, street.backgrounds, rng)
    left = (HEIGHT - WIDTH) // 2
    columns = slice(left, left + WIDTH)
    return sample.image[:, columns], sample.labels[:, left // 2 : (left + WIDTH) // 2]
