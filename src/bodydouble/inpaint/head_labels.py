"""What covers each texel of a head: skin, hair, a hat, or a beard.

What was seen decides near by, then what was seen of the other half; farther away heads are alike. Hair covers the scalp
down to the hairline over temple, ear and nape, a hat sits level around the crown, and face, ears and neck are bare.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.inpaint.nape import find_nape
from bodydouble.inpaint.other_half import is_turned
from bodydouble.parsing.labels import CLOTH, EYES, FACIAL_HAIR, HAIR, HAT, SKIN
from bodydouble.surface.diffusion import diffuse
from bodydouble.surface.graph import Edges, SurfaceGraph, SurfaceTexels, edges_within
from bodydouble.surface.regions import EAR, Region

HEAD_LABELS = (SKIN, HAIR, HAT, FACIAL_HAIR)
_SEEN = 30.0  # weight of a label that was seen, against one between neighbours
_BY_TWIN = 0.1  # how sure the other half's label is, where only that was seen: hair grows much the same on both
_USUAL = 0.15  # of what covers heads there: it takes over some 1 cm beyond what was seen
_LEAST_HAIR = 0.03  # share of the head's seen texels that are hair: less may be a brow, or a beard taken for it
_FRINGE = 0.05  # or share of the scalp's: whose crown is bald has hair around it
_WHISKERS_M = 0.035  # from the middle: a beard that was seen there goes on to the ear, a goatee was not
_TOP = 0.95  # quantile of a beard's seen heights there, where it ends above
_LEAST_HAT = 0.3  # share of the scalp's seen texels that are a hat
_FEW = 12  # seen texels; fewer tell nothing
_BRIM = 0.1  # quantile of a hat's seen heights in front: a few texels of hair are taken for it
_NAPE_M = 0.01  # above the ear's landmark, where hats end behind
# Metres above the ear's landmark, and before it: where hair ends in front of an ear. By eye, on heads in profile, which
# without it were shorn from the forehead's corner to the ear's top, where the scalp ends.
_TEMPLE_M = ((-0.012, 0.008), (0.0, 0.014), (0.02, 0.018), (0.04, 0.026), (0.06, 0.042), (0.065, 0.046))
_WRAPPED = 0.15  # share of a hat's seen texels that lie below the ears: then it is a scarf or a hood


def select_head(graph: SurfaceGraph) -> tuple[Tensor, Edges]:
    """Rows of the graph's H texels of face, scalp and nape, and the edges between them, by number among these."""
    region = graph.surface.region
    of_head = (region == Region.SCALP) | (region == Region.FACE) | find_nape(graph.surface)
    edges = edges_within(graph.edges, of_head)
    return of_head.nonzero()[:, 0], replace(edges, conductance=torch.ones_like(edges.conductance))


def complete_head_labels(
    labels: Tensor,
    certainty: Tensor,
    rows: Tensor,
    edges: Edges,
    surface: SurfaceTexels,
    hatted: bool = False,
    beneath: Tensor | None = None,
) -> Tensor:
    """H×4 in [0, 1], which sum to 1: how likely each of `HEAD_LABELS` covers each texel of the head.

    Args:
        labels: (H,) int64, where `certainty` is above 0.
        certainty: (H,) in [0, 1], how sure they are.
        rows: (H,) rows of the surface, as `select_head` has them.
        hatted: a hat that is a surface of its own hides the scalp; beneath it is hair.
        beneath: (H,) bool, where hair covers an ear; None: nowhere.
    """
    scalp = (surface.region[rows] == Region.SCALP) | (surface.region[rows] == Region.BODY)  # the nape
    values = torch.zeros(len(rows), len(HEAD_LABELS))
    # On a head, cloth is what is worn there.
    worn = torch.where(torch.isin(labels, torch.tensor(CLOTH)) & scalp, HAT, labels)
    worn = torch.where(worn == EYES, SKIN, worn)
    for number, label in enumerate(HEAD_LABELS):
        values[:, number] = ((certainty > 0) & (worn == label)).float()
    if beneath is not None:
        unsure = beneath & (certainty < 1)
        values[unsure] = torch.eye(len(HEAD_LABELS))[HEAD_LABELS.index(HAIR)]
        certainty = torch.where(unsure, 1.0, certainty)
    told = values.sum(1) > 0
    twin = _find_twins(rows, surface)
    left = surface.position[rows, 0] > 0
    by_twin = ~told & told[twin] & is_turned(told & left, told & ~left)
    values[by_twin] = values[twin[by_twin]]
    certainty = torch.where(by_twin, _BY_TWIN * certainty[twin], certainty)
    told = told | by_twin
    usual = functional.one_hot(_usual_labels(values, told, scalp, surface, rows, hatted), len(HEAD_LABELS)).float()
    weight = torch.where(told, _SEEN * certainty, _USUAL)
    chances = diffuse(edges, weight, torch.where(told[:, None], values, usual)).clamp_min(0)
    return chances / chances.sum(1, keepdim=True).clamp_min(1e-6)


