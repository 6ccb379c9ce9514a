"""What kind of clothes: attributes that linear classifiers read off the encoder's features, pooled over places.

features at strides 16 and 32, label chances -> means over regions (`body_regions`) -> one classifier an attribute
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from bodydouble.errors import InputError
from bodydouble.nn.store import load_modules, read_header
from bodydouble.parsing.labels import BACKGROUND, DRESS, LABELS, LOWER, OUTER, SHOES, SKIN, UPPER
from bodydouble.parsing.network import TAP_CHANNELS
from bodydouble.values import StyleEstimate
from bodydouble.weights import find_weights

STYLE = "style"  # name in `weights.SHIPPED`, and what the file's header says that it holds

_TAPS = (2, 3)  # features that are pooled: strides 16 and 32
_FLOOR = 0.05  # weight of what is no person's
REGION_CHANNELS = sum(TAP_CHANNELS[tap] for tap in _TAPS) + len(LABELS)
_LEAST_WEIGHT = 0.01  # pixels of the features, below which a mean fades to 0
_TOPS = (UPPER, OUTER)


class StyleView(NamedTuple):
    """What is looked for in one view of a person, and where."""

    attributes: Mapping[str, Sequence[str]]  # options by attribute
    places: Sequence[tuple[str, Sequence[int]]]  # regions of `body_regions`, and of which labels; (): all of the person


VIEWS = {
    "legs": StyleView(
        {
            "legs": ("apart", "bridged"),  # trousers of all kinds; skirts and dresses
            "length": ("thigh", "knee", "calf", "ankle"),  # where what the legs wear ends
            "beneath": ("nothing", "trousers"),  # what a dress, a tunic or a coat over the thighs is worn over
        },
        [
            *((f"{name} {number}", ()) for number in range(4) for name in ("leg", "gap")),
            ("flare", ()),
            *(("legs", labels) for labels in ((LOWER,), (DRESS,), (SKIN,), _TOPS)),
        ],
    ),
    "trunk": StyleView(
        {"outer": ("none", "closed", "open"), "sleeves": ("none", "short", "long")},
        [("trunk", ()), ("front", ()), ("upper arms", ()), ("forearms", ()), ("trunk", (OUTER,))],
    ),
    "head": StyleView(
        {"hat": ("no", "yes"), "hair": ("short", "long"), "tied": ("no", "yes")},  # tied: gathered behind the head
        [("face", ()), ("crown", ()), ("locks", ())],
    ),
    "foot": StyleView(
        {"shoes": ("low", "boot", "pump", "sandal"), "heel": ("flat", "high")},
        [
            *((name, ()) for name in ("foot", "toes", "heel", "ankle", "shaft")),
            ("square", (SHOES,)),
            ("square", (SKIN,)),
        ],
    ),
}
ATTRIBUTES = {name: options for view in VIEWS.values() for name, options in view.attributes.items()}


class StyleHead(nn.Module):
    """The classifiers of all attributes; untrained, all options are alike."""

    def __init__(self) -> None:
        super().__init__()
        self.classifiers = nn.ModuleDict()
        for view in VIEWS.values():
            for name, options in view.attributes.items():
                layer = nn.Linear(len(view.places) * REGION_CHANNELS, len(options))
                nn.init.zeros_(layer.weight)
                nn.init.zeros_(layer.bias)
                self.classifiers[name] = layer

    def forward(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """(options,) chances by attribute, means over all pictures of a view.

        Args:
            features: by view, N×C of `pool_regions`; views that are not there have no attributes.
        """
        return {
            name: self.classifiers[name](features[key]).softmax(1).mean(0)
            for key, view in VIEWS.items()
            if key in features
            for name in view.attributes
        }

    def estimate(self, features: Mapping[str, Tensor]) -> StyleEstimate:
        """The same as a value."""
        chances = self(features).items()
        return StyleEstimate(
            chances={name: dict(zip(ATTRIBUTES[name], each.tolist(), strict=True)) for name, each in chances}
        )


def read_style_head(weights: str | Path = STYLE) -> StyleHead:
    """The head of a file of weights, ready to be used.

    Raises:
        InputError: there are no such weights, or they are not a style head's with these attributes.
    """
    file = find_weights(weights)
    header, _ = read_header(file.path)
    if header.kind != STYLE or header.source.get("attributes") != describe_attributes():
        raise InputError(f"{file.path} holds no style head of this version; give weights that its training wrote")
    with torch.device("meta"):
        head = StyleHead()
    load_modules(file, STYLE, {"": head}, "cpu")
    return head


def describe_attributes() -> str:
    """All attributes and their options, for a file's header."""
    return "; ".join(f"{name}: {', '.join(options)}" for name, options in ATTRIBUTES.items())


def pool_regions(taps: Sequence[Tensor], chances: Tensor, regions: Tensor, labels: Sequence[Sequence[int]]) -> Tensor:
    """B×(R·C): means over regions of the labels, and of the encoder's features where the regions' labels are.

    Args:
        taps: the encoder's features, B×c×h×w each; see `network.Encoder`.
        chances: B×L×H×W, probabilities of the labels.
        regions: B×R×H'×W', [0, 1].
        labels: for each region some labels; all of the person's where there are none.
    """
    drawn = interpolate(regions, chances.shape[-2:], mode="area")
    person = 1 - chances[:, BACKGROUND] * (1 - _FLOOR)
    weights = drawn * torch.stack([chances[:, list(some)].sum(1) if some else person for some in labels], 1)
    pooled = [_means(chances, drawn)]
    pooled += [_means(taps[tap].float(), interpolate(weights, taps[tap].shape[-2:], mode="area")) for tap in _TAPS]
    return torch.cat(pooled, 2).flatten(1)


def _means(planes: Tensor, weights: Tensor) -> Tensor:
    """B×R×C of B×C×H×W planes and B×R×H×W weights; 0 where there is next to no weight."""
    return torch.einsum("bchw,brhw->brc", planes, weights) / weights.sum((2, 3)).clamp_min(_LEAST_WEIGHT)[..., None]
