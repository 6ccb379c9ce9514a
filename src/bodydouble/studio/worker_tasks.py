"""What the worker does for one order: a double of a photo, or a product of a double."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from bodydouble.body.traits import Traits
from bodydouble.create_config import CreateConfig
from bodydouble.double import Double
from bodydouble.errors import InputError
from bodydouble.export.write import ExportOptions
from bodydouble.pipeline import Pipeline, next_value
from bodydouble.progress import Progress
from bodydouble.studio.edit_tasks import draw_edited, edit_double
from bodydouble.studio.edits import CLOTHES, EDIT, SOURCE, WINDOW
from bodydouble.studio.folder import CREATE, MOTION, uploads_in, write_json
from bodydouble.studio.keeping import MAKING, keep_double, rename_files
from bodydouble.studio.made_up import tint_made_up
from bodydouble.studio.people import list_people
from bodydouble.studio.products import (
    DOUBLE,
    FIT,
    LABELS,
    MADE_UP,
    MOTION_SUFFIXES,
    OVER_PHOTO,
    PEOPLE,
    PERSON,
    PREVIEW,
    PRODUCTS,
    UPLOADED,
    Product,
)
from bodydouble.studio.stage_pictures import StagePictures, write_picture
from bodydouble.values import BodyFit, Person, Photo, PhotoWindow, Understanding


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
            make_product(double, product, motion, folder / product.file, progress)


def config_of(options: dict[str, Any]) -> CreateConfig:
    """What the page's options choose."""
    traits = Traits(height=options.get("height"))
    return CreateConfig(traits=traits, person=options.get("person"), seed=options.get("seed", 0))


def create_double(folder: Path, order: dict[str, Any], progress: Progress, cancel: threading.Event) -> None:
    """Make the double of a folder's uploads, or change one that was made, and beside it what is always made."""
    options, names = order["options"], _shown_names(folder, order["name"])
    pipeline = _pipeline()
    pipeline.config = config_of(options)  # which names the same parts; these are loaded once

    def making(what: str, done: float) -> None:
        progress(what, MAKING * done)

    told: tuple[str, ...] = ()
    with _renamed_errors(names):
        if EDIT in options:
            window, source = _kept_window(options), Double.load(folder / SOURCE)
            told = source.metadata.warnings
            double = edit_double(source, folder, options, pipeline, making, cancel)
            draw_edited(double, folder, window)
        else:
            double, window = _make(folder, pipeline, making, cancel)
    keep_double(double, folder, order, window, names, told, progress)


def make_product(double: Double, product: Product, motion: str | Path | None, path: Path, progress: Progress) -> None:
    """Write a product of a double by its suffix.

    Args:
        motion: a built-in one, a file, or None.
    """
    progress("loading", 0.0)
    if path.suffix != ".mp4":
        double.export(path, motion, ExportOptions(profile=product.profile, vrm=product.vrm))
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


def _make(
    folder: Path, pipeline: Pipeline, progress: Progress, cancel: threading.Event
) -> tuple[Double, PhotoWindow | None]:
    """The double of a folder's uploads, and the part of the photo that was looked at.

    What each stage shows is written as it appears.
    """
    values = pipeline.stages(uploads_in(folder), progress=progress, cancel=cancel)
    photo = next_value(values, Photo)
    pictures = StagePictures(photo)
    write_picture(pictures.draw_photo(), folder / PREVIEW.file)
    person = next_value(values, Person)
    write_picture(pictures.draw_person(person), folder / PERSON.file)
    write_json(list_people(person.warnings, photo), folder / PEOPLE.file)
    write_picture(pictures.draw_labels(next_value(values, Understanding)), folder / LABELS.file)
    for _ in range(2):  # bare, then with clothing
        write_picture(pictures.draw_fit(next_value(values, BodyFit), pipeline.body), folder / FIT.file)
    double = next_value(values, Double)
    write_picture(pictures.draw_double(double), folder / OVER_PHOTO.file)
    return double, photo.window


def _kept_window(options: dict[str, Any]) -> PhotoWindow | None:
    """The part of the photo that the preview of a changed double shows: that of the double before."""
    if (window := options.get(WINDOW)) is None:
        return None
    height, width = window["size"]
    whole_height, whole_width = window["whole"]
    size, whole = (height, width), (whole_height, whole_width)
    return PhotoWindow(left=window["left"], top=window["top"], size=size, whole=whole)


def _shown_names(folder: Path, name: str) -> dict[Path, str]:
    """What each upload is called for people: the first one as its owner calls it."""
    first, *further = uploads_in(folder)
    numbered = {path: f"photo {number}" for number, path in enumerate(further, 2)}
    doubles = {folder / SOURCE: name, folder / CLOTHES: "the other double"}
    return {**numbered, first: name, **doubles}


@contextmanager
def _renamed_errors(names: dict[Path, str]) -> Iterator[None]:
    """Errors in here call files by these names."""
    try:
        yield
    except InputError as error:
        raise InputError(rename_files(str(error), names)) from error


@cache
def _pipeline() -> Pipeline:
    return Pipeline()


@lru_cache(maxsize=1)  # the one that is looked at
def _loaded(path: Path) -> Double:
    return Double.load(path)
