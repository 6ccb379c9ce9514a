"""What lies before a garment in its label: a bag, a scarf's end, a hand. It takes up a part of the garment's width.

What is all across a garment, a colour block, a band or a belt, belongs to it, and so does what is everywhere on it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.geometry.lengths import measure_lengths
from bodydouble.inpaint.label_borders import average_neighbours
from bodydouble.parsing.labels import CLOTH, OUTER
from bodydouble.surface.graph import Edges, SurfaceGraph, SurfaceTexels
from bodydouble.surface.regions import Region

_STEPS = 12  # of averaging with neighbours, about 2 cm around a limb: prints and weaves become one colour
_FEW = 60  # seen texels of a garment; fewer tell no usual colour
_UNLIKE = 0.2  # distance of such a colour from the garment's usual one
_MOST, _SPREAD = 0.75, 1.5  # part of a garment that is no mark; times its largest distance, where a mark's is larger
_BAND = 0.8  # share of the cloth that was seen at a height, from which on it is a band around
_BIN_M = 0.02
# Distance of a jacket's usual colours on sleeves and on trunk and legs, and parts of either that are like the sleeves.
_APART, _OF_SLEEVES, _ON_BODY = 0.15, 0.75, 0.2


def find_marks(rgb: Tensor, seen: Tensor, label: Tensor, graph: SurfaceGraph) -> Tensor:
    """(N,), bool: seen texels of cloth that is not what its garment is.

    Args:
        rgb: N×3, sRGB in [0, 1], where `seen`, (N,) bool.
        label: (N,) int64, of all texels.
    """
    surface, cloth = graph.surface, torch.isin(label, torch.tensor(CLOTH))
    soft = average_within(rgb, seen, label, graph.edges)
    marks = torch.zeros_like(seen)
    for limb in (surface.arm, ~surface.arm):
        shown = seen & cloth & limb & (surface.region == Region.BODY)
        along = torch.where(surface.arm, surface.along, surface.position[:, 1])
        bins = ((along - along.min()) / _BIN_M).long()
        across = torch.bincount(bins[shown], minlength=int(bins.max()) + 1)
        for number in label[shown].unique().tolist():
            here = shown & (label == number)
            if int(here.sum()) < _FEW:
                continue
            away = measure_lengths(soft - soft[here].median(0).values, 1)
            unlike = here & (away > max(_UNLIKE, _SPREAD * float(away[here].quantile(_MOST))))
            share = torch.bincount(bins[unlike], minlength=len(across)) / across.clamp_min(1)
            marks |= unlike & (share[bins] < _BAND)
    return marks | _find_worn_under(rgb, seen & (label == OUTER), surface)


def _find_worn_under(rgb: Tensor, jacket: Tensor, surface: SurfaceTexels) -> Tensor:
    """(N,), bool: what is taken for an open jacket between its edges: sleeves are of the cloth that its back is of.

    Args:
        jacket: (N,), bool, seen texels of it.
    """
    jacket = jacket & (surface.region == Region.BODY)
    sleeves, body = jacket & surface.arm, jacket & ~surface.arm
    if min(int(sleeves.sum()), int(body.sum())) < _FEW:
        return torch.zeros_like(jacket)
    of_sleeves, usual = (rgb[part].median(0).values for part in (sleeves, body))
    alike = measure_lengths(rgb - of_sleeves, 1) < measure_lengths(rgb - usual, 1)
    one_cloth = float(alike[sleeves].float().mean()) > _OF_SLEEVES and float(alike[body].float().mean()) > _ON_BODY
    return body & ~alike & (one_cloth and float((of_sleeves - usual).norm()) > _APART)


def average_within(rgb: Tensor, seen: Tensor, label: Tensor, edges: Edges) -> Tensor:
    """N×3: each seen texel's colour, averaged with the seen ones of its label around it."""
    same = (label[edges.first] == label[edges.second]) & seen[edges.first] & seen[edges.second]
    around = average_neighbours(len(label), Edges(edges.first[same], edges.second[same], edges.conductance[same]))
    soft = rgb.numpy()
    for _ in range(_STEPS):
        soft = around @ soft
    return torch.from_numpy(soft)
