"""A second opinion of what each garment is called: an encoder's later stages that learned names alone.

`garment_network.GarmentHead` reads features that serve the labels. This shares the parser's first features, at strides
4 and 8, and has all stages from there on for itself.

features at stride 8 -> encoder's later stages -> a token for each 32² pixels -> transformer (Vaswani et al. 2017)
-> with features at strides 16, 8, 4 -> logits at stride 2
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pixel_shuffle, relu

from bodydouble.parsing.garment_layers import (
    PLACE,
    WIDTH,
    GarmentPlanes,
    Layer,
    mix_tokens,
    read_garment_network,
    token_places,
)
from bodydouble.parsing.garments import GARMENTS
from bodydouble.parsing.network import SHUFFLE, TAP_CHANNELS, make_stages

NAME = "names"  # in `weights.SHIPPED`, and what the file's header says that it holds
_LAYERS = 2  # of the transformer
_MIDDLE, _FINE = 64, 32  # channels at strides 16 and 8, and at stride 4
_FOURTH, _EIGHTH, _SIXTEENTH, _DEEPEST = range(4)  # the encoder's features by stride
SHARED_TAPS = 2  # of these, the first, which are the parser's
_OWN = 3  # the encoder's first stage behind them
_AT_SIXTEENTH = 2  # own stages up to stride 16
_SPREAD = 10.0  # about the standard deviation of the parser's features


class NameNetwork(nn.Module):
    """Names of garments and what is carried, from the parser's features at strides 4 and 8."""

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.stages = nn.ModuleList(make_stages(_OWN))
        self.scale = nn.ModuleList([nn.GroupNorm(1, channels) for channels in TAP_CHANNELS[SHARED_TAPS:]])
        self.deepest = nn.Conv2d(TAP_CHANNELS[_DEEPEST], WIDTH, 1)
        self.place = nn.Conv2d(PLACE, WIDTH, 1)
        self.layers = nn.ModuleList([Layer(dropout) for _ in range(_LAYERS)])
        self.after = nn.LayerNorm(WIDTH)
        self.worn = nn.Linear(WIDTH, len(GARMENTS))
        self.coarse = nn.Conv2d(WIDTH, _MIDDLE, 1)
        self.sixteenth = nn.Conv2d(TAP_CHANNELS[_SIXTEENTH], _MIDDLE, 1)
        self.eighth = nn.Conv2d(TAP_CHANNELS[_EIGHTH], _MIDDLE, 1)
        self.middle = nn.ModuleList([nn.Conv2d(_MIDDLE, _MIDDLE, 3, padding=1) for _ in range(2)])
        self.narrow = nn.Conv2d(_MIDDLE, _FINE, 1)
        self.fourth = nn.Conv2d(TAP_CHANNELS[_FOURTH], _FINE, 1)
        self.mixed = nn.Conv2d(_FINE, _FINE, 3, padding=1)
        self.logits = nn.Conv2d(_FINE, (len(GARMENTS) + 1) * SHUFFLE**2, 1)
        self.drop = nn.Dropout2d(dropout)

    def forward(self, fourth: Tensor, eighth: Tensor) -> GarmentPlanes:
        """Logits at half the image's size.

        Args:
            fourth: B×24×H/4×W/4, the parser's encoder's features; H and W are multiples of 32.
            eighth: B×40×H/8×W/8, the same at stride 8.
        """
        sixteenth = self._run_stages(eighth, 0, _AT_SIXTEENTH)
        deepest = self._run_stages(sixteenth, _AT_SIXTEENTH, len(self.stages))
        fourth, eighth = fourth / _SPREAD, eighth / _SPREAD
        sixteenth, deepest = (scale(tap) for scale, tap in zip(self.scale, (sixteenth, deepest), strict=True))
        fourth, eighth, sixteenth, deepest = map(self.drop, (fourth, eighth, sixteenth, deepest))
        tokens = self._look_around(deepest)
        coarse = tokens.transpose(1, 2).unflatten(2, deepest.shape[-2:])
        wide = self.sixteenth(sixteenth) + _doubled(self.coarse(coarse))
        wide = wide + relu(self.middle[0](relu(wide)))
        wide = self.eighth(eighth) + _doubled(wide)
        wide = wide + relu(self.middle[1](relu(wide)))
        mixed = relu(self.mixed(relu(self.fourth(fourth) + _doubled(self.narrow(wide)))))
        logits = pixel_shuffle(self.logits(mixed), SHUFFLE).float()
        return GarmentPlanes(logits[:, :-1], logits[:, -1], self.worn(tokens.mean(1)))

    def _run_stages(self, features: Tensor, first: int, end: int) -> Tensor:
        for stage in self.stages[first:end]:
            features = stage(features)
        return features

    def _look_around(self, deepest: Tensor) -> Tensor:
        """B×N×C: what each token, 32² pixels, learned of all the others."""
        tokens = self.deepest(deepest) + self.place(token_places(*deepest.shape[-2:]))
        return mix_tokens(tokens, self.layers, self.after)


def _doubled(planes: Tensor) -> Tensor:
    """B×C×2h×2w of B×C×h×w."""
    return interpolate(planes, scale_factor=2.0, mode="bilinear")


def read_name_network(weights: str | Path = NAME) -> NameNetwork:
    """The network of a file of weights, ready to be used.

    Raises:
        InputError: there are no such weights, or they are not a name network's with these garments.
    """
    network = read_garment_network(weights, NAME, NameNetwork, "name network")
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
