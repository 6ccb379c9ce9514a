"""What the worker does for one order: a double of a photo, or a product of a double."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from PIL import Image

from bodydouble.body.traits import Traits
from bodydouble.create_config import CreateConfig
from bodydouble.double import Double
from bodydouble.errors import InputError
from bodydouble.files import whole_file
from bodydouble.geometry.window import photo_pixels
from bodydouble.pipeline import Pipeline, StageValue
from bodydouble.progress import Progress
from bodydouble.studio.folder import ABOUT, CREATE, UPLOAD
from bodydouble.studio.products import DOUBLE, FIRST_SHOWN, PICTURE, PREVIEW, PRODUCTS, Product
from bodydouble.values import Photo

_PREVIEW_PX = 1600  # longer side of the photo as the page shows it
_PICTURE_SIZE = (512, 384)  # (height, width) of the gallery's picture
_CREATING = 0.92  # share of the work that the pipeline does; the rest is writing
_KNOWN = ("height",)  # options of CREATE


def run_task(order: dict[str, Any], progress: Progress, cancel: threading.Event) -> None:
    """Carry out one order of `worker`. Raises InputError and Cancelled."""
    folder = Path(order["folder"])
    if order["makes"] == CREATE:
        create_double(folder, order["name"], order["created"], config_of(order["options"]), progress, cancel)
    else:
        product = PRODUCTS[order["makes"]]
        make_product(_loaded(folder / DOUBLE.file), product, folder / product.file, progress)


def config_of(options: dict[str, Any]) -> CreateConfig:
    """What the page's options choose."""
    return CreateConfig(traits=Traits(**{name: options[name] for name in _KNOWN if name in options}))


def create_double(
    folder: Path, name: str, created: float, config: CreateConfig, progress: Progress, cancel: threading.Event
) -> None:
    """Make the double of `folder`'s upload, and beside it what is always made.

    Args:
        name: of the photo, as its owner calls it.
        created: seconds since 1970.
    """
    for value in _stages(folder / UPLOAD, name, config, lambda what, done: progress(what, _CREATING * done), cancel):
        if isinstance(value, Photo):
            _write_preview(value, folder / PREVIEW.file)
        if isinstance(value, Double):
            double = replace(value, metadata=replace(value.metadata, photo_name=name))
    progress("saving", _CREATING)
    picture = Image.fromarray(double.render(size=_PICTURE_SIZE))
    with whole_file(folder / PICTURE.file) as temporary:
        picture.save(temporary)
    progress("saving", _CREATING + 0.02)
    double.export(folder / FIRST_SHOWN.file, FIRST_SHOWN.motion)
    progress("saving", _CREATING + 0.06)
    about = {
        "name": name,
        "created": created,
        "notes": double.metadata.notes(),
        "surfaces": [{"name": surface.name, "kind": surface.kind.value} for surface in double.attached],
    }
    with whole_file(folder / ABOUT) as temporary:
        temporary.write_text(json.dumps(about), encoding="utf-8")
    double.save(folder / DOUBLE.file)  # last: a folder with this file is whole


def make_product(double: Double, product: Product, path: Path, progress: Progress) -> None:
    """Write a product of a double by its suffix."""
    progress("loading", 0.0)
    if path.suffix != ".mp4":
        double.export(path, product.motion)
    elif product.motion is None:
        double.turntable(path, progress=progress)
    else:
        double.animate(product.motion, path, progress=progress)


def _stages(
    upload: Path, name: str, config: CreateConfig, progress: Progress, cancel: threading.Event
) -> Iterator[StageValue]:
    """The pipeline's values, with errors that call the photo by its owner's name."""
    pipeline = _pipeline()
    pipeline.config = config  # which names the same parts; these are loaded once
    try:
        yield from pipeline.stages(upload, progress=progress, cancel=cancel)
    except InputError as error:
        raise InputError(str(error).replace(str(upload), name).replace(upload.name, name)) from error


@cache
def _pipeline() -> Pipeline:
    return Pipeline()


@lru_cache(maxsize=1)  # the one that is looked at
def _loaded(path: Path) -> Double:
    return Double.load(path)


def _write_preview(photo: Photo, path: Path) -> None:
    picture = Image.fromarray(photo_pixels(photo))
    picture.thumbnail((_PREVIEW_PX, _PREVIEW_PX))
    with whole_file(path) as temporary:
        picture.save(temporary, quality=88)
