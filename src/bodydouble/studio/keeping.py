"""A double that was made goes into its folder, with what the page always shows of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from bodydouble.double import Double
from bodydouble.progress import Progress
from bodydouble.studio.folder import ABOUT, write_json
from bodydouble.studio.products import AVATAR, DOUBLE, FIRST_MOTION, PICTURE
from bodydouble.studio.stage_pictures import write_picture
from bodydouble.values import PhotoWindow

MAKING = 0.88  # share of the work that comes before; the rest is writing
_PICTURE_SIZE = (512, 384)  # (height, width) of the gallery's picture


def keep_double(
    double: Double,
    folder: Path,
    order: Mapping[str, Any],
    window: PhotoWindow | None,
    names: Mapping[Path, str],
    told: Collection[str],
    progress: Progress,
) -> None:
    """Write everything but the stages' pictures.

    Args:
        order: the worker's; it has the double's name, when it was asked for, and its options.
        window: the part of the photo that the preview shows; None: all of it.
        names: what files are called for people, by their paths.
        told: warnings of the double that this one is changed from, which call files so already.
    """
    progress("saving", MAKING)
    warnings = tuple(
        warning if warning in told else rename_files(warning, names) for warning in double.metadata.warnings
    )
    double = replace(double, metadata=replace(double.metadata, photo_name=order["name"], warnings=warnings))
    write_picture(double.render(size=_PICTURE_SIZE), folder / PICTURE.file)
    progress("saving", MAKING + 0.02)
    double.export(folder / AVATAR.file)
    progress("saving", MAKING + 0.08)
    double.export(folder / FIRST_MOTION.file, FIRST_MOTION.motion)
    about = {
        "name": order["name"],
        "created": order["created"],
        "options": order["options"],
        "notes": double.metadata.notes(),
        "surfaces": [{"name": surface.name, "kind": surface.kind.value} for surface in double.attached],
        "window": window and asdict(window),
    }
    write_json(about, folder / ABOUT)
    double.save(folder / DOUBLE.file)  # last: a folder with this file is whole


def rename_files(text: str, names: Mapping[Path, str]) -> str:
    """A sentence in which files are called as people call them."""
    shown = {key: name for path, name in names.items() for key in (str(path), path.name)}
    if not shown:
        return text
    longest_first = "|".join(map(re.escape, sorted(shown, key=len, reverse=True)))
    return re.sub(rf"(?<![\w.-])(?:{longest_first})(?![\w.-])", lambda found: shown[found[0]], text)
