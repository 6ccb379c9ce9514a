"""What the worker does for one order: a double of a photo, or a product of a double."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from bodydouble.body.traits import Traits
from bodydouble.create_config import CreateConfig
from bodydouble.double import Double
from bodydouble.errors import InputError
from bodydouble.files import whole_file
from bodydouble.pipeline import Pipeline, next_value
from bodydouble.progress import Progress
from bodydouble.studio.folder import ABOUT, CREATE, MOTION, uploads_in
from bodydouble.studio.made_up import tint_made_up
from bodydouble.studio.products import (
    DOUBLE,
    FIRST_SHOWN,
    FIT,
    MADE_UP,
    MOTION_SUFFIXES,
    OVER_PHOTO,
    PERSON,
    PICTURE,
    PREVIEW,
    PRODUCTS,
    UPLOADED,
)
from bodydouble.studio.stage_pictures import StagePictures, write_picture
from bodydouble.values import BodyFit, Person, Photo

_PICTURE_SIZE = (512, 384)  # (height, width) of the gallery's picture
_CREATING = 0.92  # share of the work that the pipeline does; the rest is writing


def run_task(order: dict[str, Any], progress: Progress, cancel: threading.Event) -> None:
    """Carry out one order of `worker`. Raises InputError and Cancelled."""
    folder = Path(order["folder"])
    if order["makes"] == CREATE:
        create_double(folder, order, progress, cancel)
    else:
        product = PRODUCTS[order["makes"]]
        motion = _dropped_motion(folder) if product.motion == UPLOADED else product.motion
        double = _loaded(folder / DOUBLE.file)
        if product == MADE_UP:
            double = tint_made_up(double)
        with _renamed_errors({motion: order["name"]} if isinstance(motion, Path) else {}):
            make_product(double, motion, folder / product.file, progress)


def config_of(options: dict[str, Any]) -> CreateConfig:
    """What the page's options choose."""
    return CreateConfig(traits=Traits(height=options.get("height")), person=options.get("person"))


def create_double(folder: Path, order: dict[str, Any], progress: Progress, cancel: threading.Event) -> None:
    """Make the double of a folder's uploads, and beside it what is always made."""
    config, names = config_of(order["options"]), _shown_names(folder, order["name"])
    with _renamed_errors(names):
        double = _make(folder, config, lambda what, done: progress(what, _CREATING * done), cancel)
    warnings = tuple(_rename(warning, names) for warning in double.metadata.warnings)
    double = replace(double, metadata=replace(double.metadata, photo_name=order["name"], warnings=warnings))
    progress("saving", _CREATING)
    write_picture(double.render(size=_PICTURE_SIZE), folder / PICTURE.file)
    progress("saving", _CREATING + 0.02)
    double.export(folder / FIRST_SHOWN.file, FIRST_SHOWN.motion)
    progress("saving", _CREATING + 0.06)
    about = {
        "name": order["name"],
        "created": order["created"],
        "options": order["options"],
        "notes": double.metadata.notes(),
        "surfaces": [{"name": surface.name, "kind": surface.kind.value} for surface in double.attached],
    }
    with whole_file(folder / ABOUT) as temporary:
        temporary.write_text(json.dumps(about), encoding="utf-8")
    double.save(folder / DOUBLE.file)  # last: a folder with this file is whole


def make_product(double: Double, motion: str | Path | None, path: Path, progress: Progress) -> None:
    """Write a product of a double by its suffix.

    Args:
        motion: a built-in one, a file, or None.
    """
    progress("loading", 0.0)
    if path.suffix != ".mp4":
        double.export(path, motion)
    elif motion is None:
        double.turntable(path, progress=progress)
    else:
        double.animate(motion, path, progress=progress)


def _dropped_motion(folder: Path) -> Path:
    """The motion file that was dropped on a double. Raises InputError."""
    for path in (folder / f"{MOTION}{suffix}" for suffix in MOTION_SUFFIXES):
        if path.is_file():
            return path
    raise InputError("no motion was dropped on this double; drop one first")


def _make(folder: Path, config: CreateConfig, progress: Progress, cancel: threading.Event) -> Double:
    """The double of a folder's uploads; what each stage shows is written as it appears."""
    pipeline = _pipeline()
    pipeline.config = config  # which names the same parts; these are loaded once
    values = pipeline.stages(uploads_in(folder), progress=progress, cancel=cancel)
    pictures = StagePictures(next_value(values, Photo))
    write_picture(pictures.draw_photo(), folder / PREVIEW.file)
    write_picture(pictures.draw_person(next_value(values, Person)), folder / PERSON.file)
    write_picture(pictures.draw_fit(next_value(values, BodyFit), pipeline.body), folder / FIT.file)
    fit = next_value(values, BodyFit)  # now with clothing
    write_picture(pictures.draw_fit(fit, pipeline.body), folder / FIT.file)
    double = next_value(values, Double)
    write_picture(pictures.draw_double(double, fit), folder / OVER_PHOTO.file)
    return double


def _shown_names(folder: Path, name: str) -> dict[Path, str]:
    """What each upload is called for people: the first one as its owner calls it. Longer names of files come first."""
    first, *further = uploads_in(folder)
    numbered = {path: f"photo {number}" for number, path in enumerate(further, 2)}
    return {**dict(reversed(numbered.items())), first: name}


def _rename(text: str, names: dict[Path, str]) -> str:
    for path, name in names.items():
        text = text.replace(str(path), name).replace(path.name, name)
    return text


@contextmanager
def _renamed_errors(names: dict[Path, str]) -> Iterator[None]:
    """Errors in here call files by these names."""
    try:
        yield
    except InputError as error:
        raise InputError(_rename(str(error), names)) from error


@cache
def _pipeline() -> Pipeline:
    return Pipeline()


@lru_cache(maxsize=1)  # the one that is looked at
def _loaded(path: Path) -> Double:
    return Double.load(path)
