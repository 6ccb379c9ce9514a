"""What the parser learns from, decoded once: drawn people from shards, and photographs with labels.

A folder of photographs holds `photos/NNNN.jpg`, `labels/NNNN.png` (one byte a pixel), `groups.tsv` (name, group, label,
in the bytes' order) and `look.txt` (numbers to look at). Numbers that end in 6, and those to look at, are never
trained on.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from bodydouble.errors import InputError
from bodydouble.parsing.labels import LABELS
from workshop.synthesis.records.png import decode_png
from workshop.synthesis.records.shards import Shards

MEASURED = "6"  # last digit of the photographs that are measured with
GROUPS = ("background", "skin", "cloth", "shoes", "hair", "other")  # what photographs are scored in
_LEVELS = 3  # of a picture's pyramid, each half the one before
_LEAST_BAND = 48  # pixels of background beside a person from which a street without them is made


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One person with a label for every pixel."""

    levels: tuple[np.ndarray, ...]  # H×W×3, or premultiplied H×W×4 where drawn; uint8, each half the one before
    labels: np.ndarray  # H×W, uint8, rows of LABELS
    normals: np.ndarray | None = None  # H×W×3, uint8, -1 to 1 as 0 to 254; 0 where nothing is; None of photographs
    close: bool = False  # a drawn view of a head: used as it is
    box: tuple[int, int, int, int] = field(default=(0, 0, 1, 1))  # left, top, right, bottom of the person
    name: str = ""

    @property
    def drawn(self) -> bool:
        """Whether it is a drawn person, without a background."""
        return self.normals is not None


def new_picture(
    image: np.ndarray, labels: np.ndarray, normals: np.ndarray | None = None, *, close: bool = False, name: str = ""
) -> Picture:
    """The picture with its pyramid and the box around its person."""
    levels = [image]
    for _ in range(_LEVELS - 1):
        height, width = levels[-1].shape[:2]
        levels.append(cv2.resize(levels[-1], (max(width // 2, 1), max(height // 2, 1)), interpolation=cv2.INTER_AREA))
    rows, columns = np.nonzero(labels)
    box = (0, 0, labels.shape[1], labels.shape[0])
    if len(rows):
        box = (int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
    return Picture(levels=tuple(levels), labels=labels, normals=normals, close=close, box=box, name=name)


def drawn_pictures(path: Path) -> list[Picture]:
    """All views in a folder of shards that `people` made."""
    shards = Shards(path)
    pictures: list[Picture] = []
    for number in shards.persons:
        record = shards.person(number)
        images = [decode_png(record[f"{view}/rgba"]) for view in range(len(record) // 3)]
        largest = max(len(image) for image in images)
        for view, image in enumerate(images):
            labels, normals = (decode_png(record[f"{view}/{name}"]) for name in ("labels", "normals"))
            if labels.any():
                close = len(image) < largest
                name = f"{number}/{view}"
                pictures.append(new_picture(premultiplied(image), labels[..., 0], normals, close=close, name=name))
    return pictures


def premultiplied(rgba: np.ndarray) -> np.ndarray:
    """H×W×4, uint8, straight alpha to colours times alpha: what may be resampled."""
    colours = cv2.multiply(rgba[..., :3], cv2.merge([rgba[..., 3]] * 3), scale=1 / 255)
    return np.dstack([colours, rgba[..., 3]])


@dataclass(frozen=True, kw_only=True)
class Names:
    """How a folder's bytes are read."""

    labels: np.ndarray  # (K,), uint8, row of LABELS of each byte
    groups: np.ndarray  # (K,), uint8, row of GROUPS of each byte


def read_names(folder: Path) -> Names:
    """The table of a folder of photographs.

    Raises:
        InputError: there is none, or it names what is no label.
    """
    try:
        with (folder / "groups.tsv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        return Names(
            labels=np.array([LABELS.index(row["label"]) for row in rows], dtype=np.uint8),
            groups=np.array([GROUPS.index(row["group"]) for row in rows], dtype=np.uint8),
        )
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"cannot read {folder / 'groups.tsv'}: {error}; name a folder of labelled photos") from error


def read_pixel_names(folder: Path) -> tuple[str, ...]:
    """The names of a folder's labels, in their bytes' order."""
    return tuple((folder / "labels.txt").read_text(encoding="utf-8").split())


def photo_numbers(folder: Path, *, measured: bool = False) -> list[str]:
    """Numbers that may be trained on, or those to measure with."""
    look = set((folder / "look.txt").read_text(encoding="utf-8").split())
    numbers = sorted(path.stem for path in (folder / "photos").glob("*.jpg"))
    if measured:
        return [number for number in numbers if number.endswith(MEASURED)]
    return [number for number in numbers if not number.endswith(MEASURED) and number not in look]


def read_photo(folder: Path, number: str) -> tuple[np.ndarray, np.ndarray]:
    """A photograph, H×W×3, and its bytes, H×W."""
    image = cv2.imread(str(folder / "photos" / f"{number}.jpg"), cv2.IMREAD_COLOR_RGB)
    labels = cv2.imread(str(folder / "labels" / f"{number}.png"), cv2.IMREAD_UNCHANGED)
    if image is None or labels is None or image.shape[:2] != labels.shape:
        raise InputError(f"{folder}: photo {number} cannot be read, or has another size than its labels")
    return image, labels


def photo_pictures(folder: Path) -> list[Picture]:
    """All photographs that may be trained on."""
    names = read_names(folder)
    pictures = []
    for number in photo_numbers(folder):
        image, labels = read_photo(folder, number)
        if labels.any():
            pictures.append(new_picture(image, names.labels[labels], name=number))
    return pictures


def streets(pictures: list[Picture], size: int) -> Iterator[np.ndarray]:
    """size×size×3 backgrounds without people: the wider strip beside each photograph's person, mirrored to and fro."""
    for picture in pictures:
        image, (left, _, right, _) = picture.levels[0], picture.box
        width = image.shape[1]
        strip = image[:, : left - 4] if left > width - right else image[:, right + 4 :]
        if strip.shape[1] < _LEAST_BAND:
            continue
        strip = cv2.resize(strip, None, fx=size / len(image), fy=size / len(image), interpolation=cv2.INTER_AREA)
        mirrored = np.concatenate([strip, strip[:, ::-1]], 1)
        times = -(-size // mirrored.shape[1])
        yield np.ascontiguousarray(np.tile(mirrored, (1, times, 1))[:size, :size])
