"""Outfits taken apart, and garments cut shorter along exact lines."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from torch import Tensor

from bodydouble.values import RestBody
from workshop.synthesis.garments.shears import MARGIN_M, cut, hang_still, keep_faces, offset_vertices, show_borders
from workshop.synthesis.garments.wardrobe import Garment
from workshop.synthesis.limbs import LimbFrame, direction_off_limb, distance_down_limb, limb_shares

KINDS = ("upper", "lower", "whole", "under", "shoes", "hat")
_SMALL_M = 0.08  # what is smaller than this in every direction is a button or a buckle
_WITH_SHIRT = ("male_elegantsuit01",)  # one surface in the file, but a shirt with a tie is drawn on it
_LOOSE_M = 0.18  # what is cut off on a limb gets wider over this length
_INTO_TUBE_M = 0.07  # as `MARGIN_M`, where one can look into a sleeve or a leg


@dataclass(frozen=True, kw_only=True)
class Part:
    """One of the pieces an outfit consists of, to be worn with pieces of others."""

    kind: str  # one of KINDS: "whole" covers torso and legs, "under" shows beneath the outfit's own outer part only
    garment: Garment


def split(garment: Garment, base: RestBody, frame: LimbFrame) -> tuple[Part, ...]:
    """The pieces of an outfit, in the order of `KINDS`; uv stay those of the outfit's texture.

    Each piece hides that skin which no other piece is nearer to.

    Args:
        base: all base vertices of an adult, at rest.
        frame: of the same body.
    """
    points = hang_still(garment, base).vertices
    piece = _component_numbers(garment.faces, len(points))[garment.faces[:, 0]]
    chart = _component_numbers(garment.uv_faces, len(garment.uv))[garment.uv_faces[:, 0]]
    kind = torch.zeros(len(piece), dtype=torch.long)
    small = torch.zeros(len(piece), dtype=torch.bool)
    for number in piece.unique().tolist():
        inside = piece == number
        box = _box(points, garment.faces[inside])
        small[inside] = float((box[1] - box[0]).max()) < _SMALL_M
        kind_of_piece = _kind(box, frame)
        if kind_of_piece == "whole":  # a shirt and trousers may be one surface that only the texture takes apart
            by_chart = {int(c): _box(points, garment.faces[inside & (chart == c)]) for c in chart[inside].unique()}
            kinds = {c: _kind(b, frame) for c, b in by_chart.items()}
            if "whole" not in kinds.values():
                for c, name in kinds.items():
                    kind[inside & (chart == c)] = KINDS.index(name)
                continue
        kind[inside] = KINDS.index(kind_of_piece)
    kind = _mark_under(kind, piece, chart, small, points, garment, frame)
    kind = _assign_small_pieces(kind, small, points, garment.faces)
    return _parts(garment, kind, points, base)


def _component_numbers(faces: Tensor, count: int) -> Tensor:
    """(count,) number of the connected component of each row."""
    edges = torch.cat([faces[:, [0, 1]], faces[:, [1, 2]]]).numpy()
    graph = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(count, count))
    return torch.from_numpy(connected_components(graph, directed=False)[1]).long()


def _box(points: Tensor, faces: Tensor) -> Tensor:
    """2×3: lowest and highest coordinates of the faces' corners."""
    corners = points[faces].reshape(-1, 3)
    return torch.stack([corners.amin(0), corners.amax(0)])


def _kind(box: Tensor, frame: LimbFrame) -> str:
    low, high = float(box[0, 1]), float(box[1, 1])
    knee = float(frame.bones[2, 1, 1])
    if low > float(frame.neck[1]):
        return "hat"
    if high < knee * 0.9:
        return "shoes"
    chest = (frame.waist + float(frame.neck[1])) / 2
    if high < chest:
        return "lower"
    return "whole" if low < (knee + frame.crotch) / 2 else "upper"


def _mark_under(
    kind: Tensor, piece: Tensor, chart: Tensor, small: Tensor, points: Tensor, garment: Garment, frame: LimbFrame
) -> Tensor:
    """Kinds (F,) with "under" for what another piece of the outfit covers in part."""
    kind, upper = kind.clone(), kind == KINDS.index("upper")
    if (kind == KINDS.index("whole")).any():
        kind[upper & ~small] = KINDS.index("under")
        return kind
    numbers = piece[upper].unique()
    heights = {int(n): _height(points, garment.faces[piece == n]) for n in numbers}
    outer = max(heights, key=lambda n: int((piece == n).sum()), default=-1)
    for number, height in heights.items():  # a lapel is short, a shirt's front is not
        if number != outer and height > heights[outer] / 2:
            kind[piece == number] = KINDS.index("under")
    if garment.name in _WITH_SHIRT:
        for number in chart[upper].unique():
            inside = chart == number
            corners = points[garment.faces[inside]].reshape(-1, 3)
            front = float(corners[:, 0].abs().max()) < 0.1 and float(corners[:, 1].min()) > 1.2
            beyond_wrist = float(distance_down_limb(corners, frame, "arm").max()) > _arm_length(frame)
            cuff = beyond_wrist and int(inside.sum()) > 60
            if front or cuff and _height(points, garment.faces[inside]) < 0.15:
                kind[inside] = KINDS.index("under")
    return kind


