"""Doubles of front pictures, seen from behind, against real pictures of the same people from behind.

The folder holds pairs `NAME_front.jpg`, `NAME_back.jpg`. All rows share one fit of the front and differ in what
completes its textures. Pose and camera of the back picture are fitted with the double's own shape and clothing, to its
landmarks and its outline, and the double is drawn through them. What is compared is what both cover
(`measures.parsed`).

With --results, pairs that were measured by the same code are not measured again; the file holds figures alone.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

import torch

from bodydouble.body import body_model
from bodydouble.create_config import CreateConfig
from bodydouble.double import Double
from bodydouble.errors import InputError
from bodydouble.files import whole_file
from bodydouble.fitting.fit import fit_body
from bodydouble.fitting.metrics import iou
from bodydouble.inpaint import Inpainter, inpainter
from bodydouble.person import detector
from bodydouble.person.photo import read_photo
from bodydouble.pipeline import Pipeline
from bodydouble.values import BodyFit, Person, Photo
from workshop.evaluation.benchmarks.table import Table
from workshop.evaluation.cases import LIBRARY
from workshop.evaluation.measures.parsed import COLOURS, ParsedMeasures
from workshop.evaluation.methods import SEED
from workshop.fingerprints import code_fingerprint

ROWS = {  # by name, the inpainter
    "exemplar": "exemplar",
    "symmetry": "symmetry",
    "front-behind": "workshop.evaluation.methods.front_behind:FrontBehind",
}
_FRONT, _BACK = "_front.jpg", "_back.jpg"
_COLUMNS = {"labels %": 1, **{f"{name} dE": 1 for name in COLOURS}, "distance": 4, "IoU": 3}
_EVALUATION = Path(__file__).parents[1]
_CODE = (*LIBRARY, Path(__file__), _EVALUATION / "methods", _EVALUATION / "measures")

Figures = dict[str, dict[str, float | None]]  # by row, by column


def row_inpainter(*, seed: int, device: str = "cpu") -> Inpainter:
    """The inpainter of `ROWS` whose place in the table is the seed: samples of one pipeline then share all but it.

    Raises:
        InputError: as the inpainter of that row.
    """
    return inpainter(list(ROWS.values())[seed], seed=SEED)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `Benchmark`."""
    parser.add_argument("pairs", type=Path, help=f"folder with NAME{_FRONT} and NAME{_BACK}")
    parser.add_argument("names", nargs="*", help="of pairs; all of the folder where none are given")
    parser.add_argument("--results", type=Path, help="JSON file in which a stopped run finds its figures again")


def run(options: argparse.Namespace) -> None:
    """See `Benchmark`."""
    names = options.names or sorted(path.name.removesuffix(_FRONT) for path in options.pairs.glob(f"*{_FRONT}"))
    if not names:
        raise InputError(f"{options.pairs} has no pairs NAME{_FRONT}, NAME{_BACK}; give the folder with the pictures")
    results = read_results(options.results)
    measure, table = BackMeasures(), Table(_COLUMNS)
    skipped = 0
    for name in names:
        if name not in results:
            try:
                results[name] = measure(options.pairs / f"{name}{_FRONT}", options.pairs / f"{name}{_BACK}")
            except InputError as error:
                results[name] = str(error)
            write_results(options.results, results)
        figures = results[name]
        if isinstance(figures, str):
            skipped += 1
            table.note(name, f"skipped: {figures}")
            continue
        for row, cells in figures.items():
            table.add(f"{name}: {row}", *(cells[column] for column in _COLUMNS))
    for row in ROWS:
        table.add_mean(f"mean: {row}", of=f": {row}")
    print(f"{len(names) - skipped} pairs measured, {skipped} skipped")


class BackMeasures:
    """Measures pairs, one after another; what that needs is loaded once."""

    def __init__(self) -> None:
        self._body = body_model()
        self._create = Pipeline(CreateConfig(body=self._body, inpainter=f"{__name__}:{row_inpainter.__name__}"))
        self._detect = detector()
        self._measures = ParsedMeasures()

    def __call__(self, front: Path, back: Path) -> Figures:
        """All rows of a pair.

        Raises:
            InputError: a picture is missing or shows nobody of whom a double can be made.
        """
        photo = read_photo(back)
        person = self._detect(photo)
        doubles = self._create.create_samples(front, len(ROWS))
        target = fit_body(person, photo, self._body, previous=doubles[0].fit)
        return {row: self._compare(double, target, photo, person) for row, double in zip(ROWS, doubles, strict=True)}

    def _compare(self, double: Double, target: BodyFit, photo: Photo, person: Person) -> dict[str, float | None]:
        with torch.no_grad():
            drawn = double.renderer(double.pose_surfaces(target.pose), target.camera)
        alike = self._measures.compare(drawn, photo, person)
        return {
            "labels %": 100 * alike.labels,
            **{f"{name} dE": distance for name, distance in alike.colours.items()},
            "distance": alike.distance,
            "IoU": iou(drawn[3] > 0.5, person.mask > 0.5),
        }


def read_results(path: Path | None) -> dict[str, Figures | str]:
    """Kept figures by pair, or why it was skipped; nothing where there are none, or other code made them."""
    if path is None or not path.is_file():
        return {}
    kept = json.loads(path.read_text())
    results: dict[str, Figures | str] = kept["pairs"] if kept["code"] == code_fingerprint(_CODE) else {}
    return results


def write_results(path: Path | None, results: Mapping[str, Figures | str]) -> None:
    """Keep them, whole or not at all; nowhere where no file is named. Raises InputError where the folder is missing."""
    if path is not None:
        with whole_file(path) as temporary:
            temporary.write_text(json.dumps({"code": code_fingerprint(_CODE), "pairs": results}))
