"""The style's classifiers: logistic regressions on pooled features, their weight decay chosen by cross-validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

Features = Mapping[str, Mapping[str, Tensor]]  # by number of the photo and by view, N×C
Truth = Mapping[str, Mapping[str, str]]  # by number of the photo and by attribute: an option
FOLDS = 5
DECAYS = (0.03, 0.1, 0.3, 1.0)  # tried
_STEPS = 60  # of L-BFGS; the loss had stopped falling by then
_BALANCE = 0.5  # exponent of how much more rare options count


@dataclass(frozen=True, kw_only=True)
class Samples:
    """All pictures of one view whose option of one attribute is known."""

    features: Tensor  # N×C
    classes: Tensor  # (N,), int64, rows of the attribute's options
    photos: Tensor  # (N,), int64, numbers of their photos


def collect_samples(features: Features, truth: Truth, view: str, attribute: str, options: Sequence[str]) -> Samples:
    """The samples of one attribute, by photo."""
    rows, classes, photos = [], [], []
    for number, views in features.items():
        option = truth.get(number, {}).get(attribute)
        if view in views and option in options:
            rows.append(views[view].float())
            classes += [options.index(option)] * len(views[view])
            photos += [int(number)] * len(views[view])
    return Samples(features=torch.cat(rows), classes=torch.tensor(classes), photos=torch.tensor(photos))


def fit_classifier(samples: Samples, options: int, decay: float) -> nn.Linear:
    """The linear classifier whose cross entropy and `decay` times its squared weights are least."""
    middle, spread = samples.features.mean(0), samples.features.std(0) + 1e-3
    standard = (samples.features - middle) / spread
    counts = torch.bincount(samples.classes, minlength=options).float().clamp_min(1)
    class_weight = (len(samples.classes) / options / counts) ** _BALANCE
    weight, bias = torch.zeros(options, standard.shape[1]), torch.zeros(options)
    parameters = [weight.requires_grad_(), bias.requires_grad_()]
    optimiser = torch.optim.LBFGS(parameters, max_iter=_STEPS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = cross_entropy(standard @ weight.T + bias, samples.classes, class_weight) + decay * weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    layer = nn.Linear(standard.shape[1], options)
    with torch.no_grad():
        layer.weight.copy_(weight / spread)
        layer.bias.copy_(bias - layer.weight @ middle)
    return layer


def cross_validate(samples: Samples, options: int, decay: float) -> Tensor:
    """N×options chances, each sample's by a classifier that saw no picture of its fold."""
    fold = samples.photos // 10 % FOLDS
    chances = torch.zeros(len(fold), options)
    for number in range(FOLDS):
        kept = fold != number
        known = Samples(features=samples.features[kept], classes=samples.classes[kept], photos=samples.photos[kept])
        layer = fit_classifier(known, options, decay)
        with torch.no_grad():
            chances[~kept] = layer(samples.features[~kept]).softmax(1)
    return chances


def photo_chances(samples: Samples, chances: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(P,) photos, P×options means of their pictures' chances, and (P,) their classes."""
    photos, place = samples.photos.unique(return_inverse=True)
    count = torch.zeros(len(photos)).index_add(0, place, torch.ones(len(place)))
    means = torch.zeros(len(photos), chances.shape[1]).index_add(0, place, chances) / count[:, None]
    classes = torch.zeros(len(photos), dtype=torch.long)
    classes[place] = samples.classes
    return photos, means, classes
