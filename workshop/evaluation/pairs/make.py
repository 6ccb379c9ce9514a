"""Blind pairs of doubles as pictures: which method is on the left is drawn by lot and told in key.json alone."""

from __future__ import annotations

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
from bodydouble.create_config import CreateConfig
from bodydouble.double import Double
from bodydouble.errors import InputError
from bodydouble.files import whole_file
from bodydouble.person import detector
from bodydouble.person.photo import read_photo
from bodydouble.pipeline import create
from bodydouble.weights import WeightsFile
from workshop.evaluation.cases import Case
from workshop.evaluation.config import networks_file
from workshop.evaluation.methods.painted import PaintedDouble
from workshop.evaluation.methods.rows import check_rows, method

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
    header = {"first": config.first, "second": config.second, "seed": config.seed}
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
            temporary.write_text(json.dumps({**header, "weights": files, "pairs": pairs}, indent=1), encoding="utf-8")
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
    result = []
    for row in rows:
        drawn = method(row, networks)(case)
        if not isinstance(drawn, PaintedDouble):
            raise InputError(f"the row {row!r} makes no double that can be seen from all sides; choose another")
        result.append(replace(base, texture=drawn.texture, renderer=drawn.renderer))
    return result


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
    rgb = photo.rgb if photo.alpha is None else torch.lerp(torch.tensor(_BACKGROUND / 255), photo.rgb, photo.alpha)
    crop = rgb[:, top : int(rows.max()) + room, left : int(columns.max()) + room]
    picture = Image.fromarray((crop.permute(1, 2, 0) * 255).round().byte().numpy())
    width = max(1, round(picture.width * _SIZE[0] / picture.height))
    return np.asarray(picture.resize((width, _SIZE[0]), Image.Resampling.LANCZOS))


def _photos(config: PairsConfig) -> list[Path]:
    if not config.photos.is_dir():
        raise InputError(f"there is no folder {config.photos}; give the folder with the photos")
    paths = {path.name: path for path in sorted(config.photos.iterdir()) if path.suffix.lower() in _SUFFIXES}
    unknown = [name for name in config.names if name not in paths]
    if unknown or not paths:
        missing = f"no {unknown[0]}" if unknown else "no photo"
        raise InputError(f"there is {missing} in {config.photos}; its photos end in {', '.join(_SUFFIXES)}")
    return [paths[name] for name in config.names or paths]