def _height(points: Tensor, faces: Tensor) -> float:
    box = _box(points, faces)
    return float(box[1, 1] - box[0, 1])


def _arm_length(frame: LimbFrame) -> float:
    return float(frame.bones[0].diff(dim=0).norm(dim=1).sum())


def _assign_small_pieces(kind: Tensor, small: Tensor, points: Tensor, faces: Tensor) -> Tensor:
    """Kinds (F,) in which buttons and buckles go with the cloth they sit on."""
    if not small.any() or small.all():
        return kind
    middles = points[faces].mean(1)
    _, nearest = cKDTree(middles[~small].numpy()).query(middles[small].numpy())
    kind = kind.clone()
    kind[small] = kind[~small][torch.from_numpy(nearest)]
    return kind


def _parts(garment: Garment, kind: Tensor, points: Tensor, base: RestBody) -> tuple[Part, ...]:
    middles = points[garment.faces].mean(1)
    _, nearest = cKDTree(middles.numpy()).query(base.vertices.numpy())
    hidden_by = kind[torch.from_numpy(nearest)]
    pieces = []
    for number in kind.unique().tolist():
        name = KINDS[number]
        renamed = replace(garment, name=f"{garment.name}_{name}", hides=garment.hides & (hidden_by == number))
        trimmed = show_borders(keep_faces(renamed, kind == number), base)
        pieces.append(Part(kind=name, garment=trimmed))
    return tuple(pieces)


def shorten_sleeves(garment: Garment, base: RestBody, frame: LimbFrame, length: float) -> Garment:
    """Sleeves cut off at a share of the arm's length: 0.3 is a T-shirt's, 0 none at all, 1 the wrist."""
    worn = hang_still(garment, base)
    arms = limb_shares(worn.skin_weights, frame.limb_of_joint)[:, 1:3].sum(1)
    # An armhole is upright, a short sleeve's end at right angles to the arm.
    tilt = min(max(length / 0.3, 0), 1)
    outside = worn.vertices[:, 0].abs() - frame.bones[0, 0, 0]
    along = torch.lerp(outside, distance_down_limb(worn.vertices, frame, "arm"), tilt)
    level = length * _arm_length(frame)
    # The torso, too, lies beyond the line across a hanging arm: a vertex must belong to the arm to fall.
    margin = MARGIN_M + tilt * (_INTO_TUBE_M - MARGIN_M)
    short = cut(garment, torch.minimum(along, level + 0.5 * (arms - 0.1)), level, base, margin)
    return _loosen(short, base, frame, "arm", level, 0.006) if length > 0.1 else short


def shorten_legs(garment: Garment, base: RestBody, frame: LimbFrame, length: float, loose: bool = True) -> Garment:
    """Trousers cut off at a share of the leg's length from hip to ankle (0.5 is the knee); `loose`: wider there."""
    points = hang_still(garment, base).vertices
    level = length * float(frame.bones[2].diff(dim=0).norm(dim=1).sum())
    short = cut(garment, distance_down_limb(points, frame, "leg"), level, base, _INTO_TUBE_M)
    return _loosen(short, base, frame, "leg", level, 0.014 if loose else 0.003)


def hem(garment: Garment, base: RestBody, frame: LimbFrame, height: float) -> Garment:
    """Everything but the sleeves cut off below a height (metres, on `base`)."""
    worn = hang_still(garment, base)
    arms = limb_shares(worn.skin_weights, frame.limb_of_joint)[:, 1:3].sum(1)
    return cut(garment, -worn.vertices[:, 1] - 2 * (arms - 0.3).clamp_min(0), -height, base)


def _loosen(garment: Garment, base: RestBody, frame: LimbFrame, limb: str, level: float, amount: float) -> Garment:
    """The cloth moved away from the limb's bones by up to `amount` metres at its end, which lies `level` metres down.

    Coarse triangles cut across a limb would sink into it, and what ends on a thigh is never tight there.
    """
    points = hang_still(garment, base).vertices
    ramp = (1 - (level - distance_down_limb(points, frame, limb)) / _LOOSE_M).clamp(0, 1)
    if limb == "arm":
        arms = limb_shares(hang_still(garment, base).skin_weights, frame.limb_of_joint)[:, 1:3].sum(1)
        ramp = ramp * (2 * arms - 0.6).clamp(0, 1)
    return offset_vertices(garment, base, amount * ramp[:, None] * direction_off_limb(points, frame, limb))
