"""Where each flat chart goes: the left half of the square is packed, the right half is its mirror image.

Shapes are bitmaps. The central charts stand on the mirror line, the others are laid down one after another where
they fit, largest first, in the turn and place that keep the pile lowest; a bisection finds the largest scale at
which all fit, and several orders are tried.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.signal import fftconvolve

from workshop.layout.charts import Chart, flat_area
from workshop.layout.regions import CENTRAL

_CELLS = 512  # bitmap cells along the square's side: one is 2 texels at 1024
_GAP = 3  # cells kept free around a chart, 6 texels at 1024
_TURNS = tuple(range(0, 360, 15))  # degrees
_UPRIGHT = ("arm", "leg")  # charts that are only tilted, so that up on the body is up in the texture
_TILTS = (-30, -15, 0, 15, 30)


@dataclass(frozen=True)
class Placed:
    """A chart in the square: corner coordinates (3M×2) in [0, 1], origin top left, u right, v down."""

    chart: Chart
    uv: np.ndarray


def pack(charts: list[Chart], scales: dict[str, float], tries: int, smallest: float = 0.5) -> list[Placed]:
    """All charts of one side placed in the square, as large as they go.

    Args:
        scales: each chart's size relative to the others.
        tries: orders of the charts tried.
        smallest: the scale to begin with, in sides of the square a metre.
    """
    random = np.random.default_rng(0)
    areas = np.array([scales[c.name] ** 2 * flat_area(c.flat.reshape(-1, 3, 2)) for c in charts])
    best, best_size = None, smallest
    for attempt in range(tries):
        noise = 0 if attempt == 0 else 0.5
        order = np.argsort(-areas * np.exp(noise * random.standard_normal(len(areas))))
        queue = sorted((charts[n] for n in order), key=lambda c: CENTRAL.index(c.name) if c.name in CENTRAL else 9)
        if attempt % 2:
            queue[:2] = queue[1::-1]
        while (placed := _pack_at_scale(queue, scales, best_size * 1.01)) is not None:
            best, best_size = placed, best_size * 1.01
    assert best is not None, "the charts do not fit at the smallest scale"
    return best


def _pack_at_scale(queue: list[Chart], scales: dict[str, float], size: float) -> list[Placed] | None:
    """The charts at this scale (square's sides a metre), or None where one does not fit."""
    width = _CELLS // 2
    free = np.zeros((_CELLS, width), bool)
    free[_GAP // 2 : -(_GAP // 2), _GAP // 2 :] = True
    placed: list[Placed] = []
    top = 0.0
    for chart in queue:
        flat = chart.flat * [1, -1] * scales[chart.name] * size
        if chart.name in CENTRAL:
            uv = flat - [0, flat[:, 1].min()] + [0.5, (_GAP / _CELLS) + top]
            top = uv[:, 1].max()
            if top > 1 - _GAP / _CELLS or uv[:, 0].min() < _GAP / _CELLS:
                return None
        else:
            place = _place(flat, free, _TILTS if chart.name in _UPRIGHT else _TURNS)
            if place is None:
                return None
            uv = place
        free &= ~_dilate(_bitmap(uv, (_CELLS, width)), _GAP)
        if chart.name in CENTRAL and len(placed) == 1:
            free[:, -_GAP // 2 :] = False  # a chart of one side keeps its distance from its twin
        placed.append(Placed(chart, uv))
    return placed


def _place(flat: np.ndarray, free: np.ndarray, turns: tuple[int, ...]) -> np.ndarray | None:
    """The chart turned and moved to where it fits best: lowest on the pile, then outermost."""
    best, best_cost = None, np.inf
    blocked = (~free).astype(np.float32)
    for turn in turns:
        angle = np.deg2rad(turn)
        turned = flat @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        turned = turned - turned.min(0)
        high, wide = np.ceil(turned.max(0)[::-1] * _CELLS).astype(int) + 1
        if high > free.shape[0] or wide > free.shape[1]:
            continue
        shape = _bitmap(turned, (high, wide)).astype(np.float32)
        hits = fftconvolve(blocked, shape[::-1, ::-1], mode="valid")
        rows, columns = np.nonzero(hits < 0.5)
        if len(rows) == 0:
            continue
        cost = (rows + 0.5 * high) * 0.3 + columns + 0.5 * wide
        n = cost.argmin()
        if cost[n] < best_cost:
            best, best_cost = turned + np.array([columns[n], rows[n]]) / _CELLS, cost[n]
    return best


def _bitmap(uv: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Cells that triangles touch."""
    image = np.zeros(size, np.uint8)
    for triangle in np.round(uv.reshape(-1, 3, 2) * _CELLS * 256 - 128).astype(np.int32):
        cv2.fillConvexPoly(image, triangle, 1, cv2.LINE_8, 8)
    return image > 0


def _dilate(image: np.ndarray, cells: int) -> np.ndarray:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * cells + 1,) * 2)
    return cv2.dilate(image.astype(np.uint8), kernel) > 0
