"""How the report's columns are called and told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# What a measure is called, how many digits it is told with, and whether more or less of it is better.
_MEASURES = {
    "psnr": ("PSNR", 2, 1),
    "person_psnr": ("PSNR of the person", 2, 1),
    "ssim": ("SSIM", 4, 1),
    "ms_ssim": ("MS-SSIM", 4, 1),
    "iou": ("IoU", 3, 1),
    "face_psnr": ("PSNR of the face", 2, 1),
    "lpips": ("LPIPS", 4, -1),
    "dists": ("DISTS", 4, -1),
    "reid": ("ReID", 4, -1),
    "kid": ("KID", 4, -1),
    "fid": ("FID", 2, -1),
    "clip": ("CLIP", 4, 1),
    "judge": ("own discriminator features", 4, -1),
    "detected": ("detected", 2, 1),
    "vertex_mm": ("vertices, mm", 1, -1),
    "joint_mm": ("joints, mm", 1, -1),
    "vertex_mm_procrustes": ("vertices after Procrustes, mm", 1, -1),
    "joint_mm_procrustes": ("joints after Procrustes, mm", 1, -1),
    "height_mm": ("height, mm", 1, 0),
    "flicker": ("flicker, 1/255", 3, -1),
}
_LONGEST_FIRST = sorted(_MEASURES, key=len, reverse=True)


def measure_of(column: str) -> tuple[str, int, int]:
    """Name, digits and direction (1: more is better, -1: less, 0: nearer to 0) of a column's measure."""
    return _MEASURES[next(name for name in _LONGEST_FIRST if re.search(rf"(^|_){name}$", column))]


def heading(column: str) -> str:
    """The column's title, with the view it is of and an arrow to where it is better."""
    title, _, direction = measure_of(column)
    prefix = next((view for view in ("front", "back") if column.startswith(f"{view}_")), "")
    return f"{prefix} {title}{' ↑' if direction > 0 else ' ↓' if direction < 0 else ''}".strip()


def has_value(figure: Any) -> bool:
    """Whether a figure of the report is a number, and no reason why there is none."""
    return isinstance(figure, dict) and "mean" in figure


def measured_rows(table: Mapping[str, Any]) -> dict[str, Any]:
    """The rows of a table that have numbers."""
    return {row: figures for row, figures in table.items() if row != "missing" and "missing" not in figures}


def measured_columns(table: Mapping[str, Any]) -> list[str]:
    """The columns in which some row has a number."""
    rows = measured_rows(table).values()
    return list(dict.fromkeys(column for row in rows for column, figure in row.items() if has_value(figure)))


def reasons(table: Mapping[str, Any]) -> list[str]:
    """A line for each row or column that has no numbers: why."""
    columns: dict[str, list[str]] = {}
    for figures in measured_rows(table).values():
        for column, figure in figures.items():
            if isinstance(figure, dict) and "missing" in figure:
                names = columns.setdefault(figure["missing"], [])
                if heading(column) not in names:
                    names.append(heading(column))
    rows = [f"{row}: {f['missing']}" for row, f in table.items() if isinstance(f, dict) and "missing" in f]
    return [f"{', '.join(names)}: {reason}" for reason, names in columns.items()] + rows
