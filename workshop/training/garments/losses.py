"""How wrong names of garments are. A garment counts by its pixels' mean chance of its name, and by each of them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from bodydouble.parsing.garment_layers import GarmentPlanes
from bodydouble.parsing.garments import GARMENTS
from workshop.training.garments.names import UNKNOWN

# How much pixels of a garment count: rare ones more, the rest 1.
_RARE = {"jumpsuit": 2.0, "shorts": 1.6, "tights": 1.3, "scarf": 1.3, "skirt": 1.2, "upper": 0.9}
_WORN = 0.02  # share of all cloth from which a garment is worn; less may be a name's mistake
_LEAST_CHANCE = 0.02  # a garment's mean chance below which no more is asked: its name may be wrong


@dataclass(frozen=True, kw_only=True)
class GarmentLossWeights:
    """What counts how much."""

    pixels: float = 0.6
    garments: float = 0.6
    carried: float = 1.0
    overlap: float = 0.3  # of what is carried
    worn: float = 0.3  # whether a garment is there at all
    smoothing: float = 0.04  # share of a label that is any garment's


def garment_loss(
    planes: GarmentPlanes, garments: Tensor, carried: Tensor, weights: GarmentLossWeights
) -> dict[str, Tensor]:
    """Terms by name; their sum is what falls.

    Args:
        planes: B×G×h×w and B×h×w logits.
        garments: B×h×w, int64, rows of GARMENTS, or `UNKNOWN`.
        carried: B×h×w, int64: 1 of what is carried, 0 of all else, or `UNKNOWN`.
    """
    log_chance = planes.garments.log_softmax(1)
    known = garments != UNKNOWN
    truth = torch.where(known, garments, 0)
    said = log_chance.gather(1, truth[:, None])[:, 0]
    smooth = weights.smoothing
    wrong = -((1 - smooth) * said + smooth * log_chance.mean(1))
    slot = truth + len(GARMENTS) * torch.arange(len(truth), device=truth.device)[:, None, None]
    slot = slot[known]
    count, wrongs, chances = (_sum_slots(slot, each, len(truth)) for each in (None, wrong[known], said[known].exp()))
    worth = count.sqrt() * count.new_tensor([_RARE.get(name, 1.0) for name in GARMENTS])
    worth = worth / worth.sum().clamp_min(1)
    mean = (chances / count.clamp_min(1)).clamp_min(_LEAST_CHANCE)
    terms = {
        "pixels": weights.pixels * (worth * wrongs / count.clamp_min(1)).sum(),
        "garments": weights.garments * (worth * -mean.log()).sum(),
    }
    told = carried != UNKNOWN
    logits, is_carried = planes.carried[told], carried[told].float()
    terms["carried"] = weights.carried * 4 * binary_cross_entropy_with_logits(logits, is_carried)
    chance = logits.sigmoid()
    both = (chance * is_carried).sum()
    terms["overlap"] = weights.overlap * (1 - (2 * both + 1) / (chance.sum() + is_carried.sum() + 1))
    if planes.worn is not None:
        terms["worn"] = weights.worn * _worn_loss(planes.worn, garments)
    return terms


def _worn_loss(logits: Tensor, garments: Tensor) -> Tensor:
    """Of B×G logits; what is there in traces is not told."""
    shares = torch.stack([(garments == row).flatten(1).float().mean(1) for row in range(len(GARMENTS))], 1)
    shares = shares / shares.sum(1, keepdim=True).clamp_min(1e-6)
    told = (shares == 0) | (shares >= _WORN)
    return binary_cross_entropy_with_logits(logits[told], (shares > 0).float()[told])


def _sum_slots(slot: Tensor, values: Tensor | None, batch: int) -> Tensor:
    """B×G: sums, or counts, of pixels by image and garment."""
    sums = torch.zeros(batch * len(GARMENTS), device=slot.device)
    sums = sums.index_add(0, slot, torch.ones_like(slot, dtype=sums.dtype) if values is None else values)
    return sums.view(batch, len(GARMENTS))


LOSS_TERMS = ("pixels", "garments", "carried", "overlap")
