"""The picture of the layout in the documentation."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from workshop.layout.regions import CHARTS

_SIZE, _FINER = 1000, 3
_HUES = (105, 15, 40, 75, 130, 150, 20, 5, 60, 90, 160, 170, 0)


def draw(chart: np.ndarray, uv: np.ndarray, faces: np.ndarray, path: Path) -> None:
    """Triangles coloured by chart, the mirror line, and each chart's name on the left and the right."""
    size = _SIZE * _FINER
    image = np.full((size, size, 3), 255, np.uint8)
    hsv = np.array([[(hue, 90, 235) for hue in _HUES]], np.uint8)
    colours = cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)[0].tolist()
    corners = np.round(uv[faces] * size * 16 - 8).astype(np.int32)
    for triangle, n in zip(corners, chart, strict=True):
        cv2.fillConvexPoly(image, triangle, colours[n], cv2.LINE_8, 4)
    cv2.polylines(image, list(corners), True, (120, 120, 120), 2, cv2.LINE_AA, 4)
    for top in range(0, size, 40):
        cv2.line(image, (size // 2, top), (size // 2, top + 20), (40, 40, 40), 2)
    image = cv2.resize(image, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA)
    for n, name in enumerate(CHARTS):
        points = uv[faces[chart == n]].reshape(-1, 2)
        for points_of_side in (points[points[:, 0] < 0.5], points[points[:, 0] > 0.5]):
            _label(image, name.replace("_", " "), (points_of_side.min(0) + points_of_side.max(0)) / 2 * _SIZE)
    Image.fromarray(image[:, :, ::-1]).quantize(32).save(path, optimize=True)


def _label(image: np.ndarray, text: str, centre: np.ndarray) -> None:
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.5, 1)
    place = (int(np.clip(centre[0] - width / 2, 2, _SIZE - width - 2)), int(centre[1] + height / 2))
    cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 4, cv2.LINE_AA)
    cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 1, cv2.LINE_AA)
