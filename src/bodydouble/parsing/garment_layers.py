"""What the two networks that name garments share: what they tell, a transformer over tokens, and how they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, scaled_dot_product_attention

from bodydouble.errors import InputError
from bodydouble.nn.store import load_modules, read_header
from bodydouble.parsing.garments import GARMENTS
from bodydouble.weights import find_weights

WIDTH, _HEADS, _INNER = 128, 4, 256  # of the transformer (Vaswani et al. 2017)
_WAVES = 5  # of a token's place, each twice as short as the one before: the longest is two heights wide
PLACE = 2 + 4 * _WAVES  # channels of a token's place

Network = TypeVar("Network", bound=nn.Module)


class GarmentPlanes(NamedTuple):
    """What a network makes of an image, at half its size."""

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


def mix_tokens(tokens: Tensor, layers: Iterable[nn.Module], after: nn.Module) -> Tensor:
    """B×N×C: what each of B×C×h×w tokens, N of them, learned of all the others."""
    mixed = tokens.flatten(2).transpose(1, 2)
    for layer in layers:
        mixed = layer(mixed)
    normalised: Tensor = after(mixed)
    return normalised


def token_places(height: int, width: int) -> Tensor:
    """1×22×height×width: where each token is, from -1 to 1 over the height, and sines and cosines of that."""
    ends = [(torch.arange(count) + 0.5 - count / 2) / height * 2 for count in (height, width)]
    y, x = torch.meshgrid(*ends, indexing="ij")
    planes = [x, y]
    for wave in range(_WAVES):
        angle = torch.pi / 2 * 2**wave
        planes += [(x * angle).sin(), (x * angle).cos(), (y * angle).sin(), (y * angle).cos()]
    return torch.stack(planes)[None]


def read_garment_network(weights: str | Path, kind: str, build: Callable[[], Network], what: str) -> Network:
    """The network of a file of weights, ready to be used.

    Args:
        kind: what the file's header must say that it holds; `what` says it in a sentence.

    Raises:
        InputError: there are no such weights, or they are not of that kind with these garments.
    """
    file = find_weights(weights)
    header, _ = read_header(file.path)
    if header.kind != kind or header.source.get("garments") != ", ".join(GARMENTS):
        raise InputError(f"{file.path} holds no {what} of this version; give weights that its training exported")
    with torch.device("meta"):
        network = build()
    load_modules(file, kind, {"": network}, "cpu")
    return network
