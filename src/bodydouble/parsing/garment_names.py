"""What garments are called, by two networks: one looks at the whole square, one at the person's part of it alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, pad

from bodydouble.parsing.garment_layers import GarmentPlanes
from bodydouble.parsing.garment_network import NAME as HEAD
from bodydouble.parsing.garment_network import GarmentHead, read_garment_head
from bodydouble.parsing.name_network import NAME as NAMES
from bodydouble.parsing.name_network import NameNetwork, read_name_network
from bodydouble.parsing.network import STRIDE
from bodydouble.parsing.style_views import Look

_NAMES_SHARE = 0.6  # of the name network in both's mean; between 0.5 and 0.7 hardly anything changes
_STRIDES = (4, 8)  # of the features that it takes, in pixels of the picture
_THERE = 0.5  # chance from which a pixel is the person's
_MARGIN = 0.025  # of the person's longer side, at each side: about what the network was trained with


class Cells(NamedTuple):
    """A rectangle of the square, in cells of `STRIDE` pixels of the picture."""

    top: int
    bottom: int
    left: int
    right: int

    def cut(self, planes: Tensor, stride: int) -> Tensor:
        """2×C×h×w of the square and of its mirror image, `stride` pixels of the picture apart."""
        scale, width = STRIDE // stride, planes.shape[-1]
        rows = slice(self.top * scale, self.bottom * scale)
        first, last = self.left * scale, self.right * scale
        return torch.stack([planes[0, :, rows, first:last], planes[1, :, rows, width - last : width - first]])


class GarmentNetworks(NamedTuple):
    """The head on the parser's features, and the network with later stages of its own."""

    head: GarmentHead
    names: NameNetwork


def read_garment_networks(head: str | Path = HEAD, names: str | Path = NAMES) -> GarmentNetworks:
    """The networks of two files of weights, ready to be used.

    Raises:
        InputError: there are no such weights, or they are others'.
    """
    return GarmentNetworks(read_garment_head(head), read_name_network(names))


def tell_garments(networks: GarmentNetworks, look: Look, background: Tensor) -> Tensor:
    """(G + 1)×S/2×S/2 chances of garments by both networks, of what is carried by the head; of a square and its mirror.

    Args:
        look: at the square and its mirror image.
        background: S/2×S/2, how likely the square shows the background.
    """
    return mean_of_networks(tell_head(networks.head, look), tell_names(networks.names, look.taps, background))


def mean_of_networks(by_head: Tensor, by_names: Tensor) -> Tensor:
    """(G + 1)×h×w chances: both's mean of garments, the head's of what is carried, which leaves less of bags."""
    return torch.cat([torch.lerp(by_head[:-1], by_names[:-1], _NAMES_SHARE), by_head[-1:]])


def tell_head(head: GarmentHead, look: Look) -> Tensor:
    """(G + 1)×S/2×S/2 chances by the garment head alone."""
    return _mean_of_both(head(look.taps[1:], look.pyramid, avg_pool2d(look.chances, 2)))


def tell_names(network: NameNetwork, taps: Sequence[Tensor], background: Tensor) -> Tensor:
    """The same by the name network alone; `taps` are the parser's features of both, of which the first are used."""
    cells = find_person(background)
    both = _mean_of_both(network(*(cells.cut(tap, stride) for tap, stride in zip(taps, _STRIDES, strict=False))))
    half, (height, width) = STRIDE // 2, background.shape
    sides = [cells.left * half, width - cells.right * half, cells.top * half, height - cells.bottom * half]
    return pad(both[None], sides, mode="replicate")[0]


def _mean_of_both(planes: GarmentPlanes) -> Tensor:
    """(G + 1)×h×w chances of 2×·×h×w logits, of an image and of its mirror image."""
    chances = torch.cat([planes.garments.softmax(1), planes.carried.sigmoid()[:, None]], 1)
    return (chances[0] + chances[1].flip(2)) / 2


def find_person(background: Tensor) -> Cells:
    """The cells around the person; the whole square where there is nobody."""
    there = background < _THERE
    sides = [torch.nonzero(there.any(axis)).flatten() for axis in (1, 0)]
    counts = [length * 2 // STRIDE for length in background.shape]
    if not len(sides[0]):
        return Cells(0, counts[0], 0, counts[1])
    margin = _MARGIN * max(float(side[-1] - side[0]) for side in sides)
    ends: list[int] = []
    for side, count in zip(sides, counts, strict=True):
        ends += _cover(float(side[0]) - margin, float(side[-1]) + 1 + margin, count)
    return Cells(*ends)


def _cover(first: float, last: float, count: int) -> tuple[int, int]:
    """Cells of `count` that cover pixels of planes at half the picture's size."""
    cell = STRIDE / 2
    return max(0, int(first // cell)), min(count, int(-(-last // cell)))
