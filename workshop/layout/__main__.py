"""Compute Anny's texture layout: python -m workshop.layout (half a minute; writes the data file and the picture)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from bodydouble.files import whole_file
from workshop.layout.charts import flat_charts
from workshop.layout.draw import draw
from workshop.layout.flatten import corner_classes
from workshop.layout.measure import report
from workshop.layout.pack import Placed, pack
from workshop.layout.regions import CHARTS, charts_of_faces, seams
from workshop.layout.surface import LayoutMesh, anny_surface

_ROOT = Path(__file__).parents[2]
_DATA = _ROOT / "src" / "bodydouble" / "data" / "anny_layout.safetensors"
_PICTURE = _ROOT / "docs" / "layout.png"
_SCALES = dict.fromkeys(CHARTS, 1.0) | {
    "head": 1.7,
    "palm": 1.15,
    "hand_back": 1.15,
    "mouth": 0.8,
    "foot": 1.1,
    "sole": 1.1,
}
_SCALES |= {"eyeball_front": 1.7, "eye_socket": 1.3}
_STEPS = 1 << 22  # coordinates are multiples of 1 / _STEPS, so that u and 1 - u are both exact in float32


def main() -> None:
    """Cut, flatten, pack, save, measure, draw."""
    surface = anny_surface()
    chart = charts_of_faces(surface)
    classes = corner_classes(surface, chart, seams(surface, chart))
    placed = pack(flat_charts(surface, chart, classes), _SCALES, tries=16)
    uv, faces = assemble(surface, classes, placed)
    with whole_file(_DATA) as path:
        save_file({"uv": uv, "faces": faces}, path, metadata={"mirrored": "true", "body_model": "anny"})
    report(surface, chart, uv, faces)
    draw(chart, uv, faces, _PICTURE)


def assemble(surface: LayoutMesh, classes: np.ndarray, placed: list[Placed]) -> tuple[np.ndarray, np.ndarray]:
    """uv (T×2 float32) and faces (F×3 int32) of both sides; the right side is exactly the left one's mirror image."""
    uv = np.full((classes.max() + 1, 2), np.nan)
    left = surface.centres[:, 0] > 0
    for piece in placed:
        corners = piece.chart.corners
        on_left = left[corners // 3]
        rounded = np.round(piece.uv[on_left] * _STEPS) / _STEPS
        uv[classes[surface.mirror_corners[corners[on_left]]]] = rounded * [-1, 1] + [1, 0]
        uv[classes[corners[on_left]]] = rounded
    assert np.isfinite(uv).all()
    return uv.astype(np.float32), classes.reshape(-1, 3).astype(np.int32)


if __name__ == "__main__":
    main()
