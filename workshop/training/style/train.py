"""From features and truth to the file that ships, and how often it is right."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from bodydouble.nn.store import halve, write_tensors
from bodydouble.parsing.style import STYLE, VIEWS, StyleHead, describe_attributes, read_style_head
from workshop.training.parsing.pictures import MEASURED
from workshop.training.style.fit import (
    DECAYS,
    collect_samples,
    cross_validate,
    fit_classifier,
    photo_chances,
)
from workshop.training.style.gather import read_samples


def train_style(run: Path, path: Path) -> None:
    """Write the head whose weight decays predict best what a fold did not see; print how often each is right there.

    Raises:
        InputError: the run holds no samples, or the file's folder does not exist.
    """
    features, truth = read_samples(run)
    features = {number: views for number, views in features.items() if not number.endswith(MEASURED)}
    head, decays = StyleHead(), {}
    for key, view in VIEWS.items():
        for name, options in view.attributes.items():
            samples = collect_samples(features, truth, key, name, options)
            tried = [photo_chances(samples, cross_validate(samples, len(options), decay))[1:] for decay in DECAYS]
            best = min(range(len(DECAYS)), key=lambda row: log_loss(*tried[row]))
            decays[name] = DECAYS[best]
            print(describe_score(name, options, *tried[best]), flush=True)
            head.classifiers[name] = fit_classifier(samples, len(options), decays[name])
    source = {
        "attributes": describe_attributes(),
        "data": f"{len(features)} street photographs of Clothing Co-Parsing; weights only",
        "decays": ", ".join(f"{name} {decay}" for name, decay in decays.items()),
    }
    write_tensors(halve(head.state_dict()), path, STYLE, source)


@torch.no_grad()
def score_style(weights: str | Path, run: Path) -> list[str]:
    """A line an attribute: how often a head is right on the photographs that are kept to measure with."""
    features, truth = read_samples(run)
    measured = {number: views for number, views in features.items() if number.endswith(MEASURED)}
    head = read_style_head(weights)
    lines = []
    for key, view in VIEWS.items():
        for name, options in view.attributes.items():
            samples = collect_samples(measured, truth, key, name, options)
            chances = head.classifiers[name](samples.features).softmax(1)
            lines.append(describe_score(name, options, *photo_chances(samples, chances)[1:]))
    return lines


def log_loss(chances: Tensor, classes: Tensor) -> float:
    """Mean of minus the logarithm of the chance that P×options chances give each true class, (P,)."""
    return -float(chances[torch.arange(len(classes)), classes].clamp_min(1e-6).log().mean())


def describe_score(name: str, options: Sequence[str], chances: Tensor, classes: Tensor) -> str:
    """How many of all and of each option are right; arguments as of `log_loss`."""
    right = chances.argmax(1) == classes
    each = (
        f"{option} {int(right[classes == row].sum())} of {int((classes == row).sum())}"
        for row, option in enumerate(options)
    )
    return f"{name:9} {100 * float(right.float().mean()):.1f} % of {len(classes)}: {', '.join(each)}"
