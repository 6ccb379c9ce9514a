"""Blind pairs: the same person as two methods complete them, side by side, without a word about which is which.

    python -m workshop.evaluation.pairs --first latent --second symmetry --weights FILE --photos DIR --out DIR --seed 1
    python -m workshop.evaluation.pairs --out DIR --verdicts verdicts.json

Each pair is one picture: one double from behind and from both sides, the photo, the other double. Which of them is on
the left is drawn by lot and kept in key.json; look at that file after judging. They are pictures of people: mind where
they are put.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from bodydouble.body import BodyModel, body_model
from bodydouble.double import Double
from bodydouble.errors import InputError
from bodydouble.files import whole_file
from bodydouble.person import detector
from bodydouble.person.photo import read_photo
from bodydouble.pipeline import CreateConfig, create
from bodydouble.weights import WeightsFile
from workshop.commands import told_in_a_line
from workshop.evaluation.cases import Case
from workshop.evaluation.methods import PaintedDouble, check_rows, method
from workshop.evaluation.run import networks_file
from workshop.evaluation.verdicts import count_verdicts, read_key, read_object

AZIMUTHS_DEG = (180.0, 120.0, -120.0)
_SIZE = (512, 384)  # pixels of one view
_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
_BACKGROUND, _GAP_PX = 235, 24
_AROUND = 0.06  # share of the person's height that is shown around them in the photo


@dataclass(frozen=True, kw_only=True)
class PairsConfig:
    """What is paired."""

    first: str  # rows, as the benchmark names them
    second: str
    photos: Path
    out: Path
    seed: int = 0
    weights: str | Path | None = None
    names: tuple[str, ...] = ()  # of photos; all of the folder where none are given


def make_pairs(config: PairsConfig) -> None:
    """Write `pair-01.png`, … and `key.json`; photos without a person are left out and told.

    Raises:
        InputError: there is no such method, folder or photo.
    """
    networks = networks_file(config.weights)
    if config.first == config.second:
        raise InputError(f"both methods are {config.first}; name two")
    check_rows((config.first, config.second), networks)
    paths = _photos(config)
    if not config.out.is_dir():
        raise InputError(f"there is no folder {config.out}; create it first")
    body, pairs = body_model(), {}
    told = {"first": config.first, "second": config.second, "seed": config.seed}
    files = {} if networks is None else {networks.path.name: networks.sha256}
    for number, (path, swapped) in enumerate(zip(paths, sides(len(paths), config.seed), strict=True), start=1):
        rows = (config.second, config.first) if swapped else (config.first, config.second)
        try:
            picture = _pair(path, rows, body, networks)
        except InputError as error:
            print(f"{path.name}: {error}", file=sys.stderr, flush=True)
            continue
        name = f"pair-{number:02d}"
        with whole_file(config.out / f"{name}.png") as temporary:
            Image.fromarray(picture).save(temporary)
        pairs[name] = {"photo": path.name, "left": rows[0], "right": rows[1]}
        with whole_file(config.out / "key.json") as temporary:
            temporary.write_text(json.dumps({**told, "weights": files, "pairs": pairs}, indent=1), encoding="utf-8")
        print(f"{name}: {path.name}", file=sys.stderr, flush=True)
    if not pairs:
        raise InputError(f"none of the {len(paths)} photos gave a pair")


def sides(count: int, seed: int) -> list[bool]:
    """Of each pair, whether the first method is on the right: half of them, by lot."""
    swapped = [number % 2 == 1 for number in range(count)]
    random.Random(seed).shuffle(swapped)
    return swapped


def doubles(path: Path, rows: Sequence[str], body: BodyModel, networks: WeightsFile | None) -> list[Double]:
    """The double of a photo by each row's method, as `create` would make it; they share the body's fit.

    Raises:
        InputError: the photo cannot be used, or a row's method makes no double.
    """
    base = create(path, config=CreateConfig(body=body))
    photo = read_photo(path)
    case = Case(photo=photo, person=detector()(photo), fit=base.fit, body=body, azimuth_deg=0.0)
    made = []
    for row in rows:
        drawn = method(row, networks)(case)
        if not isinstance(drawn, PaintedDouble):
            raise InputError(f"the row {row!r} makes no double that can be seen from all sides; choose another")
        made.append(replace(base, texture=drawn.texture, renderer=getattr(drawn, "renderer", None)))
    return made


def _pair(path: Path, rows: Sequence[str], body: BodyModel, networks: WeightsFile | None) -> np.ndarray:
    """H×W×3 uint8: left double, photo, right double."""
    left, right = (_views(double) for double in doubles(path, rows, body, networks))
    gap = np.full((_SIZE[0], _GAP_PX, 3), 255, np.uint8)
    return np.concatenate([left, gap, _person(path), gap, right], axis=1)


def _views(double: Double) -> np.ndarray:
    """The back and the sides, next to each other."""
    views = [double.render(azimuth=azimuth, size=_SIZE) for azimuth in AZIMUTHS_DEG]
    return np.concatenate([_opaque(view) for view in views], axis=1)


def _opaque(rgba: np.ndarray) -> np.ndarray:
    alpha = rgba[..., 3:] / 255
    return (rgba[..., :3] * alpha + _BACKGROUND * (1 - alpha)).round().astype(np.uint8)


def _person(path: Path) -> np.ndarray:
    """The photo around the person, as high as the doubles."""
    photo = read_photo(path)
    rows, columns = (detector()(photo).mask > 0.5).nonzero(as_tuple=True)
    room = int(_AROUND * float(rows.max() - rows.min()))
    top, left = max(0, int(rows.min()) - room), max(0, int(columns.min()) - room)
    whole = photo.rgb if photo.alpha is None else torch.lerp(torch.tensor(_BACKGROUND / 255), photo.rgb, photo.alpha)
    part = whole[:, top : int(rows.max()) + room, left : int(columns.max()) + room]
    picture = Image.fromarray((part.permute(1, 2, 0) * 255).round().byte().numpy())
    width = max(1, round(picture.width * _SIZE[0] / picture.height))
    return np.asarray(picture.resize((width, _SIZE[0]), Image.Resampling.LANCZOS))


def _photos(config: PairsConfig) -> list[Path]:
    if not config.photos.is_dir():
        raise InputError(f"there is no folder {config.photos}; give the folder with the photos")
    found = {path.name: path for path in sorted(config.photos.iterdir()) if path.suffix.lower() in _SUFFIXES}
    unknown = [name for name in config.names if name not in found]
    if unknown or not found:
        what = f"no {unknown[0]}" if unknown else "no photo"
        raise InputError(f"there is {what} in {config.photos}; its photos end in {', '.join(_SUFFIXES)}")
    return [found[name] for name in config.names or found]


def _configured(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m workshop.evaluation.pairs",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the pairs")
    parser.add_argument("--verdicts", type=Path, metavar="FILE", help="count these instead of making pairs")
    parser.add_argument("--first", metavar="ROW", help="a row of the benchmark")
    parser.add_argument("--second", metavar="ROW", help="another")
    parser.add_argument("--photos", type=Path, metavar="DIR")
    parser.add_argument("--names", nargs="+", default=[], metavar="NAME", help="only these photos of the folder")
    parser.add_argument("--seed", type=int, default=0, help="of the lot")
    parser.add_argument("--weights", metavar="FILE", help="networks, for rows that they paint")
    options = parser.parse_args(arguments)
    if options.verdicts is None and None in (options.first, options.second, options.photos):
        parser.error("--first, --second and --photos are needed to make pairs; --verdicts counts what was said of them")
    return options


def main(arguments: list[str] | None = None) -> None:
    """Make pairs or count verdicts; 0 on success, 2 for the caller's mistake."""
    torch.set_num_threads(1)
    options = _configured(arguments)
    with told_in_a_line():
        if options.verdicts is not None:
            key = read_key(options.out / "key.json")
            print(count_verdicts(key, read_object(options.verdicts)).text())
            return
        make_pairs(
            PairsConfig(
                first=options.first,
                second=options.second,
                photos=options.photos,
                out=options.out,
                seed=options.seed,
                weights=options.weights,
                names=tuple(options.names),
            )
        )


if __name__ == "__main__":
    main()
