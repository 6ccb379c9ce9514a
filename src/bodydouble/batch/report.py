"""What a run leaves for people to look at: pictures of all doubles, and a table of what became of each photo."""

from __future__ import annotations

import csv
import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bodydouble.batch.making import AZIMUTHS, PICTURE_SIZE
from bodydouble.batch.manifest import Record, State
from bodydouble.batch.orders import PICTURES
from bodydouble.files import printable, whole_file
from bodydouble.metadata import describe_provenance
from bodydouble.render.image import write_png

TABLE, SHEET = "doubles.csv", "sheet.png"
_COLUMNS = ("photo", "double", "state", "seconds", "seen_fraction", "silhouette_iou", "error", "notes")
_ACROSS, _DOWN = 3, 16  # doubles on a sheet
_CELL = (PICTURE_SIZE[0] + 20, PICTURE_SIZE[1] * len(AZIMUTHS))  # (height, width) in pixels; below, a line of text
_LETTERS = 60  # of a line in a cell
_GREY, _DARK = (240, 240, 240), (60, 60, 60)


def write_table(records: Sequence[Record], path: Path) -> None:
    """Write a CSV in UTF-8, a row for each photo; notes stand behind each other."""
    with whole_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(_COLUMNS)
        for record in records:
            values = [getattr(record, name) for name in _COLUMNS[:-1]]
            cells = ["" if value is None else printable(str(value)) for value in (*values, "; ".join(record.notes))]
            rows.writerow(cells)


def write_sheets(records: Sequence[Record], path: Path) -> list[Path]:
    """Write every double from the front, the side and the back, and in the place of a missing one why it is missing.

    Args:
        path: of the first sheet, in the folder of the doubles; where there are more, they are NAME-2.png and so on.
    """
    written: list[Path] = []
    for first in range(0, len(records), _ACROSS * _DOWN):
        sheet = path if not written else path.with_stem(f"{path.stem}-{len(written) + 1}")
        picture = _draw_sheet(records[first : first + _ACROSS * _DOWN], path.parent / PICTURES)
        write_png(picture, sheet, describe_provenance())
        written.append(sheet)
    return written


def _draw_sheet(records: Sequence[Record], pictures: Path) -> np.ndarray:
    """H×W×3 uint8."""
    height, width = _CELL
    across = min(_ACROSS, len(records))
    sheet = Image.new("RGB", (across * width, -(-len(records) // across) * height), _GREY)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for number, record in enumerate(records):
        x, y = number % across * width, number // across * height
        name = printable(Path(record.photo).name)
        draw.text((x + 4, y + PICTURE_SIZE[0] + 2), textwrap.shorten(name, _LETTERS), _DARK, font)
        if record.state == State.done:
            with Image.open((pictures / record.double).with_suffix(".png")) as strip:
                sheet.paste(strip, (x, y), strip)
        else:
            draw.text((x + 4, y + 4), "\n".join(textwrap.wrap(record.error, _LETTERS)), _DARK, font)
    return np.asarray(sheet)
