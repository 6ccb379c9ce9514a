"""How well a garment head does on photographs that neither it nor the parser was trained on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from bodydouble.parsing.garment_network import GarmentHead
from bodydouble.parsing.garments import GARMENTS, LABEL_OF_GARMENT
from bodydouble.parsing.labels import BACKGROUND, CLOTH, THING
from workshop.training.garments.batches import Truth, load_views
from workshop.training.garments.names import UNKNOWN
from workshop.training.parsing.score import confusion, overlap

_LEAST = 0.01  # share of a person's pixels from which a garment is judged


@dataclass(kw_only=True)
class GarmentScores:
    """Counts over photographs; `labels` are what the parser alone makes of the same cloth."""

    garments: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # judged, by true name
    right: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # most of whose pixels have their name
    label_right: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # ... the label of their name
    label_before: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # ... that by the parser alone
    taken_for: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    pixels: np.ndarray = field(default_factory=lambda: np.zeros((len(GARMENTS),) * 2, np.int64))  # truth, told
    carried: np.ndarray = field(default_factory=lambda: np.zeros((2, 2), np.int64))
    carried_before: np.ndarray = field(default_factory=lambda: np.zeros((2, 2), np.int64))

    def lines(self) -> list[str]:
        """To read."""
        overlaps = overlap(self.pixels)
        lines = ["garment    judged  right  label right  before  IoU"]
        for row, name in enumerate(GARMENTS):
            counts = (self.garments[name], self.right[name], self.label_right[name], self.label_before[name])
            lines.append(f"{name:10} {counts[0]:6} {counts[1]:6} {counts[2]:12} {counts[3]:7}  {overlaps[row]:.3f}")
        totals = [sum(each.values()) for each in (self.garments, self.right, self.label_right, self.label_before)]
        lines.append(f"{'all':10} {totals[0]:6} {totals[1]:6} {totals[2]:12} {totals[3]:7}  {np.nanmean(overlaps):.3f}")
        for name, table in (("carried", self.carried), ("the parser's things", self.carried_before)):
            precision, recall = (table[1, 1] / max(1, total) for total in (table[:, 1].sum(), table[1].sum()))
            lines.append(f"{name}: precision {precision:.2f}, recall {recall:.2f}")
        return lines


@torch.no_grad()
def score_garments(head: GarmentHead, files: Sequence[Path], photos: Path) -> GarmentScores:
    """Scores on files of plain views, as `gather` writes them."""
    scores, truth = GarmentScores(), Truth(photos)
    for file in files:
        batch = load_views([file], truth)
        planes = head(batch.taps, batch.pyramid, batch.chances)
        labels = interpolate(batch.chances, scale_factor=2.0, mode="bilinear")[0]
        judge_garments(scores, planes.garments[0].softmax(0), labels, batch.garments[0])
        judge_carried(scores, planes.carried[0] > 0, labels.argmax(0) == THING, batch.carried[0])
    return scores


def judge_carried(scores: GarmentScores, told: Tensor, before: Tensor, truth: Tensor) -> None:
    """Count pixels of h×w planes: what is said to be carried, by the parser too; truth is `UNKNOWN`, 0 or 1."""
    known = truth != UNKNOWN
    carried = truth[known].numpy()
    scores.carried += confusion(carried, told[known].numpy(), 2)
    scores.carried_before += confusion(carried, before[known].numpy(), 2)


def judge_garments(scores: GarmentScores, chances: Tensor, labels: Tensor, truth: Tensor) -> None:
    """Count a photograph's garments: G×h×w and L×h×w chances, and h×w rows of GARMENTS, or `UNKNOWN`."""
    told = chances.argmax(0)
    before = torch.tensor(CLOTH)[labels[list(CLOTH)].argmax(0)]
    known = truth != UNKNOWN
    scores.pixels += confusion(truth[known].numpy(), told[known].numpy(), len(GARMENTS))
    person = float((labels[BACKGROUND] < 0.5).sum())
    of_garment = torch.tensor(LABEL_OF_GARMENT)
    for row, name in enumerate(GARMENTS):
        region = truth == row
        if float(region.sum()) < max(1.0, _LEAST * person):
            continue
        most = int(told[region].mode().values)
        scores.garments[name] += 1
        scores.right[name] += most == row
        scores.taken_for[name, GARMENTS[most]] += most != row
        scores.label_right[name] += int(of_garment[told[region]].mode().values) == LABEL_OF_GARMENT[row]
        scores.label_before[name] += int(before[region].mode().values) == LABEL_OF_GARMENT[row]
