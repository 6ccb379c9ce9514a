"""Drawn photographs with a name for every pixel, as a folder of labelled photographs has them."""

from pathlib import Path

import cv2
import numpy as np

from tests.workshop.training.pixel_names import NAMES
from workshop.training.garments.names import bag_rows

BAG = bag_rows(tuple(NAMES))[0]
HAIR, SHIRT, SKIRT, DRESS, JEANS, SKIN = (
    NAMES.index(name) for name in ("hair", "shirt", "skirt", "dress", "jeans", "skin")
)


def drawn_labels(lower: int = SKIRT) -> np.ndarray:
    """200×120: a head, a shirt, something below it, legs, and a bag beside them."""
    labels = np.zeros((200, 120), np.uint8)
    labels[10:40, 45:75] = HAIR
    labels[40:90, 35:85] = SHIRT
    labels[90:150, 30:90] = lower
    labels[150:190, 40:80] = SKIN
    labels[100:130, 85:105] = BAG
    return labels


def write_photos(folder: Path) -> Path:
    """Three to learn from, one to measure with."""
    for name in ("photos", "labels"):
        (folder / name).mkdir()
    (folder / "labels.txt").write_text("\n".join(NAMES) + "\n", encoding="utf-8")
    (folder / "look.txt").write_text("", encoding="utf-8")
    colours = np.random.default_rng(0).integers(0, 256, (len(NAMES), 3)).astype(np.uint8)
    for number, lower in (("0001", SKIRT), ("0002", JEANS), ("0003", SKIRT), ("0016", JEANS)):
        labels = drawn_labels(lower)
        cv2.imwrite(str(folder / "photos" / f"{number}.jpg"), colours[labels])
        cv2.imwrite(str(folder / "labels" / f"{number}.png"), labels)
    return folder
