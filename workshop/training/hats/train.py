"""From views of heads to the hat head that ships, and how well it does on heads that it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from bodydouble.nn.store import halve, write_tensors
from bodydouble.parsing.hat_network import HATS, HatHead
from workshop.training.hats.squares import Square

FOLDS = 5
_HATTED, _BARE = 6, 2  # views of a step, with a hat and without one
_RATE, _DECAY = 4e-3, 0.05
_DICE = 0.3  # weight of the overlap against the cross entropy
_STANDARD = 60  # views that tell how large features are


def train_hats(squares: Sequence[Square], steps: int, path: Path) -> None:
    """Write the head of all views.

    Raises:
        InputError: the file's folder does not exist.
    """
    head = fit_head(squares, steps)
    photos = len({square.photo for square in squares})
    source = {"data": f"{photos} street photographs of Clothing Co-Parsing; weights only", "steps": str(steps)}
    write_tensors(halve(head.state_dict()), path, HATS, source)


def fit_head(squares: Sequence[Square], steps: int) -> HatHead:
    """The head that tells these hats from all else, by AdamW."""
    torch.manual_seed(0)
    head, rng = _standardised(squares), np.random.default_rng(0)
    optimiser = torch.optim.AdamW(head.parameters(), _RATE, weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps)
    hatted, bare = ([square for square in squares if bool(square.hat.any()) == worn] for worn in (True, False))
    for _ in range(steps):
        batch = [hatted[row] for row in rng.integers(len(hatted), size=_HATTED)]
        batch += [bare[row] for row in rng.integers(len(bare), size=_BARE)] if bare else []
        logits, hat = head(_stack(batch)), torch.stack([square.hat for square in batch])
        chance = logits.sigmoid()
        overlap = (2 * (chance * hat).sum((1, 2)) + 1) / ((chance + hat).sum((1, 2)) + 1)
        loss = binary_cross_entropy_with_logits(logits, hat) + _DICE * (1 - overlap[:_HATTED]).mean()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    return head


def cross_validate(squares: Sequence[Square], steps: int, folds: Sequence[int] = range(FOLDS)) -> dict[str, float]:
    """IoU by photo with a hat, each by a head that saw no photo of its fold."""
    scores = {}
    for fold in folds:
        inside = [int(square.photo) // 10 % FOLDS == fold for square in squares]
        head = fit_head([square for square, held in zip(squares, inside, strict=True) if not held], steps)
        for square, held in zip(squares, inside, strict=True):
            if held and square.plain and bool(square.hat.any()):
                scores[square.photo] = measure_iou(head, square)
    return scores


@torch.no_grad()
def measure_iou(head: HatHead, square: Square) -> float:
    """Intersection over union of the likely pixels with those that mostly are hat."""
    likely, hat = head(_stack([square]))[0] > 0, square.hat > 0.5
    return float((likely & hat).sum() / (likely | hat).sum().clamp_min(1))


def _standardised(squares: Sequence[Square]) -> HatHead:
    """A fresh head to which all features are about alike in size."""
    head = HatHead()
    with torch.no_grad():
        for lateral, features in zip(head.lateral, _stack(squares[:_STANDARD]), strict=True):
            assert isinstance(lateral, nn.Conv2d) and lateral.bias is not None
            middle, spread = features.mean((0, 2, 3)), features.std((0, 2, 3)) + 1e-3
            lateral.weight.mul_(0.5 / spread[None, :, None, None])
            lateral.bias.copy_(-(lateral.weight[:, :, 0, 0] @ middle))
    return head


def _stack(squares: Sequence[Square]) -> list[Tensor]:
    """B×c×h×w of each tap."""
    return [torch.stack(taps).float() for taps in zip(*(square.taps for square in squares), strict=True)]
