"""What each garment is called, and what is carried: a head that looks at the whole person at once.

Local features tell cloth from skin, yet not a skirt from wide trousers: that takes both hems, the feet, the belt.

features at strides 16, 32 and label chances -> a token for each 32² pixels -> transformer (Vaswani et al. 2017)
-> with features at stride 8 -> with the parser's pyramid at stride 4 -> logits at stride 2
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import (
    avg_pool2d,
    gelu,
    interpolate,
    pixel_shuffle,
    pixel_unshuffle,
    relu,
    scaled_dot_product_attention,
)

from bodydouble.errors import InputError
from bodydouble.nn.store import load_modules, read_header
from bodydouble.parsing.garments import GARMENTS
from bodydouble.parsing.labels import LABELS
from bodydouble.parsing.network import PYRAMID, SHUFFLE, TAP_CHANNELS
from bodydouble.weights import find_weights

NAME = "garments"  # in `weights.SHIPPED`, and what the file's header says that it holds
WIDTH, _HEADS, _LAYERS, _INNER = 128, 4, 3, 256  # of the transformer
_MIDDLE, _FINE = 64, 32  # channels at strides 8 and 4
_EIGHTH, _SIXTEENTH, _DEEPEST = 1, 2, 3  # the encoder's features at strides 8, 16 and 32
_TOKEN = 4  # pixels at stride 8 on a side of a token
_WAVES = 5  # of a token's place, each twice as short as the one before: the longest is two heights wide
PLACE = 2 + 4 * _WAVES  # channels of a token's place


class GarmentPlanes(NamedTuple):
    """What the head makes of an image, at half its size."""

    garments: Tensor  # B×G×h×w, logits of `GARMENTS` where there is cloth
    carried: Tensor  # B×h×w, logits of what is carried: bags, and the like
    worn: Tensor | None = None  # B×G, logits that somebody wears such a garment, where that is told


class Layer(nn.Module):
    """A transformer's layer, normalised first."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.before_attention, self.before_inner = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attention = nn.Linear(WIDTH, 3 * WIDTH)
        self.joined = nn.Linear(WIDTH, WIDTH)
        self.inner = nn.Linear(WIDTH, _INNER)
        self.outer = nn.Linear(_INNER, WIDTH)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        """B×N×C to the same."""
        split = self.attention(self.before_attention(tokens)).unflatten(2, (3, _HEADS, -1)).permute(2, 0, 3, 1, 4)
        seen = scaled_dot_product_attention(*split.unbind(0)).transpose(1, 2).flatten(2)
        tokens = tokens + self.dropout(self.joined(seen))
        inner = gelu(self.inner(self.before_inner(tokens)))
        return tokens + self.dropout(self.outer(self.dropout(inner)))


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
        flat = tokens.flatten(2).transpose(1, 2)
        for layer in self.layers:
            flat = layer(flat)
        joined: Tensor = self.coarse(self.after(flat).transpose(1, 2).unflatten(2, deepest.shape[-2:]))
        return joined


def token_places(height: int, width: int) -> Tensor:
    """1×22×height×width: where each token is, from -1 to 1 over the height, and sines and cosines of that."""
    ends = [(torch.arange(count) + 0.5 - count / 2) / height * 2 for count in (height, width)]
    y, x = torch.meshgrid(*ends, indexing="ij")
    planes = [x, y]
    for wave in range(_WAVES):
        angle = torch.pi / 2 * 2**wave
        planes += [(x * angle).sin(), (x * angle).cos(), (y * angle).sin(), (y * angle).cos()]
    return torch.stack(planes)[None]


def read_garment_head(weights: str | Path = NAME) -> GarmentHead:
    """The head of a file of weights, ready to be used.

    Raises:
        InputError: there are no such weights, or they are not a garment head's with these garments.
    """
    file = find_weights(weights)
    header, _ = read_header(file.path)
    if header.kind != NAME or header.source.get("garments") != ", ".join(GARMENTS):
        raise InputError(f"{file.path} holds no garment head of this version; give weights that its training exported")
    with torch.device("meta"):
        head = GarmentHead()
    load_modules(file, NAME, {"": head}, "cpu")
    return head
