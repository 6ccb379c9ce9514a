"""MakeHuman's garments (`.mhclo` with its `.obj`): reading them, and hanging them on a body with all base vertices.

A garment vertex hangs on three base vertices:  w · (V[i], V[j], V[k]) + s ∘ d  with barycentric weights w, an offset d
and a scale s for each axis, measured on the body. Shoes, hair, eyes, brows and lashes are garments in this sense.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from bodydouble.errors import InputError
from bodydouble.values import RestBody
from workshop.synthesis.body import BASE_VERTICES


@dataclass(frozen=True, kw_only=True)
class Garment:
    """One thing to wear, independent of any body's shape."""

    name: str
    anchors: Tensor  # N×3, int64: base vertices each garment vertex hangs on
    weights: Tensor  # N×3, rows sum to 1, may be negative
    offsets: Tensor  # N×3, times the scale of each axis; world axes (y up, z to the front)
    scale_pairs: Tensor  # 3×2, int64: the two base vertices whose distance along an axis is that axis' scale, or -1
    scale_lengths: Tensor  # (3,), the distance along each axis at which the scale is 1
    faces: Tensor  # F×3, int64
    uv: Tensor  # T×2, [0, 1]², origin top left
    uv_faces: Tensor  # F×3, int64, rows of `uv`
    hides: Tensor  # (19158,), bool: base vertices this garment covers
    textures: tuple[Path, ...]  # the colour images in its folder, by name


def garment_on_vertices(name: str, vertices: Tensor, faces: Tensor, uv: Tensor, uv_faces: Tensor) -> Garment:
    """A garment that lies on the body itself: each of its N vertices on one base vertex (N,), and all on one device."""
    count, device = len(vertices), vertices.device
    return Garment(
        name=name,
        anchors=vertices[:, None].repeat(1, 3),
        weights=torch.tensor([1.0, 0.0, 0.0], device=device).repeat(count, 1),
        offsets=torch.zeros(count, 3, device=device),
        scale_pairs=torch.full((3, 2), -1, device=device),
        scale_lengths=torch.ones(3, device=device),
        faces=faces,
        uv=uv,
        uv_faces=uv_faces,
        hides=torch.zeros(BASE_VERTICES, dtype=torch.bool, device=device),
        textures=(),
    )


