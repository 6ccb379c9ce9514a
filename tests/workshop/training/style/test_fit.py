"""Classifiers find what separates options, and cross-validation does not see what it judges."""

import torch

from workshop.training.style.fit import collect_samples, cross_validate, fit_classifier, photo_chances
from workshop.training.style.train import describe_score


def drawn_samples(signal: float):
    """150 photographs of two pictures each; the option shifts the first of 20 features."""
    generator = torch.Generator().manual_seed(0)
    features, truth = {}, {}
    for number in range(1, 151):
        option = number % 2
        rows = torch.randn(2, 20, generator=generator)
        rows[:, 0] += signal * (2 * option - 1)
        rows[:, 1:] += 3 * torch.randn(19, generator=generator)  # what the two pictures of a photograph share
        features[f"{number:04d}"] = {"head": rows}
        truth[f"{number:04d}"] = {"hat": ("no", "yes")[option]}
    return collect_samples(features, truth, "head", "hat", ("no", "yes"))


def test_what_separates_them_is_found():
    samples = drawn_samples(3.0)
    layer = fit_classifier(samples, 2, 0.01)
    chances = layer(samples.features).softmax(1)
    assert float((chances.argmax(1) == samples.classes).float().mean()) > 0.98
    assert int((layer.weight[1] - layer.weight[0]).abs().argmax()) == 0


def test_without_a_signal_folds_are_at_chance():
    """Both pictures of a photograph lie in one fold: what they share would give the option away."""
    samples = drawn_samples(0.0)
    photos, chances, classes = photo_chances(samples, cross_validate(samples, 2, 0.001))
    assert len(photos) == 150
    assert 0.35 < float((chances.argmax(1) == classes).float().mean()) < 0.65


def test_options_in_doubt_are_no_samples():
    rows = {"0001": {"head": torch.zeros(2, 3)}, "0002": {"head": torch.ones(2, 3)}, "0003": {"foot": torch.ones(2, 3)}}
    truth = {"0001": {"hat": "yes"}, "0002": {}, "0003": {"hat": "no"}}
    samples = collect_samples(rows, truth, "head", "hat", ("no", "yes"))
    assert samples.classes.tolist() == [1, 1] and samples.photos.tolist() == [1, 1]


def test_scores_are_counts():
    line = describe_score(
        "hat", ("no", "yes"), torch.tensor([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]]), torch.tensor([0, 1, 1])
    )
    assert "66.7 % of 3" in line and "no 1 of 1, yes 1 of 2" in line
