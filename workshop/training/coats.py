"""The weights of `clothing/coat_rows.py`: gather what photographs show of their people's legs, and fit.

python -m workshop.training.coats gather --photos PHOTOS --out RUN   20 s of one core a photograph; goes on where it was
python -m workshop.training.coats train  --out RUN                   prints how often folds are right, and the weights
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from tqdm import tqdm

from bodydouble.body import BodyModel
from bodydouble.clothing.coat_rows import SHORTEST_M, leg_rows, measure_coat, tell_tops
from bodydouble.clothing.garment_view import GarmentView, body_camera, garment_view, photo_places
from bodydouble.clothing.hem_choice import choose_end, log_odds
from bodydouble.errors import InputError
from bodydouble.files import whole_file
from bodydouble.parsing.cut_out import cut_out_person
from bodydouble.parsing.garments import GARMENTS
from bodydouble.parsing.stray_arms import find_stray_arms
from bodydouble.person.sources import find_persons, read_sources
from bodydouble.pipeline import Pipeline
from bodydouble.values import Camera
from workshop.commands import describe_command, exit_with_message
from workshop.training.garments.names import garment_rows, read_by_eye
from workshop.training.parsing.pictures import read_photo, read_pixel_names

# Every kind of coat, legs without one, and people whose coats were misjudged; of those that may be learned from.
PEOPLE = """\
0017 0029 0049 0051 0052 0067 0068 0071 0083 0087 0092 0103 0153 0177 0184 0221 0222 0251 0261 0264 0273 0282 0288
0301 0304 0337 0339 0357 0383 0428 0443 0448 0458 0461 0477 0487 0508 0537 0542 0574 0588 0604 0613 0623 0629 0631
0641 0677 0684 0694 0732 0738 0759 0761 0792 0801 0802 0808 0828 0868 0872 0893 0902 0949 0962 0968 0969 0971 0982
0983 0988 0998 1002 1004
"""
_COVERED = {"outer": 0.07, "top": 0.3}  # of a row: as much and a coat, which may be open, or any top reaches down to it
_DECAY = 0.01  # L2 of the weights; of .001, .003, .01, .02 and .03 that which folds judge best by
_ROW_SCALE = 5.0  # of rows' weights, which count as means over rows, against those of hems
_SPREAD_M = 0.02  # around a true hem: rows so near are as good
_NEAR_M = 0.07  # a hem so near to the true one is right
_FOLDS = 5

_ROW, _HEM = "row ", "hem "  # before names of evidence in a file

# Of one person: (R,) each of rows and of hems, by name; rows from the hips to the true hem, 0 without; rows in a metre.
Evidence = tuple[dict[str, Tensor], dict[str, Tensor], int, float]


def gather_evidence(photos: Path, out: Path) -> None:
    """Write what the photographs of `PEOPLE` show to OUT/NUMBER.safetensors.

    Raises:
        InputError: a photograph cannot be read, or the folder does not exist.
    """
    names, by_eye, pipeline = read_pixel_names(photos), read_by_eye(), Pipeline()
    for number in tqdm([each for each in PEOPLE.split() if not _evidence_path(out, each).exists()], disable=None):
        images = read_sources(photos / "photos" / f"{number}.jpg", pipeline.detect, frames=1, box=None, number=None)
        (photo,), (person,) = find_persons(images, pipeline.detect)
        person, understood = find_stray_arms(photo, person, pipeline.parse(photo, person), pipeline.detect)
        person, understood = cut_out_person(photo, person, understood, fuse=pipeline.config.fuse_mask)
        fit = pipeline.fit_first(photo, person, understood)
        view = garment_view(fit, photo, person, understood, pipeline.body, body_camera(person, fit.camera))
        labels = cv2.resize(read_photo(photos, number)[1], photo.size[::-1], interpolation=cv2.INTER_NEAREST)
        garments = garment_rows(labels, names, by_eye.get(number, {}))[labels]
        write_evidence(measure_evidence(view, garments, fit.camera, pipeline.body), _evidence_path(out, number))


def _evidence_path(run: Path, number: str) -> Path:
    return run / f"{number}.safetensors"


def write_evidence(person: Evidence | None, path: Path) -> None:
    """Write a person's evidence; nothing but a true row of -1 where no legs are shown."""
    of_rows, of_hems, true, metre = person or ({}, {}, -1, 0.0)
    tensors = {f"{_ROW}{name}": line for name, line in of_rows.items()}
    tensors |= {f"{_HEM}{name}": line for name, line in of_hems.items()}
    with whole_file(path) as temporary:
        save_file(tensors | {"true": torch.tensor(true), "metre": torch.tensor(metre)}, temporary)


def read_evidence(path: Path) -> Evidence | None:
    """What `write_evidence` wrote."""
    tensors = load_file(path)
    of_rows, of_hems = (
        {name.removeprefix(kind): line for name, line in tensors.items() if name.startswith(kind)}
        for kind in (_ROW, _HEM)
    )
    true = int(tensors["true"])
    return None if true < 0 else (of_rows, of_hems, true, float(tensors["metre"]))


