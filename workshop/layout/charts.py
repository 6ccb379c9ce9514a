"""Every chart of the layout as a flat piece: the central ones symmetric, the others from the body's left side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workshop.layout.flatten import boundary_loops, flatten
from workshop.layout.regions import CENTRAL, CHARTS
from workshop.layout.surface import LayoutMesh

_ITERATIONS = 60
_TOE_FAN, _TOE_WIDTH = 15.0, 0.65  # degrees between neighbouring toes; their width and height against the true ones
_MIRROR_CENTRE = np.array([0, 0.1, 0.7])  # metres from the eyes: centre of the inversion that enlarges the face


@dataclass(frozen=True)
class Chart:
    """A flat piece of the area it has on the body: metres, y up, seen from outside; central ones mirror in x = 0."""

    name: str
    corners: np.ndarray  # (3M,), 3 × face + position, of the faces in this chart (a side chart's: on the left)
    flat: np.ndarray  # 3M×2


def flat_charts(surface: LayoutMesh, chart_of_face: np.ndarray, classes: np.ndarray) -> list[Chart]:
    """All charts, in the order of `CHARTS`."""
    charts = []
    for n, name in enumerate(CHARTS):
        inside = chart_of_face == n
        if name not in CENTRAL:
            inside &= surface.centres[:, 0] > 0
        faces = np.flatnonzero(inside)
        corners = (3 * faces[:, None] + np.arange(3)).ravel()
        points, first, local = np.unique(classes[corners], return_index=True, return_inverse=True)
        shape = _fan_toes(surface) if name in ("foot", "sole") else surface.vertices
        vertices = shape[surface.faces.ravel()[corners[first]]]
        triangles = local.reshape(-1, 3)
        if name == "head":
            vertices = _enlarge_face(vertices, surface)
        if name in CENTRAL:
            twin = np.searchsorted(points, classes[surface.mirror_corners[corners[first]]])
            flat = _flatten_symmetric(vertices, triangles, twin)
        else:
            flat = flatten(vertices, triangles, None, _ITERATIONS)
            flat = _turn_upright(flat, vertices[:, 1])
        flat = flat * np.sqrt(surface.areas[faces].sum() / flat_area(flat[triangles]))
        charts.append(Chart(name, corners, flat[local]))
    return charts


def flat_area(triangles: np.ndarray) -> float:
    """Of M×3×2 triangles."""
    a, b, c = np.moveaxis(triangles, 1, 0)
    return float(np.abs(np.cross(b - a, c - a)).sum() / 2)


def _enlarge_face(head: np.ndarray, surface: LayoutMesh) -> np.ndarray:
    """The head seen in a sphere's mirror before the face: a face larger, a skull smaller, no angle changed.

    Laid flat as it is, the face, amid a dome, would get the lowest density of all. Inversion keeps angles, so the
    flat chart inherits the new proportions without new distortion.
    """
    eyes = (surface.joints["eye.L"] + surface.joints["eye.R"]) / 2
    away = head - (eyes + _MIRROR_CENTRE)
    return away / (away**2).sum(1, keepdims=True) * [1, 1, -1]


def _fan_toes(surface: LayoutMesh) -> np.ndarray:
    """V×3 with the left foot's toes narrowed and fanned out, so that their halves do not meet when laid flat."""
    vertices = surface.vertices.copy()
    for toe in range(1, 6):
        names = [joint for joint in surface.skin_weights if joint.startswith(f"toe{toe}-") and joint.endswith(".L")]
        weight = np.sum([surface.skin_weights[name] for name in names], axis=0)[:, None]
        angle = np.deg2rad(_TOE_FAN * (toe - 3))
        turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
        away = surface.vertices - surface.joints[f"toe{toe}-1.L"]
        vertices += weight * (away * [_TOE_WIDTH, _TOE_WIDTH, 1] @ turn.T - away)
    return vertices


def _flatten_symmetric(vertices: np.ndarray, faces: np.ndarray, twin: np.ndarray) -> np.ndarray:
    """A flat chart with flat[twin] == flat * (-1, 1): solved from a symmetric start, its rounding then averaged out."""
    outer = max(boundary_loops(faces), key=len)
    on_axis = outer[twin[outer] == outer]
    flat = flatten(vertices, faces, int(on_axis[0]), _ITERATIONS)
    flat = flat - [flat[:, 0].mean(), 0]
    flat = (flat + flat[twin] * [-1, 1]) / 2
    return flat if np.cov(flat[:, 1], vertices[:, 1])[0, 1] > 0 else -flat


def _turn_upright(flat: np.ndarray, height: np.ndarray) -> np.ndarray:
    """Turned so that what is higher on the body lies higher."""
    flat = flat - flat.mean(0)
    slope = np.linalg.lstsq(flat, height - height.mean(), rcond=None)[0]
    x, y = slope / np.linalg.norm(slope)
    return flat @ np.array([[y, x], [-x, y]])
