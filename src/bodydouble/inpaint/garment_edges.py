"""How far cloth lies from its garment's edges: cuffs, necklines, hems, waists and the ends of trouser legs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from bodydouble.inpaint.cloth_texels import ClothTexels
from bodydouble.parsing.labels import CLOTH, LOWER

REACH_M = 0.07  # from an edge, beyond which nothing is kept of it
_FACING = 0.5  # cosine to up or down along the limb, from which on what lies beyond is above or below
_NECK_M = (0.15, 0.13)  # below the neck's joint and to its sides, where necklines are
_CHEST_M = 0.3  # below the neck's joint, from where on tops end
_THIGH_M = 0.1  # below the hip's joint, from where on trousers end
_BESIDE_M = 0.02  # between texels that lie side by side in the texture and on the skin
_FEW = 20  # pairs of texels; fewer are no edge
_SECTORS, _MOST = 16, 0.6  # directions around the trunk, and the share of them in which a hem or a waist is seen at all


class Edge(StrEnum):
    """Where a garment ends."""

    NECK = "neck"
    CUFF = "cuff"
    HEM = "hem"  # of a top or a dress
    WAIST = "waist"  # of trousers
    LEG = "leg"  # of trousers


# Metres from an edge's usual height, beyond which a border is no part of it: of another label's island, or of a hole.
_SLANT_M = {Edge.CUFF: 0.03, Edge.LEG: 0.03, Edge.NECK: 0.12, Edge.HEM: 0.12, Edge.WAIST: 0.08}
_AROUND = (Edge.HEM, Edge.WAIST)  # other borders of these labels are those of an island: a bag, a patch of shade


@dataclass(frozen=True, kw_only=True, eq=False)
class EdgeTexels:
    """The K texels of one garment near one of its edges."""

    number: Tensor  # (K,), int64, of `ClothTexels`
    distance: Tensor  # (K,), metres from the edge
    height: float  # metres, of the edge: down the arm, else up from the ground
    beyond: Tensor  # (P,), int64: numbers of texels right beyond it


def find_borders(labels: Tensor, texels: ClothTexels) -> Tensor:
    """2×P, int64: pairs of texels side by side whose labels, (N,), differ, each pair both ways."""
    image, pairs = texels.put(labels[:, None])[0], []
    for axis in (0, 1):
        before, after = (image.narrow(axis, start, texels.size - 1) for start in (0, 1))
        ends = before != after
        pairs.append(torch.stack([texels.number.narrow(axis, start, texels.size - 1)[ends] for start in (0, 1)]))
    both = torch.cat([pair for found in pairs for pair in (found, found.flip(0))], 1)
    both = both[:, (both >= 0).all(0)]
    way = texels.position[both[1]] - texels.position[both[0]]
    return both[:, way.norm(dim=1) < _BESIDE_M]


def measure_edges(labels: Tensor, label: int, borders: Tensor, texels: ClothTexels) -> dict[Edge, EdgeTexels]:
    """The edges of the garment of a label, those of both arms or legs as one.

    Args:
        labels: (N,).
        borders: 2×P, as `find_borders` has them.
    """
    first, second = borders[:, labels[borders[0]] == label]
    way = (texels.position[second] - texels.position[first]).norm(dim=1)
    down = (texels.along[second] - texels.along[first]) / way.clamp_min(1e-6)
    level = torch.where(texels.arm, texels.along, texels.height)
    # Between two cloths on an arm lies a cuff that peeps out, or nothing but a doubt.
    real = ~(texels.arm[first] & torch.isin(labels[second], torch.tensor(CLOTH)))
    edges = {}
    for edge, here, below in _find_places(label, texels):
        pair = here[first] & real & ((down > _FACING) if below else (down < -_FACING))
        if int(pair.sum()) < _FEW:
            continue
        pair &= _near_usual(level[first], pair, texels.position[first, 0] > 0, edge)
        if edge in _AROUND and _measure_around(texels.position[first[pair]]) < _MOST:
            continue
        edges[edge] = _measure((labels == label) & here, first[pair], second[pair], level, texels)
    return edges


def _near_usual(level: Tensor, pair: Tensor, left: Tensor, edge: Edge) -> Tensor:
    """(P,), bool: pairs at about the usual height of those chosen, (P,) bool, on either side."""
    near = torch.zeros_like(pair)
    for side in (left, ~left):
        if bool((pair & side).any()):
            near |= side & ((level - level[pair & side].median()).abs() < _SLANT_M[edge])
    return near


def _measure_around(position: Tensor) -> float:
    """In what share of all directions around the body's axis there are points, K×3."""
    turn = torch.atan2(position[:, 0], position[:, 2]) / (2 * torch.pi) + 0.5
    return len((turn * _SECTORS).long().clamp(max=_SECTORS - 1).unique()) / _SECTORS


def _find_places(label: int, texels: ClothTexels) -> list[tuple[Edge, Tensor, bool]]:
    """Where each edge of a label may lie, (N,) bool, and whether what lies beyond is below."""
    neck, hip = (texels.joints[name][1] for name in ("neck", "left_hip"))
    height, off_arms = texels.height, ~texels.arm
    if label == LOWER:
        high = off_arms & (height > hip - _THIGH_M)
        return [(Edge.WAIST, high, False), (Edge.LEG, off_arms & ~high, True)]
    low, aside = _NECK_M
    at_neck = off_arms & (height > neck - low) & (texels.position[:, 0].abs() < aside)
    return [
        (Edge.NECK, at_neck, False),
        (Edge.CUFF, texels.arm, True),
        (Edge.HEM, off_arms & (height < neck - _CHEST_M), True),
    ]


def _measure(chosen: Tensor, first: Tensor, second: Tensor, level: Tensor, texels: ClothTexels) -> EdgeTexels:
    border, height = (texels.position[first] + texels.position[second]) / 2, level[first]
    near = chosen & (level > height.min() - REACH_M) & (level < height.max() + REACH_M)
    number = near.nonzero()[:, 0]
    distance = cKDTree(border.numpy()).query(texels.position[number].numpy(), distance_upper_bound=REACH_M)[0]
    found = torch.from_numpy(distance < REACH_M)
    return EdgeTexels(
        number=number[found],
        distance=torch.from_numpy(distance).float()[found],
        height=float(height.median()),
        beyond=second,
    )