def measure_evidence(view: GarmentView, garments: np.ndarray, camera: Camera, body: BodyModel) -> Evidence | None:
    """What the view shows, with the truth in the photo's camera, H×W rows of GARMENTS; None where it shows no legs."""
    place = leg_rows(view, body)
    if place is None:
        return None
    measured = measure_coat(view, tell_tops(view), *place, body)
    return *measured, _true_rows(view, garments, camera, place[1]), view.pixels(1.0)


def _true_rows(view: GarmentView, garments: np.ndarray, camera: Camera, rows: slice) -> int:
    """How many rows there are from the hips to the last one in which a top lies on the legs."""
    column, row = photo_places(view.camera, camera)[rows].round().long().unbind(-1)
    shown = torch.isfinite(view.near[rows]) & (view.person & ~view.cover)[rows]
    last = [side - 1 for side in garments.shape]
    there = torch.from_numpy(garments)[row.clamp(0, last[0]), column.clamp(0, last[1])]
    outer, upper = ((there == GARMENTS.index(name)) & shown for name in ("outer", "upper"))
    ends = [0]
    for kind, top in (("outer", outer), ("top", outer | upper)):
        covered = top.sum(1) > _COVERED[kind] * shown.sum(1) + 1
        ends += (covered.nonzero()[:, 0] + 1).tolist()
    return max(ends)


def fit_weights(people: list[Evidence]) -> dict[str, float]:
    """The likeliest weights, by name."""
    kinds = [(name, _ROW_SCALE) for name in people[0][0]] + [(name, 1.0) for name in people[0][1]]
    free = torch.zeros(len(kinds), requires_grad=True)
    optimizer = torch.optim.LBFGS([free], max_iter=60, line_search_fn="strong_wolfe")

    def step() -> Tensor:
        optimizer.zero_grad()
        weights = {name: scale * each for (name, scale), each in zip(kinds, free, strict=True)}
        loss = torch.stack([_surprise(each, weights) for each in people]).mean() + _DECAY * free.square().sum()
        loss.backward()
        return loss

    optimizer.step(step)
    return {name: scale * each for (name, scale), each in zip(kinds, free.tolist(), strict=True)}


def _surprise(person: Evidence, weights: dict[str, Tensor]) -> Tensor:
    """Minus the logarithm of the chance of the true hem, or of none."""
    of_rows, of_hems, true, metre = person
    first = round(SHORTEST_M * metre)
    odds = log_odds(of_rows, of_hems, weights)[first:]
    total = torch.cat([torch.zeros(1), odds]).logsumexp(0)
    away = (torch.arange(len(odds)) + first + 1 - true) / (_SPREAD_M * metre)
    return total - (torch.softmax(-away.square() / 2, 0) * odds).sum() * (true >= first)


def judge(person: Evidence, weights: dict[str, float]) -> str:
    """Whether hem and kind are right."""
    of_rows, of_hems, true, metre = person
    end = choose_end(of_rows, of_hems, weights, round(SHORTEST_M * metre))
    if (end is None) != (true < SHORTEST_M * metre):
        return "right" if max(true, end or 0) < 0.11 * metre else "kind"  # so short a coat may be none
    return "right" if end is None or abs(end - true) < _NEAR_M * metre else "hem"


def train_weights(run: Path) -> None:
    """Print how often weights are right on folds that they did not learn from, and those of all.

    Raises:
        InputError: fewer people than folds were gathered.
    """
    found = [read_evidence(path) for path in sorted(run.glob("*.safetensors"))]
    people = [person for person in found if person is not None]
    if len(people) < _FOLDS:
        raise InputError(f"{run} holds what {len(people)} photographs show; run gather first")
    verdicts = []
    for fold in range(_FOLDS):
        weights = fit_weights([each for row, each in enumerate(people) if row % _FOLDS != fold])
        verdicts += [judge(each, weights) for each in people[fold::_FOLDS]]
    print(", ".join(f"{kind}: {verdicts.count(kind)}" for kind in ("right", "kind", "hem")))
    print(", ".join(f'"{name}": {weight:.2f}' for name, weight in fit_weights(people).items()))


def main() -> None:
    """Do what is asked; the exit status is 2 for the caller's mistake."""
    parser = describe_command("workshop.training.coats", __doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    gather = commands.add_parser("gather", help="what photographs show of their people's legs")
    gather.add_argument("--photos", type=Path, required=True, help="folder of labelled photographs")
    for command in (gather, commands.add_parser("train", help="how often folds are right, and the weights")):
        command.add_argument("--out", type=Path, required=True, help="the run's folder, which exists")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with exit_with_message("interrupted; what was gathered is kept"):
        if arguments.command == "gather":
            gather_evidence(arguments.photos, arguments.out)
        else:
            train_weights(arguments.out)


if __name__ == "__main__":
    main()
