"""How unlike two pictures look: the parser's own features in place of LPIPS, called by its name, the parser distance.

As LPIPS (Zhang et al., "The unreasonable effectiveness of deep features as a perceptual metric", 2018): features of
several depths, each pixel's normalised over the channels, squared differences, means. The network is the parser's
encoder, and nothing was fitted to anybody's judgement: figures of it are not figures of LPIPS.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from bodydouble.parsing.builtin import read_parser
from bodydouble.parsing.network import STRIDE

NAME = "parser distance"


class PerceptualDistance(Protocol):
    """D of fusion."""

    weight: float  # beside 10 · L1

    def __call__(self, image: Tensor, target: Tensor, /) -> Tensor:
        """A number, differentiable in the image: how unlike two B×3×H×W pictures in [0, 1] look, on average."""
        ...


class ParserDistance(nn.Module):
    """B×3×H×W pairs in [0, 1] to their distance, a number; sides are multiples of 32."""

    weight = 0.03  # at LPIPS's plain cloth gets a grain (9 dB at the photo)

    def __init__(self) -> None:
        super().__init__()
        self.encoder = read_parser().encoder.eval().requires_grad_(False)

    def forward(self, image: Tensor, target: Tensor) -> Tensor:
        """The mean over images, pixels and depths."""
        if image.shape[-1] % STRIDE or image.shape[-2] % STRIDE:
            raise ValueError(f"sides of {tuple(image.shape[-2:])} are no multiples of {STRIDE}")
        with torch.no_grad():
            wanted = [functional.normalize(tap, dim=1) for tap in self.encoder(target)]
        taps = [functional.normalize(tap, dim=1) for tap in self.encoder(image)]
        return torch.stack([(tap - goal).square().sum(1).mean() for tap, goal in zip(taps, wanted, strict=True)]).mean()
