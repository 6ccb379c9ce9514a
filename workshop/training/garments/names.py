"""What the 59 names that photographs have for pixels tell of `parsing.garments`, and of what is carried.

Names are rows of `labels.txt`. They are noisy: jeans are called shirt, skirts dress. What a garment's place rules out
is put right, as is what was seen by eye (`by_eye.tsv`: photo, name, garment; "-" where it tells nothing).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from bodydouble.parsing.garments import GARMENTS

UNKNOWN = 255  # of a pixel that tells nothing
BY_EYE = Path(__file__).with_name("by_eye.tsv")
BAGS = ("bag", "purse", "wallet")
_PERHAPS_BAGS = ("accessories",)
_GARMENT_OF_NAME = {
    "blazer": "outer", "blouse": "upper", "bodysuit": "jumpsuit", "bra": "upper", "cape": "outer", "cardigan": "outer",
    "coat": "outer", "dress": "dress", "hoodie": "upper", "intimate": "upper", "jacket": "outer", "jeans": "trousers",
    "jumper": "upper", "leggings": "tights", "panties": "shorts", "pants": "trousers", "romper": "jumpsuit",
    "scarf": "scarf", "shirt": "upper", "shorts": "shorts", "skirt": "skirt", "stockings": "tights", "suit": "outer",
    "sweater": "upper", "sweatshirt": "upper", "swimwear": "upper", "t-shirt": "upper", "tie": "upper",
    "tights": "tights", "top": "upper", "vest": "upper",
}  # fmt: skip
_LEGS = ("trousers", "shorts", "tights", "skirt")
# Of a person's height, from above.
_CHEST = 0.36  # a dress of which nothing is above is, as far as it is seen, a skirt
_HIPS = 0.5  # legwear that ends above is none
_BELLY = 0.42  # a top that begins below is none
_KNEES = 0.65  # a suit that reaches below is jacket and trousers in one
_EDGE = 0.02  # share of a name's rows that may lie beyond these


def read_by_eye(path: Path = BY_EYE) -> dict[str, dict[str, str]]:
    """Garment by name by photo."""
    seen: dict[str, dict[str, str]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            seen.setdefault(row["photo"], {})[row["name"]] = row["garment"]
    return seen


def garment_rows(labels: np.ndarray, names: tuple[str, ...], by_eye: Mapping[str, str]) -> np.ndarray:
    """(59,) uint8: the row of GARMENTS of each name in one photograph; `UNKNOWN` of what is no cloth, or not told.

    Args:
        labels: H×W uint8, rows of `names`.
        by_eye: garment by name, of this photograph.
    """
    rows = np.full(len(names), UNKNOWN, np.uint8)
    heights = np.flatnonzero((labels > 0).any(1))
    if not len(heights):
        return rows
    top, extent = heights[0], max(1, heights[-1] - heights[0])
    for row in np.flatnonzero(np.bincount(labels.ravel(), minlength=len(names))):
        name = names[row]
        if name not in _GARMENT_OF_NAME and name not in by_eye:
            continue
        places = (np.nonzero(labels == row)[0] - top) / extent
        first, last = np.quantile(places, [_EDGE, 1 - _EDGE])
        garment = by_eye.get(name) or _correct(name, _GARMENT_OF_NAME[name], float(first), float(last))
        if garment in GARMENTS:
            rows[row] = GARMENTS.index(garment)
    return rows


def _correct(name: str, garment: str, first: float, last: float) -> str:
    """The garment that a name's rows, shares of the person's height, leave possible; "-" where none is likely."""
    if garment == "dress" and first > _CHEST:
        return "skirt"
    if garment in _LEGS and last < _HIPS:
        return "upper"
    if garment == "upper" and first > _BELLY:
        return "-"
    if name == "suit" and last > _KNEES:
        return "-"
    return garment


def carried_rows(names: tuple[str, ...]) -> np.ndarray:
    """(59,) uint8: 1 of what is carried, 0 of all else, `UNKNOWN` of what may be."""
    told = [1 if name in BAGS else UNKNOWN if name in _PERHAPS_BAGS else 0 for name in names]
    return np.array(told, np.uint8)


def cloth_rows(names: tuple[str, ...]) -> frozenset[int]:
    """Rows of the names of cloth."""
    return frozenset(row for row, name in enumerate(names) if name in _GARMENT_OF_NAME)


def bag_rows(names: tuple[str, ...]) -> tuple[int, ...]:
    """Rows of the names of bags."""
    return tuple(names.index(name) for name in BAGS)
