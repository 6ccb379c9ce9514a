"""What a worker does for one photo."""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from bodydouble.batch.settings import config_from
from bodydouble.double import Double
from bodydouble.errors import InputError
from bodydouble.pipeline import Pipeline
from bodydouble.progress import Progress
from bodydouble.render.image import write_png

PICTURE_SIZE = (256, 192)  # (height, width) in pixels, of each of the three
AZIMUTHS = (0.0, 90.0, 180.0)  # degrees: front, side, back


def make_double(
    photo: Path,
    double: Path,
    picture: Path,
    settings: Mapping[str, Any],
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
) -> dict[str, Any]:
    """Write the double of a photo and its picture; what was loaded for the one before serves again.

    Args:
        settings: of `plain_settings`.

    Returns:
        Of `manifest.Record`: `seen_fraction`, `silhouette_iou` and `notes`.

    Raises:
        InputError: the photo or the settings cannot be used.
        Cancelled: `cancel` was set.
    """
    made = _pipeline(json.dumps(settings, sort_keys=True)).create(photo, progress=progress, cancel=cancel)
    write_png(draw_strip(made), picture, made.metadata.provenance())
    made.save(double)  # last: where it is, the picture is
    metadata = made.metadata
    return {
        "seen_fraction": metadata.coverage and round(metadata.coverage.seen_fraction, 4),
        "silhouette_iou": metadata.figures and round(metadata.figures.silhouette_iou, 4),
        "notes": list(metadata.notes()),
    }


def make_from_bytes(name: str, content: bytes, settings: Mapping[str, Any]) -> tuple[bytes, bytes, dict[str, Any]]:
    """The same of a photo's bytes, for machines that share no folder: the double's and the picture's, and the facts.

    Args:
        name: of the photo's file.

    Raises:
        InputError: the photo or the settings cannot be used.
    """
    with tempfile.TemporaryDirectory() as folder:
        photo, double, picture = Path(folder, name), Path(folder, "made", "a.double"), Path(folder, "made", "a.png")
        double.parent.mkdir()
        photo.write_bytes(content)
        try:
            facts = make_double(photo, double, picture, settings)
        except InputError as error:  # which names the photo as it is called here
            raise InputError(str(error).replace(str(photo), name)) from error
        return double.read_bytes(), picture.read_bytes(), facts


def draw_strip(double: Double) -> np.ndarray:
    """H×W×4 uint8: the double from the front, the side and the back."""
    return np.concatenate([double.render(azimuth, size=PICTURE_SIZE) for azimuth in AZIMUTHS], axis=1)


@lru_cache(maxsize=1)
def _pipeline(settings: str) -> Pipeline:
    return Pipeline(config_from(json.loads(settings)))
