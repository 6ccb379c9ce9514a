"""Every chart of the layout as a flat piece: the central ones symmetric, the others from the body's left side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workshop.layout.flatten import boundary_loops, flatten
from workshop.layout.regions import CENTRAL, CHARTS
from workshop.layout.surface import Surface

_ITERATIONS = 150


@dataclass(frozen=True)
class Chart:
    """A flat piece in metres, y up, seen from outside; a central one is symmetric about x = 0."""

    name: str
    corners: np.ndarray  # (3M,), 3 × face + position, of the faces in this chart (a side chart's: on the left)
    flat: np.ndarray  # 3M×2


def flat_charts(surface: Surface, chart_of_face: np.ndarray, classes: np.ndarray) -> list[Chart]:
    """All charts, largest first within `CHARTS`' order of names."""
    charts = []
    for n, name in enumerate(CHARTS):
        inside = chart_of_face == n
        if name not in CENTRAL:
            inside &= surface.centres[:, 0] > 0
        faces = np.flatnonzero(inside)
        corners = (3 * faces[:, None] + np.arange(3)).ravel()
        points, first, local = np.unique(classes[corners], return_index=True, return_inverse=True)
        vertices = surface.vertices[surface.faces.ravel()[corners[first]]]
        triangles = local.reshape(-1, 3)
        if name in CENTRAL:
            twin = np.searchsorted(points, classes[surface.mirror_corners[corners[first]]])
            flat = _symmetric(vertices, triangles, twin)
        else:
            flat = flatten(vertices, triangles, None, _ITERATIONS)
            flat = _upright(flat, vertices[:, 1])
        charts.append(Chart(name, corners, flat[local]))
    return charts


def _symmetric(vertices: np.ndarray, faces: np.ndarray, twin: np.ndarray) -> np.ndarray:
    """A flat chart with flat[twin] == flat * (-1, 1): solved from a symmetric start, its rounding then averaged out."""
    outer = max(boundary_loops(faces), key=len)
    on_axis = outer[twin[outer] == outer]
    flat = flatten(vertices, faces, int(on_axis[0]), _ITERATIONS)
    flat = flat - [flat[:, 0].mean(), 0]
    print("   asymmetry", np.abs(flat - flat[twin] * [-1, 1]).max())
    flat = (flat + flat[twin] * [-1, 1]) / 2
    return flat if np.cov(flat[:, 1], vertices[:, 1])[0, 1] > 0 else -flat


def _upright(flat: np.ndarray, height: np.ndarray) -> np.ndarray:
    """Turned so that what is higher on the body lies higher."""
    flat = flat - flat.mean(0)
    slope = np.linalg.lstsq(flat, height - height.mean(), rcond=None)[0]
    x, y = slope / np.linalg.norm(slope)
    return flat @ np.array([[y, x], [-x, y]])
