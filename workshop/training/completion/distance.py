"""Lite0 distance: how unlike two pictures are to a network that tells objects apart. It stands in for LPIPS.

Features of EfficientNet-Lite0 (ImageNet) at strides 4 and 8, scaled to unit length at every place: the distance is the
sum of the squares of their differences, on average over the places that count. No weights are learned for it, so that
its size means nothing by itself.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from bodydouble.parsing.network import Encoder
from workshop.training.parsing.lite0 import load_imagenet

_STAGES = 3  # of the encoder, up to stride 8: what lies deeper sees more than a hidden region


class Lite0Distance(nn.Module):
    """The distance; its network stays as it is."""

    def __init__(self) -> None:
        """Raises InputError where ImageNet's weights are not installed."""
        super().__init__()
        encoder = Encoder()
        load_imagenet(encoder)
        encoder.stages = encoder.stages[:_STAGES]
        self.encoder = encoder.eval().requires_grad_(False)

    def forward(self, picture: Tensor, truth: Tensor, where: Tensor) -> Tensor:
        """(B,) distances, at least 0; 0 where nothing counts.

        Args:
            picture: B×3×H×W, [0, 1], H and W multiples of 8; gradients go to it.
            truth: the same.
            where: B×H×W, bool, pixels that count; a feature counts by their share in its cell.
        """
        with torch.no_grad():
            wanted = self.encoder(truth)
        total = picture.new_zeros(len(picture))
        for ours, theirs in zip(self.encoder(picture), wanted, strict=True):
            squared = (functional.normalize(ours, dim=1) - functional.normalize(theirs, dim=1)).square().sum(1)
            counts = functional.adaptive_avg_pool2d(where[:, None].to(picture), ours.shape[-2:])[:, 0]
            total = total + (squared * counts).sum((1, 2)) / counts.sum((1, 2)).clamp_min(1e-6)
        return total / len(wanted)
