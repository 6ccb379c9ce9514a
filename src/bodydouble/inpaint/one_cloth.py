"""One garment that the parser takes for two: labels between which the photo shows no border are one cloth.

A jumpsuit is a shirt above, trousers below and a dress between them; a shirt in the shade is a jacket. Where two labels
meet, and their colours step no more than they do within either, they become one, lest the back be sewn of two. What
lies on the trunk under two labels is one even across a border, where either has the other's colours: a seam, a strap
or shine parts them in front, and two garments of one colour would look no different behind.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from bodydouble.inpaint.garment_marks import average_within
from bodydouble.inpaint.see_through import SeenThrough
from bodydouble.parsing.labels import CLOTH, DRESS, LABELS, LOWER, OUTER, UPPER
from bodydouble.surface.graph import SurfaceGraph
from bodydouble.surface.regions import Region
from bodydouble.texture.tint import tint_of

# Pairs that are compared: not a jacket with trousers or a skirt, over which it has a hem.
_PAIRS = (UPPER, DRESS), (UPPER, OUTER), (DRESS, OUTER), (LOWER, DRESS), (LOWER, UPPER)
# Chosen on 46 photographs, 22 of which have labels that it joins. Of 92 others, seven have two labels on the trunk that
# have the same colours: all are one garment: coats, dresses, overalls.
_LEAST_EDGES = 60  # between neighbours of the two, about 15 cm of border; a shorter one tells nothing
_NEAR_M = 0.12  # from the border, where colours are compared
_STEP = 1.6  # times the usual step between neighbours there, from which on a border shows
_FAINT = 0.03  # distance of colours up to which nobody sees it
_APART, _SPREADS = 0.09, 3.3  # distance of averaged colours across it, and times the calmer cloth's own spread
_TINT, _BRIGHTER = 0.03, 1.4  # distance of usual tints, and ratio of usual brightness, of a cloth and its shade
_GREY = 0.1  # that is added to colours before that: the dark have no tint
_LEGS_APART = 0.1  # distance of usual colours of trousers and what is above, most often two garments
_SAME, _OF_EITHER = 0.05, 0.75  # distance of colours, and share of them near the border that the other has, too


def find_one_cloth(labels: Tensor, rgb: Tensor, seen: Tensor, graph: SurfaceGraph, jumpsuit: bool = False) -> Tensor:
    """(L,) int64: for each label the one that it becomes, most often itself.

    Args:
        labels: (N,) int64, where `seen`, (N,) bool.
        rgb: N×3, likewise, sRGB in [0, 1].
        jumpsuit: what is taken for a dress has legs, whatever the light on them is.
    """
    surface, becomes = graph.surface, torch.arange(len(LABELS))
    shown = seen & (surface.region == Region.BODY) & torch.isin(labels, torch.tensor(CLOTH))
    soft = average_within(rgb, shown, labels, graph.edges)
    for pair in _PAIRS:
        if (jumpsuit and pair == (LOWER, DRESS)) or _is_one_cloth(
            pair, torch.where(shown, labels, -1), rgb, soft, graph
        ):
            first, second = becomes[list(pair)].tolist()
            becomes[becomes == second] = first
    count = torch.bincount(labels[shown & surface.trunk], minlength=len(LABELS))
    for cloth in becomes.unique():
        joined = (becomes == cloth).nonzero()[:, 0]
        becomes[joined] = joined[count[joined].argmax()]
    return becomes


def join_chances(through: SeenThrough, becomes: Tensor) -> SeenThrough:
    """What is seen through the person, of labels that have become others; see `find_one_cloth`."""
    return replace(through, labels=torch.zeros_like(through.labels).index_add_(1, becomes, through.labels))


def _is_one_cloth(pair: tuple[int, int], labels: Tensor, rgb: Tensor, soft: Tensor, graph: SurfaceGraph) -> bool:
    """Whether the photo shows no border where two labels meet; not where they hardly do.

    Of a jacket over a shirt of its colour the border does not count: it hides the shirt behind. Nor does that between
    others on the trunk which have the same colours beside it.

    Args:
        labels: (N,) int64, of seen cloth; -1 elsewhere.
        soft: N×3, colours averaged within their labels.
    """
    edges, (one, other) = graph.edges, pair
    first, second = labels[edges.first], labels[edges.second]
    across = ((first == one) & (second == other)) | ((first == other) & (second == one))
    cloths = [labels == label for label in pair]
    if int(across.sum()) < _LEAST_EDGES or not _are_alike(rgb[cloths[0]], rgb[cloths[1]], LOWER in pair):
        return False
    if pair == (UPPER, OUTER):
        return True
    border = graph.surface.position[torch.cat([edges.first[across], edges.second[across]])]
    distance = cKDTree(border.numpy()).query(graph.surface.position.numpy(), distance_upper_bound=_NEAR_M)[0]
    near = torch.from_numpy(distance < _NEAR_M)
    if not _have_same(rgb[cloths[0] & near], rgb[cloths[1] & near]):
        return False
    if LOWER not in pair:
        return True
    within = (first == second) & ((first == one) | (first == other)) & near[edges.first] & near[edges.second]
    steps, soft_steps = ((image[edges.first] - image[edges.second]).norm(dim=1) for image in (rgb, soft))
    usual = float(steps[within].median())
    spread = min(float((soft[cloth] - soft[cloth].median(0).values).norm(dim=1).median()) for cloth in cloths)
    return float(steps[across].median()) < max(_FAINT, _STEP * usual) and (
        float(soft_steps[across].median()) < max(_APART, _SPREADS * spread)
    )


def _are_alike(first: Tensor, second: Tensor, legs: bool) -> bool:
    """Whether K×3 and M×3 colours may be those of one cloth, here in the light and there in the shade."""
    usual = [colours.median(0).values for colours in (first, second)]
    if legs and float((usual[0] - usual[1]).norm()) > _LEGS_APART:
        return False
    brightness = [float((colour + _GREY).sum()) for colour in usual]
    tint = [tint_of(colour + _GREY) for colour in usual]
    return max(brightness) < _BRIGHTER * min(brightness) and float((tint[0] - tint[1]).norm()) < _TINT


def _have_same(first: Tensor, second: Tensor) -> bool:
    """Whether either of K×3 and M×3 colours has nearly all of the other's."""
    pairs = (first.numpy(), second.numpy()), (second.numpy(), first.numpy())
    return all((cKDTree(keys).query(queries)[0] < _SAME).mean() > _OF_EITHER for keys, queries in pairs)
