"""How well a parser does: on photographs it was never trained on, and on drawn people of the test split."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from bodydouble.errors import NoPersonFound
from bodydouble.parsing import Parser
from bodydouble.parsing.at_photo import label_map
from bodydouble.parsing.labels import CLOTH, LABELS
from bodydouble.parsing.network import ParserNetwork
from bodydouble.person import detector
from bodydouble.values import Photo
from workshop.synthesis.scene.backgrounds import background
from workshop.training.parsing.augment import placed, through_jpeg
from workshop.training.parsing.crop import cut
from workshop.training.parsing.pictures import GROUPS, Picture, photo_numbers, read_names, read_photo

_LEAST = 0.002  # share of all pixels from which a drawn label counts
_OTHER = GROUPS.index("other")
_DRAWN_PX, _QUALITY = 384, 90


def group_of_label() -> np.ndarray:
    """(L,), uint8: the row of GROUPS that each label is scored as."""
    names = dict.fromkeys(LABELS, "other") | {name: name for name in GROUPS if name in LABELS}
    names |= {"facial hair": "skin", "eyes": "skin"} | {LABELS[row]: "cloth" for row in CLOTH}
    return np.array([GROUPS.index(names[name]) for name in LABELS], dtype=np.uint8)


@dataclass(frozen=True, kw_only=True)
class PhotoScores:
    """Overlaps on photographs."""

    iou: dict[str, float]  # by group, "other" left out
    photos: int
    nobody: int  # photographs in which the detector found nobody: all background

    @property
    def mean(self) -> float:
        """Over the groups."""
        return sum(self.iou.values()) / len(self.iou)


def score_photos(folder: Path, parser: Parser, most: int | None = None) -> PhotoScores:
    """Intersection over union by group, summed over the photographs to measure with.

    Pixels annotated as other are left out; what is predicted as other elsewhere counts as wrong.
    """
    names, groups = read_names(folder), group_of_label()
    find, nobody = detector(), 0
    counts = np.zeros((len(GROUPS), len(GROUPS)), dtype=np.int64)  # truth, predicted
    numbers = photo_numbers(folder, measured=True)[:most]
    for number in tqdm(numbers, disable=None):
        image, truth = read_photo(folder, number)
        photo = Photo(rgb=torch.from_numpy(image).permute(2, 0, 1).float() / 255, name=number)
        predicted = np.zeros(truth.shape, dtype=np.uint8)
        try:
            predicted = groups[label_map(parser(photo, find(photo)), photo.size)]
        except NoPersonFound:
            nobody += 1
        counts += confusion(names.groups[truth], predicted, len(GROUPS))
    counts[_OTHER] = 0
    overlaps = overlap(counts)
    iou = {name: float(overlaps[row]) for row, name in enumerate(GROUPS) if row != _OTHER}
    return PhotoScores(iou=iou, photos=len(numbers), nobody=nobody)


def confusion(truth: np.ndarray, predicted: np.ndarray, count: int) -> np.ndarray:
    """count×count, int64: pixels by true and by predicted class."""
    pairs = truth.astype(np.int64).ravel() * count + predicted.ravel()
    return np.bincount(pairs, minlength=count * count).reshape(count, count)


def overlap(counts: np.ndarray) -> np.ndarray:
    """(N,): intersection over union of each class of an N×N table of counts; NaN where there is nothing."""
    both = np.diag(counts).astype(float)
    union = counts.sum(0) + counts.sum(1) - both
    return np.divide(both, union, out=np.full(len(counts), np.nan), where=union > 0)


@dataclass(frozen=True, kw_only=True)
class DrawnScores:
    """Overlaps and angles on drawn people."""

    iou: dict[str, float]  # by label with enough pixels
    degrees: float  # mean angle between true and predicted normals

    @property
    def mean(self) -> float:
        """Over the labels."""
        return sum(self.iou.values()) / len(self.iou)


@torch.no_grad()
def score_drawn(pictures: list[Picture], network: ParserNetwork, seed: int = 0) -> DrawnScores:
    """The network alone on drawn people, as they are lit, before drawn backgrounds, through JPEG."""
    counts, angle, pixels = np.zeros((len(LABELS), len(LABELS)), dtype=np.int64), 0.0, 0
    for number, picture in enumerate(tqdm(pictures, disable=None)):
        rng = np.random.default_rng([seed, 7, number])
        left, top, right, bottom = picture.box
        centre = np.array([left + right, top + bottom]) / 2
        side = len(picture.labels) if picture.close else 1.2 * max(right - left, bottom - top)
        view = cut(picture, np.full(2, len(picture.labels) / 2) if picture.close else centre, side, _DRAWN_PX)
        behind = (background(rng, (448, 448)).permute(1, 2, 0).numpy() * 255).astype(np.uint8)
        image = through_jpeg(placed(view, [behind], rng), _QUALITY)
        shown = torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255
        logits, normals = network(shown)
        counts += confusion(view.labels, logits[0].argmax(0).numpy(), len(LABELS))
        known = torch.from_numpy(view.labels > 0)
        true = torch.from_numpy(view.normals).permute(2, 0, 1)[:, known]
        cosine = (normals[0][:, known] * true).sum(0).clamp(-1, 1)
        angle, pixels = angle + float(cosine.acos().rad2deg().sum()), pixels + int(known.sum())
    enough = counts.sum(1) >= _LEAST * counts.sum()
    overlaps = overlap(counts)
    iou = {name: float(overlaps[row]) for row, name in enumerate(LABELS) if enough[row]}
    return DrawnScores(iou=iou, degrees=angle / max(pixels, 1))
