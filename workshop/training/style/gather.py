"""What the style's classifiers learn from, made once: features of photographs as the parser sees them, and their truth.

RUN/style_features.safetensors    N×C features, by number of the photo and by view: "0001/legs"
RUN/style_truth.json              options by number of the photo and by attribute
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from tqdm import tqdm

from bodydouble.errors import InputError
from bodydouble.files import whole_file
from bodydouble.parsing.builtin import BuiltinParser
from bodydouble.person import detector
from bodydouble.person.sources import find_persons, read_sources
from workshop.training.parsing.pictures import MEASURED, photo_numbers, read_photo, read_pixel_names
from workshop.training.style.degrade import degrade_photo
from workshop.training.style.truth import read_truth

FEATURES, TRUTH = "style_features.safetensors", "style_truth.json"
BY_EYE = Path(__file__).with_name("by_eye.tsv")  # what was seen in photographs whose names tell too little, or wrongly
_SILENT = "-"  # in it: the photograph does not tell


def gather_samples(photos: Path, out: Path) -> None:
    """Write features and truth of all photographs that may be trained on, and of those to measure with.

    Raises:
        InputError: one of the folders does not exist or holds no labelled photographs.
    """
    if not out.is_dir():
        raise InputError(f"cannot write to {out}: the folder does not exist")
    names = read_pixel_names(photos)
    find, parse = detector(), BuiltinParser()
    features: dict[str, Tensor] = {}
    truth: dict[str, dict[str, str]] = {}
    for number in tqdm(photo_numbers(photos) + photo_numbers(photos, measured=True), disable=None):
        try:
            images = read_sources(
                photos / "photos" / f"{number}.jpg", find, frames=1, box=None, number=None, progress=None
            )
            (photo,), (person,) = find_persons(images, find)
        except InputError as error:
            print(f"left out: {error}")
            continue
        labels = cv2.resize(read_photo(photos, number)[1], photo.size[::-1], interpolation=cv2.INTER_NEAREST)
        pooled = parse.style_features(photo, person)
        if not number.endswith(MEASURED):
            poorer = parse.style_features(*degrade_photo(photo, person, np.random.default_rng(int(number))))
            pooled = {view: torch.cat([rows, poorer.get(view, rows[:0])]) for view, rows in pooled.items()}
        features |= {f"{number}/{view}": rows.half().contiguous() for view, rows in pooled.items()}
        truth[number] = read_truth(labels, names, person)
    correct_by_eye(truth)
    with whole_file(out / FEATURES) as temporary:
        save_file(features, temporary)
    with whole_file(out / TRUTH) as temporary:
        temporary.write_text(json.dumps(truth, indent=0) + "\n", encoding="utf-8")


def correct_by_eye(truth: dict[str, dict[str, str]]) -> None:
    """Let what was seen take the place of what the names say, where the photograph is among these."""
    with BY_EYE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            options = truth.get(row["photo"])
            if options is not None:
                options.pop(row["attribute"], None)
                if row["option"] != _SILENT:
                    options[row["attribute"]] = row["option"]


def read_samples(run: Path) -> tuple[dict[str, dict[str, Tensor]], dict[str, dict[str, str]]]:
    """Features by number of the photo and by view, and the truth.

    Raises:
        InputError: the folder holds none.
    """
    if not (run / FEATURES).is_file() or not (run / TRUTH).is_file():
        raise InputError(f"{run} holds no {FEATURES} and {TRUTH}; gather them first")
    features: dict[str, dict[str, Tensor]] = {}
    for name, rows in load_file(run / FEATURES).items():
        number, view = name.split("/")
        features.setdefault(number, {})[view] = rows
    return features, json.loads((run / TRUTH).read_text(encoding="utf-8"))
