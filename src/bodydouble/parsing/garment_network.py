"""What each garment is called, and what is carried: a head that looks at the whole person at once.

Local features tell cloth from skin, yet not a skirt from wide trousers: that takes both hems, the feet, the belt.

features at strides 16, 32 and label chances -> a token for each 32² pixels -> transformer (Vaswani et al. 2017)
-> with features at stride 8 -> with the parser's pyramid at stride 4 -> logits at stride 2
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, pixel_shuffle, pixel_unshuffle, relu

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
from bodydouble.parsing.labels import LABELS
from bodydouble.parsing.network import PYRAMID, SHUFFLE, TAP_CHANNELS

NAME = "garments"  # in `weights.SHIPPED`, and what the file's header says that it holds
_LAYERS = 3  # of the transformer
_MIDDLE, _FINE = 64, 32  # channels at strides 8 and 4
_EIGHTH, _SIXTEENTH, _DEEPEST = 1, 2, 3  # the encoder's features at strides 8, 16 and 32
_TOKEN = 4  # pixels at stride 8 on a side of a token


class GarmentHead(nn.Module):
    """Names of garments and what is carried, on features that stay as they are."""

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.scale = nn.ModuleList([nn.GroupNorm(1, TAP_CHANNELS[tap]) for tap in (_EIGHTH, _SIXTEENTH, _DEEPEST)])
        self.deepest = nn.Conv2d(TAP_CHANNELS[_DEEPEST], WIDTH, 1)
        self.sixteenth = nn.Conv2d(TAP_CHANNELS[_SIXTEENTH] * 4, WIDTH, 1)
        self.labels = nn.Conv2d(len(LABELS) * _TOKEN**2, WIDTH, 1)
        self.place = nn.Conv2d(PLACE, WIDTH, 1)
        self.layers = nn.ModuleList([Layer(dropout) for _ in range(_LAYERS)])
        self.after = nn.LayerNorm(WIDTH)
        self.coarse = nn.Conv2d(WIDTH, _MIDDLE, 1)
        self.around = nn.Conv2d(TAP_CHANNELS[_SIXTEENTH], _MIDDLE, 1)
        self.eighth = nn.Conv2d(TAP_CHANNELS[_EIGHTH], _MIDDLE, 1)
        self.middle = nn.ModuleList([nn.Conv2d(_MIDDLE, _MIDDLE, 3, padding=1) for _ in range(2)])
        self.narrow = nn.Conv2d(_MIDDLE, _FINE, 1)
        self.fine = nn.Conv2d(PYRAMID + len(LABELS), _FINE, 1)
        self.mixed = nn.Conv2d(_FINE, _FINE, 3, padding=1)
        self.logits = nn.Conv2d(_FINE, (len(GARMENTS) + 1) * SHUFFLE**2, 1)
        self.drop = nn.Dropout2d(dropout)

    def forward(self, taps: Sequence[Tensor], pyramid: Tensor, chances: Tensor) -> GarmentPlanes:
        """Logits at half the image's size.

        Args:
            taps: the encoder's features at strides 8, 16 and 32, B×c×h×w each; see `network.Encoder`.
            pyramid: B×64×H/4×W/4, see `network.ParserNetwork.pyramid`.
            chances: B×L×H/4×W/4, probabilities of the labels.
        """
        eighth, sixteenth, deepest = (self.drop(scale(tap)) for scale, tap in zip(self.scale, taps, strict=True))
        coarse = self._look_around(sixteenth, deepest, avg_pool2d(chances, 2))
        middle = interpolate(coarse, scale_factor=4.0, mode="bilinear") + self.eighth(eighth)
        middle = middle + interpolate(self.around(sixteenth), scale_factor=2.0, mode="bilinear")
        for convolution in self.middle:
            middle = middle + relu(convolution(relu(middle)))
        wide = interpolate(self.narrow(middle), scale_factor=2.0, mode="bilinear")
        mixed = relu(self.mixed(relu(wide + self.fine(torch.cat([pyramid, chances], 1)))))
        logits = pixel_shuffle(self.logits(mixed), SHUFFLE).float()
        return GarmentPlanes(logits[:, :-1], logits[:, -1])

    def _look_around(self, sixteenth: Tensor, deepest: Tensor, chances: Tensor) -> Tensor:
        """B×C×h×w at stride 32: what each token learned of all the others; `chances` at stride 8."""
        tokens = self.deepest(deepest) + self.sixteenth(pixel_unshuffle(sixteenth, 2))
        tokens = tokens + self.labels(pixel_unshuffle(chances, _TOKEN)) + self.place(token_places(*deepest.shape[-2:]))
        mixed = mix_tokens(tokens, self.layers, self.after)
        joined: Tensor = self.coarse(mixed.transpose(1, 2).unflatten(2, deepest.shape[-2:]))
        return joined


def read_garment_head(weights: str | Path = NAME) -> GarmentHead:
    """The head of a file of weights, ready to be used.

    Raises:
        InputError: there are no such weights, or they are not a garment head's with these garments.
    """
    return read_garment_network(weights, NAME, GarmentHead, "garment head")
