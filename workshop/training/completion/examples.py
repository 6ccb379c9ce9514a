"""What is learned from: completions of real people, with what is hidden of each as the truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from workshop.training.augment import Augmentation, recolour
from workshop.training.completion.records import SeenPerson

# Clothes have other colours than photographed people's; their light and the detector's edge stay as they were met.
_COLOURS = Augmentation(hue_turns=0.08, saturation=0.25, gain=0.06, gamma=0.1)


@dataclass(frozen=True, kw_only=True)
class Examples:
    """B completions, one below the other."""

    truth: Tensor  # B×3×S×S, [0, 1], what the photo shows, 0 elsewhere
    hidden: Tensor  # B×S×S, bool: part of it, which was not given
    confidence: Tensor  # B×S×S, [0, 1], of what was given, 0 elsewhere
    exemplar: Tensor  # B×3×S×S, [0, 1], the default inpainter's whole texture
    labels: Tensor  # B×S×S, uint8, of that

    def __len__(self) -> int:
        """How many completions."""
        return len(self.truth)

    @property
    def whole(self) -> Tensor:
        """B×3×S×S, what was given, to the last bit, and what exemplar makes of the rest."""
        return torch.where((self.confidence > 0)[:, None], self.truth, self.exemplar)

    @property
    def unknown(self) -> Tensor:
        """B×S×S, bool: texels that were not given, nor were their twins, and that have no truth.

        A twin's colours are judged where there is a truth, and are as good elsewhere.
        """
        given = self.confidence > 0
        return ~(given | given.flip(-1) | self.hidden)

    def take(self, rows: Sequence[int]) -> Examples:
        """Some of them, in an order of the caller's."""
        return Examples(**{field.name: getattr(self, field.name)[list(rows)] for field in fields(self)})


def collect_examples(people: Sequence[SeenPerson]) -> Examples:
    """All completions of some people, person by person."""
    pairs = [(person, each) for person in people for each in person.completions]
    return Examples(
        truth=torch.stack([person.rgb for person, _ in pairs]),
        hidden=torch.stack([each.hidden for _, each in pairs]),
        confidence=torch.stack([person.confidence * ~each.hidden for person, each in pairs]),
        exemplar=torch.stack([each.exemplar for _, each in pairs]),
        labels=torch.stack([each.labels for _, each in pairs]),
    )


def mirror_examples(examples: Examples) -> Examples:
    """The same people with right and left exchanged, in a layout whose twin of (u, v) is (1 - u, v)."""
    return Examples(**{field.name: getattr(examples, field.name).flip(-1) for field in fields(examples)})


def sample_batches(examples: Examples, count: int, steps: range, seed: int) -> Iterator[Examples]:
    """A batch of `count` random examples for each step, in random colours and half of them mirrored.

    A step has the same batch whichever steps came before it.
    """
    for step in steps:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed * 1_000_003 + step)
            batch = examples.take(torch.randint(len(examples), (count,)).tolist())
            truth, exemplar = recolour([batch.truth, batch.exemplar], _COLOURS)
            mask = batch.hidden | (batch.confidence > 0)
            batch = replace(batch, truth=truth * mask[:, None], exemplar=exemplar)
            yield mirror_examples(batch) if torch.rand(()) < 0.5 else batch