def _find_twins(rows: Tensor, surface: SurfaceTexels) -> Tensor:
    """(H,) int64: of each texel of the head that at the same place on its other half, by number among these."""
    number = torch.full((len(surface),), -1)
    number[rows] = torch.arange(len(rows))
    twin = number[surface.twin[rows]]
    return torch.where(twin >= 0, twin, torch.arange(len(rows)))


def _usual_labels(
    values: Tensor, told: Tensor, scalp: Tensor, surface: SurfaceTexels, rows: Tensor, hatted: bool
) -> Tensor:
    """(H,) int64, rows of `HEAD_LABELS`: what covers a head like this one where nothing was seen."""
    skin, hair, hat, beard = (HEAD_LABELS.index(label) for label in (SKIN, HAIR, HAT, FACIAL_HAIR))
    on_head, on_scalp = float(values[:, hair].sum()), float(values[scalp, hair].sum())
    hairy = hatted or on_head > _LEAST_HAIR * float(told.sum()) or on_scalp > _FRINGE * float((told & scalp).sum())
    usual = torch.where(scalp & hairy, hair, skin)
    if hairy:
        usual = torch.where(_on_temple(surface.position[rows], surface.face_landmarks[EAR]), hair, usual)
    bearded = _under_beard(surface.position[rows], values[:, beard] > 0, scalp, surface.face_landmarks[EAR])
    usual = torch.where(bearded, beard, usual)
    of_hat = values[:, hat] > 0
    if int((of_hat & scalp).sum()) < max(_FEW, _LEAST_HAT * float((told & scalp).sum())):
        return usual
    return torch.where(_under_hat(surface.position[rows], of_hat, scalp, surface.face_landmarks[EAR]), hat, usual)


def _on_temple(position: Tensor, ear: Tensor) -> Tensor:
    """(H,) bool: points of the mean body, H×3, on which hair grows before an ear: temple and sideburn."""
    above, before = np.array(_TEMPLE_M).T
    height, ahead = position[:, 1] - ear[1], position[:, 2] - ear[2]
    line = torch.from_numpy(np.interp(height.numpy(), above, before)).to(ahead)
    return (ahead > 0) & (ahead < line) & (height > above[0]) & (height < above[-1])


def _under_hat(position: Tensor, of_hat: Tensor, scalp: Tensor, ear: Tensor) -> Tensor:
    """(H,) bool: where a hat lies that was seen at (H,) bool texels; `ear`: (3,), its place."""
    height, forward = position[:, 1], position[:, 2]
    below = of_hat & (height < ear[1] - 0.01)
    if float(below.sum()) > _WRAPPED * float(of_hat.sum()):
        return scalp | (forward < ear[2] + 0.01)
    front = of_hat & (forward > forward[of_hat].median())
    rim = height[front].quantile(_BRIM)
    low = front & ((height - rim).abs() < 0.01)
    ahead = forward[low].median() if bool(low.any()) else forward[front].median()
    behind, nape = forward[scalp].amin(), ear[1] + _NAPE_M
    level = nape + (rim - nape) * ((forward - behind) / (ahead - behind).clamp_min(0.02)).clamp(0, 1)
    return height > level


def _under_beard(position: Tensor, of_beard: Tensor, scalp: Tensor, ear: Tensor) -> Tensor:
    """(H,) bool: where a beard lies that was seen at (H,) bool texels: along the jaw as far as the ear."""
    whiskers = of_beard & (position[:, 0].abs() > _WHISKERS_M)
    if int(whiskers.sum()) < _FEW:
        return torch.zeros_like(of_beard)
    top = position[whiskers, 1].quantile(_TOP)
    return ~scalp & (position[:, 0].abs() > _WHISKERS_M) & (position[:, 1] < top) & (position[:, 2] > ear[2])
