"""Where a hat is, its brim too: a small head on the encoder's features of the head's square."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, relu

from bodydouble.errors import InputError
from bodydouble.nn.store import load_modules, read_header
from bodydouble.parsing.network import TAP_CHANNELS
from bodydouble.weights import find_weights

HATS = "hats"  # name in `weights.SHIPPED`, and what the file's header says that it holds
_WIDTH = 24  # channels
_PLACES = 5  # planes that tell a pixel's place in the square: hats are above faces


class HatHead(nn.Module):
    """How likely each pixel of the head's square is a hat's; only to be asked of who wears one."""

    def __init__(self) -> None:
        super().__init__()
        self.lateral = nn.ModuleList([nn.Conv2d(channels, _WIDTH, 1) for channels in TAP_CHANNELS])
        self.place = nn.Conv2d(_PLACES, _WIDTH, 1)
        self.near = nn.Conv2d(_WIDTH, _WIDTH, 3, padding=1)
        self.around = nn.Conv2d(_WIDTH, _WIDTH, 3, padding=4, dilation=4)
        self.logit = nn.Conv2d(2 * _WIDTH, 1, 1)

    def forward(self, taps: Sequence[Tensor]) -> Tensor:
        """B×H×W logits at a quarter of the picture's size.

        Args:
            taps: the encoder's features of the square, B×c×h×w each; see `network.Encoder`.
        """
        size = taps[0].shape[-2:]
        levels = [lateral(tap.float()) for lateral, tap in zip(self.lateral, taps, strict=True)]
        joined = self.place(_places(*size).to(levels[0])) + sum(
            interpolate(level, size, mode="bilinear", align_corners=False) for level in levels
        )
        near = relu(self.near(relu(joined)))
        return self.logit(torch.cat([near, relu(self.around(near))], 1))[:, 0]


def _places(height: int, width: int) -> Tensor:
    """1×5×H×W: x, y in [-1, 1], and what is quadratic in them."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij")
    return torch.stack([x, y, x * x, y * y, x * y])[None]


def read_hat_head(weights: str | Path = HATS) -> HatHead:
    """The head of a file of weights, ready to be used.

    Raises:
        InputError: there are no such weights, or they are not a hat head's.
    """
    file = find_weights(weights)
    if read_header(file.path)[0].kind != HATS:
        raise InputError(f"{file.path} holds no hat head; give weights that its training wrote")
    with torch.device("meta"):
        head = HatHead()
    load_modules(file, HATS, {"": head}, "cpu")
    return head
