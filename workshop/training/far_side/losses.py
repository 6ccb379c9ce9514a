"""How wrong a far side is: labels, normals, colours, and what is on the near side alone. Only the person counts."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, nll_loss

from bodydouble.parsing.far_network import FarPlanes
from bodydouble.parsing.labels import BACKGROUND, LABELS
from workshop.training.far_side.batches import FarBatch
from workshop.training.parsing.losses import overlap_loss

# Small labels count more.
_COUNT = {"shoes": 1.4, "hat": 1.4, "hair": 1.5, "thing": 0.7, "facial hair": 0.5, "eyes": 0.5}
_JUDGED = [LABELS.index(name) for name in ("skin", "upper", "lower", "dress", "outer", "shoes", "hat", "hair")]


@dataclass(frozen=True, kw_only=True)
class FarLossWeights:
    """What counts how much."""

    labels: float = 1.0
    overlap: float = 0.5
    normals: float = 2.0
    colour: float = 4.0
    front_only: float = 0.5


def far_loss(far: FarPlanes, batch: FarBatch, weights: FarLossWeights) -> dict[str, Tensor]:
    """Terms by name; their sum is what falls."""
    person = batch.labels != BACKGROUND
    logits = far.logits.index_fill(1, torch.tensor([BACKGROUND]), -30.0)
    log_chance = logits.permute(0, 2, 3, 1)[person].contiguous().log_softmax(1)
    labels = batch.labels[person]
    counts = torch.tensor([_COUNT.get(name, 1.0) for name in LABELS])
    terms = {"labels": weights.labels * nll_loss(log_chance, labels, counts)}
    chances = log_chance.exp()[None].transpose(1, 2)  # 1×L×N
    terms["overlap"] = weights.overlap * overlap_loss(chances[:, _JUDGED], labels[None], _JUDGED)
    faced = batch.normals.square().sum(1) > 0.5
    cosine = (far.normals * batch.normals).sum(1)[faced & person]
    terms["normals"] = weights.normals * (1 - cosine).mean()
    difference = (far.colour - batch.colour).square().sum(1)[person]
    terms["colour"] = weights.colour * ((difference + 1e-4).sqrt() - 1e-2).mean()
    terms["front_only"] = weights.front_only * binary_cross_entropy_with_logits(
        far.front_only[person], batch.front_only[person]
    )
    return terms
