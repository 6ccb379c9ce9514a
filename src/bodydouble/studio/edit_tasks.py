"""What the worker does to change a double: a region in another colour or made up anew, or other clothes."""

from __future__ import annotations

import base64
import io
import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from bodydouble.double import Double
from bodydouble.editing.recolour import recolour_region
from bodydouble.editing.renew import renew_region
from bodydouble.editing.wear import wear_clothes
from bodydouble.errors import InputError
from bodydouble.pipeline import Pipeline
from bodydouble.progress import Progress
from bodydouble.studio.edits import CLOTHES, COLOUR, EDIT, LABEL, REGION, SEED, WEAR, parse_colour
from bodydouble.studio.folder import uploads_in
from bodydouble.studio.products import OVER_PHOTO, PREVIEW
from bodydouble.studio.stage_pictures import draw_over_photo, write_picture
from bodydouble.values import PhotoWindow

_LARGEST = 4096  # texels a side of a region
_MOST_SURFACES = 16  # that one region lies on; a double has fewer


def edit_double(
    double: Double,
    folder: Path,
    options: dict[str, Any],
    pipeline: Pipeline,
    progress: Progress,
    cancel: threading.Event,
) -> Double:
    """The double of a folder's SOURCE, changed as the options say.

    Raises:
        InputError: that cannot be done with it.
        Cancelled: `cancel` was set.
    """
    kind = options[EDIT]
    if kind == WEAR:
        progress("dressing", 0.1)
        return wear_clothes(double, Double.load(folder / CLOTHES))
    region = read_region(folder / REGION)
    if kind == COLOUR:
        progress("painting", 0.1)
        return recolour_region(double, region, parse_colour(options[COLOUR]))
    return renew_region(
        double,
        region,
        uploads_in(folder),
        pipeline,
        label=options.get(LABEL) if kind == LABEL else None,
        seed=options[SEED] if kind == SEED else None,
        progress=progress,
        cancel=cancel,
    )


def draw_edited(double: Double, folder: Path, window: PhotoWindow | None) -> None:
    """Lay the changed double over the photo, as the page compares them."""
    with Image.open(folder / PREVIEW.file) as preview:
        size = preview.size[::-1]
    write_picture(draw_over_photo(double, window, size), folder / OVER_PHOTO.file)


def read_region(path: Path) -> dict[str, Tensor]:
    """By a surface's name the region that was painted: M×M, [0, 1]. Raises InputError for what is none."""
    try:
        painted = json.loads(path.read_text(encoding="utf-8"))
        if len(painted) > _MOST_SURFACES:
            raise ValueError("too many surfaces")
        return {str(name): _read_mask(picture) for name, picture in painted.items()}
    except (OSError, ValueError, AttributeError, TypeError, RecursionError, Image.DecompressionBombError) as error:
        raise InputError("what was painted cannot be read; paint it again") from error


def _read_mask(picture: str) -> Tensor:
    """M×M, [0, 1], of a PNG in base64. Raises ValueError, or OSError for no image."""
    with Image.open(io.BytesIO(base64.b64decode(picture, validate=True)), formats=["PNG"]) as image:
        if image.width != image.height or image.width > _LARGEST:
            raise ValueError("not a square, or too large")
        return torch.from_numpy(np.asarray(image.convert("L"), dtype=np.float32) / 255)
