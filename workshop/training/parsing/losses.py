"""How wrong labels and normals are.

A label's likelihood is its group's times its own within the group. Photographs tell groups well (cloth, skin) and the
garment's name less well; of eyes and beards they tell nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import nll_loss

from bodydouble.parsing.labels import CLOTH, LABELS

# What labels are told apart first: each of these on its own, skin with what lies in it, cloth of every kind.
_GROUPS = (
    ("background",),
    ("skin", "facial hair", "eyes"),
    tuple(LABELS[row] for row in CLOTH),
    ("shoes",),
    ("hat",),
    ("hair",),
    ("thing",),
)
_GROUP_OF_LABEL = torch.tensor([next(n for n, group in enumerate(_GROUPS) if name in group) for name in LABELS])
_SKIN_GROUP, _CLOTH_GROUP = 1, 2
_JUDGED = [0, 1, 2, 3, 5]  # groups whose overlap counts: those that photographs are scored in


@dataclass(frozen=True, kw_only=True)
class LossWeights:
    """What counts how much."""

    groups: tuple[float, ...] = (1.0, 1.2, 1.0, 1.6, 1.4, 1.6, 1.2)  # small groups count more
    overlap: float = 0.7
    garment: float = 0.4  # of the name of cloth in photographs, whose names are not consistent; 1 for drawn people
    normals: float = 1.0


def parsing_loss(
    logits: Tensor, normals: Tensor, labels: Tensor, true_normals: Tensor, drawn: Tensor, weights: LossWeights
) -> dict[str, Tensor]:
    """Terms by name; their sum is what falls.

    Args:
        logits: B×L×H×W.
        normals: B×3×H×W, unit.
        labels: B×H×W, int64.
        true_normals: B×3×H×W, 0 where unknown.
        drawn: (B,), bool: truth down to eyes and garments.
    """
    of_label = _GROUP_OF_LABEL.to(labels.device)
    members = torch.nn.functional.one_hot(of_label, len(_GROUPS)).T.float()
    log_label = logits.contiguous().log_softmax(1)
    chance = torch.einsum("gl,blhw->bghw", members, log_label.exp()).clamp(1e-6, 1).contiguous()
    log_group = chance.log()
    group = of_label[labels]
    terms = {"group": nll_loss(log_group, group, logits.new_tensor(weights.groups))}
    within = log_group.gather(1, group[:, None]) - log_label.gather(1, labels[:, None])
    trust = _trust(group, drawn, weights.garment)
    terms["label"] = (within[:, 0] * trust).sum() / trust.sum().clamp_min(1)
    terms["overlap"] = weights.overlap * overlap_loss(chance[:, _JUDGED], group, _JUDGED)
    known = true_normals.square().sum(1) > 0.5
    if bool(known.any()):
        cosine = (normals * true_normals).sum(1)[known]
        terms["normals"] = weights.normals * (1 - cosine).mean()
    return terms


def _trust(group: Tensor, drawn: Tensor, garment: float) -> Tensor:
    """B×H×W: how much the label within its group counts."""
    photographed = torch.zeros(len(_GROUPS), device=group.device)
    photographed[_CLOTH_GROUP] = garment
    complete = torch.zeros_like(photographed)
    complete[[_SKIN_GROUP, _CLOTH_GROUP]] = 1.0
    return torch.where(drawn[:, None, None], complete[group], photographed[group])


def overlap_loss(chance: Tensor, group: Tensor, rows: list[int]) -> Tensor:
    """1 minus the mean soft intersection over union, over the whole batch, of the groups in it.

    Args:
        chance: B×G×H×W, probabilities of the groups of these `rows`.
        group: B×H×W, int64.
    """
    losses = []
    for place, row in enumerate(rows):
        truth = (group == row).float()
        if bool(truth.any()):
            both = (chance[:, place] * truth).sum()
            losses.append(1 - both / (chance[:, place].sum() + truth.sum() - both))
    return torch.stack(losses).mean()
