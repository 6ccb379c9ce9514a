"""What becomes of real photographs.

A line for every photo: overlap with the person's mask before and after clothing, landmark errors in percent of the
person's height, likeness of the drawn double to the photo from its own camera, seconds, and a mean below. With --out,
a sheet for each photo: the photo, the double from its camera, from the front, ±60°, the sides, the back, and at rest.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
from PIL import Image

import bodydouble
from bodydouble.body import BodyModel, body_model
from bodydouble.create_config import CreateConfig
from bodydouble.errors import InputError
from bodydouble.person import detector
from bodydouble.person.photo import read_photo
from workshop.evaluation.benchmarks.likeness import likeness
from workshop.evaluation.benchmarks.table import Table
from workshop.pictures import add_photo_arguments, join_in_a_row, lay_on_background, list_photos

_SHEET_PX = 640  # height of a sheet
_ROOM_PX = 20  # around the person, in a sheet
_BACKGROUND = (235, 235, 235)
_AZIMUTHS_DEG = (0, 60, 90, 180, -90, -60)
_COLUMNS = ("IoU bare", "IoU", "body %", "face %", "PSNR mask", "PSNR both", "seconds")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `Benchmark`."""
    add_photo_arguments(parser)
    parser.add_argument("--out", type=Path, help="folder for sheets; pictures of people: mind where you put it")


def run(options: argparse.Namespace) -> None:
    """See `Benchmark`."""
    names = list_photos(options)
    if options.out is not None and not options.out.is_dir():
        raise InputError(f"there is no folder {options.out}; create it first")
    body, table = body_model(), Table(dict.fromkeys(_COLUMNS, 3))
    for name in names:
        try:
            double, figures = _measure(options.photos / name, body)
        except InputError as error:
            table.note(name, str(error))
            continue
        table.add(name, *figures)
        if options.out:
            double.save(options.out / f"{name}.double")
            _sheet(double, options.photos / name).save(options.out / f"{name}.sheet.png")
    table.add_mean()


def _measure(path: Path, body: BodyModel) -> tuple[bodydouble.Double, tuple[float | None, ...]]:
    """The double of a photo, and its figures in the order of `_COLUMNS`."""
    start = time.perf_counter()
    double = bodydouble.create(path, config=CreateConfig(body=body))
    seconds = time.perf_counter() - start
    photo, figures = read_photo(path), double.metadata.figures
    drawn = torch.from_numpy(double.render(view="photo")).permute(2, 0, 1) / 255
    assert figures is not None, "of a double that was just made"
    alike = likeness(drawn, photo.rgb, detector()(photo).mask)
    return double, (
        figures.silhouette_iou_bare,
        figures.silhouette_iou,
        _percent(figures.body_landmark_error),
        _percent(figures.face_landmark_error),
        alike.psnr_mask,
        alike.psnr_both,
        seconds,
    )


def _percent(fraction: float | None) -> float | None:
    return None if fraction is None else 100 * fraction


def _sheet(double: bodydouble.Double, path: Path) -> Image.Image:
    """The photo and the double side by side."""
    own_view = double.render(view="photo")
    rows, columns = own_view[..., 3].nonzero()
    box = (columns.min() - _ROOM_PX, rows.min() - _ROOM_PX, columns.max() + _ROOM_PX, rows.max() + _ROOM_PX)
    photo = Image.fromarray((read_photo(path).rgb.permute(1, 2, 0) * 255).byte().numpy()).crop(box)
    pictures = [photo, Image.fromarray(own_view).crop(box)]
    size = (_SHEET_PX, _SHEET_PX * 2 // 3)
    pictures += [Image.fromarray(double.render(azimuth=azimuth, size=size)) for azimuth in _AZIMUTHS_DEG]
    pictures.append(Image.fromarray(double.render(azimuth=150, size=size, pose="rest")))
    return join_in_a_row([_at_height(lay_on_background(picture, _BACKGROUND)) for picture in pictures])


def _at_height(picture: Image.Image) -> Image.Image:
    """At the sheet's height."""
    return picture.resize((max(1, picture.width * _SHEET_PX // picture.height), _SHEET_PX))
