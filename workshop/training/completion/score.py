"""How far completions are from what was hidden of people that are held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from bodydouble.inpaint.learned.network import CompletionNetwork
from workshop.measures.psnr import psnr
from workshop.training.completion.complete import compare_where_hidden, complete_examples
from workshop.training.completion.distance import Lite0Distance
from workshop.training.completion.examples import Examples, collect_examples
from workshop.training.completion.records import SeenPerson

Measured = tuple[Tensor, Tensor]  # PSNR and Lite0 distance of each completion


@dataclass(frozen=True, kw_only=True)
class CompletionScore:
    """Means over people, on hidden texels alone, of one way to complete."""

    name: str
    psnr: float  # dB
    psnr_error: float  # dB, the mean's standard error
    lite0: float  # see `distance`
    lite0_error: float
    psnr_gain: float  # dB over exemplar on the same people, whose differences from each other cancel out
    psnr_gain_error: float
    lite0_gain: float  # the same; below 0 is better
    lite0_gain_error: float
    better: float  # share of the completions that are nearer to the truth than exemplar's in Lite0 distance

    def line(self) -> str:
        """For a table."""
        noise = f"{self.psnr:.2f} ± {self.psnr_error:.2f} dB ({self.psnr_gain:+.2f} ± {self.psnr_gain_error:.2f})"
        unlike = f"{self.lite0:.3f} ± {self.lite0_error:.3f} ({self.lite0_gain:+.3f} ± {self.lite0_gain_error:.3f})"
        return f"{self.name:<10} {noise}   Lite0 {unlike}   nearer in {100 * self.better:.0f} %"


@torch.no_grad()
def score_completions(
    people: Sequence[SeenPerson], network: CompletionNetwork | None, *, compare: bool = True
) -> list[CompletionScore]:
    """Scores of `exemplar`, of `symmetry` where it was asked, and of the network where there is one.

    Args:
        compare: False: of the network alone, whose gains are 0 because there is nothing beside it.
    """
    people = [person for person in people if person.completions]
    distance, examples = Lite0Distance(), collect_examples(people)
    ways = {"exemplar": examples.exemplar} if compare or network is None else {}
    mirrored = [each.symmetry for person in people for each in person.completions]
    if compare and all(each is not None for each in mirrored):
        ways["symmetry"] = torch.stack([each for each in mirrored if each is not None])
    if network is not None:
        ways["network"] = torch.cat([complete_examples(network, examples.take([row])) for row in range(len(examples))])
    measured = {name: _measure(completed, examples, distance) for name, completed in ways.items()}
    owner = torch.tensor([number for number, person in enumerate(people) for _ in person.completions])
    usual = measured.get("exemplar", measured[next(iter(ways))])
    return [_summarise(name, values, usual, owner) for name, values in measured.items()]


def _summarise(name: str, values: Measured, usual: Measured, owner: Tensor) -> CompletionScore:
    """Means and their standard errors of PSNR and Lite0 distance, alone and beside exemplar's.

    A person counts once, however many completions: two of one person are not independent.
    """
    people = int(owner.max()) + 1
    (noise, unlike), (usual_noise, usual_unlike) = values, usual
    rows = torch.stack([noise, unlike, noise - usual_noise, unlike - usual_unlike, (unlike < usual_unlike).float()])
    means = torch.zeros(len(rows), people).index_add(1, owner, rows) / torch.bincount(owner, minlength=people)
    error = means.std(1) / people**0.5 if people > 1 else torch.zeros(len(rows))
    mean, spread = means.mean(1).tolist(), error.tolist()
    return CompletionScore(
        name=name,
        psnr=mean[0],
        psnr_error=spread[0],
        lite0=mean[1],
        lite0_error=spread[1],
        psnr_gain=mean[2],
        psnr_gain_error=spread[2],
        lite0_gain=mean[3],
        lite0_gain_error=spread[3],
        better=mean[4],
    )


def _measure(completed: Tensor, examples: Examples, distance: Lite0Distance) -> Measured:
    """PSNR and Lite0 distance of each completion."""
    clean = completed.clamp(0, 1)
    # Wherever it does not count it is the same picture: features reach across the edge of what was hidden.
    truth = compare_where_hidden(examples.exemplar, examples)
    picture = torch.where(examples.hidden[:, None], clean, truth)
    return psnr(clean, examples.truth, examples.hidden), distance(picture, truth, examples.hidden)