def read_garment(path: str | Path) -> Garment:
    """Read one `.mhclo` file and the `.obj` it names.

    Raises:
        InputError: the file is missing, malformed, or refers to vertices the base mesh does not have.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
        header, anchors, weights, offsets, hides = _parse_mhclo(text)
        vertex_count, faces, uv, uv_faces = read_obj(path.parent / header["obj_file"][0])
    except (OSError, KeyError, IndexError, ValueError) as error:
        raise InputError(
            f"cannot read the garment {path}: {error}; expected a MakeHuman .mhclo with its .obj"
        ) from error
    if vertex_count != len(anchors):
        raise InputError(f"the garment {path} places {len(anchors)} vertices but its .obj has {vertex_count}")
    pairs, lengths = torch.full((3, 2), -1), torch.ones(3)
    for axis, key in enumerate(("x_scale", "y_scale", "z_scale")):
        if key in header:
            pairs[axis] = torch.tensor([int(value) for value in header[key][:2]])
            lengths[axis] = float(header[key][2])
    images = sorted(p for p in path.parent.iterdir() if p.suffix in (".jpg", ".png"))
    return Garment(
        name=header.get("name", [path.stem])[0],
        anchors=anchors,
        weights=weights,
        offsets=offsets,
        scale_pairs=pairs,
        scale_lengths=lengths,
        faces=faces,
        uv=uv,
        uv_faces=uv_faces,
        hides=hides,
        textures=tuple(images),
    )


def _parse_mhclo(text: str) -> tuple[dict[str, list[str]], Tensor, Tensor, Tensor, Tensor]:
    """Header words by their first word, then anchors, weights, offsets, and the hidden base vertices."""
    header: dict[str, list[str]] = {}
    rows: list[list[str]] = []
    hidden: list[str] = []
    section = ""
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] in ("verts", "delete_verts"):
            section = words[0]
        elif words[0][0].isalpha():  # some files put a header line after `verts`
            header[words[0]] = words[1:]
        elif section == "verts":
            rows.append(words)
        elif section == "delete_verts":
            hidden += words
    anchors, weights, offsets = zip(*(_parse_row(row) for row in rows), strict=True)
    anchor_table = torch.tensor(anchors)
    if anchor_table.min() < 0 or anchor_table.max() >= BASE_VERTICES:
        raise ValueError("a vertex hangs on a base vertex that does not exist")
    return header, anchor_table, torch.tensor(weights), torch.tensor(offsets), _parse_hidden(hidden)


def _parse_row(words: Sequence[str]) -> tuple[list[int], list[float], list[float]]:
    if len(words) < 9:  # the vertex sits on one base vertex; a second number, where there is one, is a weight of 1
        return [int(words[0])] * 3, [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]
    return [int(word) for word in words[:3]], [float(w) for w in words[3:6]], [float(w) for w in words[6:9]]


def _parse_hidden(words: Sequence[str]) -> Tensor:
    """Ranges "4793 - 4846" and single numbers to a mask of base vertices."""
    mask = torch.zeros(BASE_VERTICES, dtype=torch.bool)
    position = 0
    while position < len(words):
        first = last = int(words[position])
        if position + 2 < len(words) and words[position + 1] == "-":
            last = int(words[position + 2])
            position += 2
        mask[first : last + 1] = True
        position += 1
    return mask


def read_obj(path: Path) -> tuple[int, Tensor, Tensor, Tensor]:
    """Vertex count, faces (F×3), uv (T×2, origin top left) and uv faces (F×3) of a textured Wavefront file."""
    vertex_count = 0
    uv: list[list[float]] = []
    corners: list[tuple[list[str], ...]] = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] == "v":
            vertex_count += 1
        elif words[0] == "vt":
            uv.append([float(words[1]), 1 - float(words[2])])
        elif words[0] == "f":
            polygon = [word.split("/") for word in words[1:]]
            corners += [(polygon[0], polygon[n], polygon[n + 1]) for n in range(1, len(polygon) - 1)]
    faces = torch.tensor([[int(corner[0]) - 1 for corner in triangle] for triangle in corners])
    uv_faces = torch.tensor([[int(corner[1]) - 1 for corner in triangle] for triangle in corners])
    if faces.min() < 0 or faces.max() >= vertex_count or uv_faces.min() < 0 or uv_faces.max() >= len(uv):
        raise ValueError(f"{path.name} has a face with a corner that does not exist")
    return vertex_count, faces, torch.tensor(uv), uv_faces


def hang(garment: Garment, base: RestBody) -> RestBody:
    """The garment on a body at rest, as a body of its own: what poses the body poses the garment with it.

    Args:
        base: all 19,158 base vertices.

    Returns:
        N vertices; joints and parents are the body's; skin weights and expressions follow the anchors.
    """
    scale = base.vertices.new_ones(3)
    for axis, (first, second) in enumerate(garment.scale_pairs.tolist()):
        if first >= 0:
            distance = (base.vertices[first, axis] - base.vertices[second, axis]).abs()
            scale[axis] = distance / garment.scale_lengths[axis]
    weights = garment.weights[..., None]
    vertices = (base.vertices[garment.anchors] * weights).sum(1) + garment.offsets * scale
    # Weights outside [0, 1] extrapolate a position well, but a blend of rotations must stay a blend.
    blend = garment.weights.clamp_min(0)
    blend = (blend / blend.sum(1, keepdim=True))[..., None]
    return RestBody(
        vertices=vertices,
        joints=base.joints,
        skin_weights=(base.skin_weights[garment.anchors] * blend).sum(1),
        expressions=(base.expressions[:, garment.anchors] * weights).sum(2),
        parents=base.parents,
    )


def read_image(path: str | Path) -> Tensor:
    """4×H×W float RGBA in [0, 1] of an image file; alpha is 1 where the file has none."""
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGBA"))
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1).float() / 255
