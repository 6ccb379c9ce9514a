"""How far completions are from what was hidden of people that are held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from workshop.measures.psnr import psnr
from workshop.training.completion.complete import compare_where_hidden, complete_examples
from workshop.training.completion.distance import Lite0Distance
from workshop.training.completion.examples import Examples, collect_examples
from workshop.training.completion.network import CompletionNetwork
from workshop.training.completion.records import SeenPerson


@dataclass(frozen=True, kw_only=True)
class CompletionScore:
    """Means over completions, on hidden texels alone, of one way to complete."""

    name: str
    psnr: float  # dB
    psnr_error: float  # dB, the mean's standard error
    lite0: float  # see `distance`
    lite0_error: float
    better: float  # share of the completions that are nearer to the truth than exemplar's in Lite0 distance

    def line(self) -> str:
        """For a table."""
        noise, unlike = f"{self.psnr:.2f} ± {self.psnr_error:.2f} dB", f"{self.lite0:.4f} ± {self.lite0_error:.4f}"
        return f"{self.name:<10} {noise}   Lite0 {unlike}   nearer in {100 * self.better:.0f} %"


@torch.no_grad()
def score_completions(people: Sequence[SeenPerson], network: CompletionNetwork | None) -> list[CompletionScore]:
    """Scores of `symmetry` where it was asked, `exemplar`, and the network where there is one."""
    distance, examples = Lite0Distance(), collect_examples(people)
    ways = {"exemplar": examples.exemplar}
    mirrored = [each.symmetry for person in people for each in person.completions]
    if all(each is not None for each in mirrored):
        ways["symmetry"] = torch.stack([each for each in mirrored if each is not None])
    if network is not None:
        ways["network"] = torch.cat([complete_examples(network, examples.take([row])) for row in range(len(examples))])
    measured = {name: _measure(completed, examples, distance) for name, completed in ways.items()}
    return [_summarise(name, *values, measured["exemplar"][1]) for name, values in measured.items()]


def _summarise(name: str, noise: Tensor, unlike: Tensor, usual: Tensor) -> CompletionScore:
    """Means and their standard errors of PSNR and Lite0 distance, beside exemplar's distances."""
    count = len(noise) ** 0.5
    return CompletionScore(
        name=name,
        psnr=float(noise.mean()),
        psnr_error=float(noise.std(correction=0) / count),
        lite0=float(unlike.mean()),
        lite0_error=float(unlike.std(correction=0) / count),
        better=float((unlike < usual).float().mean()),
    )


def _measure(completed: Tensor, examples: Examples, distance: Lite0Distance) -> tuple[Tensor, Tensor]:
    """PSNR and Lite0 distance of each completion."""
    clean = completed.clamp(0, 1)
    # Wherever it does not count it is the same picture: features reach across the edge of what was hidden.
    truth = compare_where_hidden(examples.exemplar, examples)
    picture = torch.where(examples.hidden[:, None], clean, truth)
    return psnr(clean, examples.truth, examples.hidden), distance(picture, truth, examples.hidden)
