"""Distances of sets of pictures, from Inception's features of each."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

_FEWEST = 4  # pictures on each side; fewer say nothing of a distribution
_KID_SUBSETS = 50  # random halves whose mean is told


def set_distance(measure: str, drawn: Sequence[Tensor], true: Sequence[Tensor]) -> float | None:
    """KID or FID of two lists of (D,) features; None where there are too few.

    KID is the unbiased squared maximum mean discrepancy with the cubic polynomial kernel (Bińkowski et al.,
    "Demystifying MMD GANs", 2018), mean over random halves; FID the Fréchet distance of the two Gaussians (Heusel et
    al., "GANs trained by a two time-scale update rule", 2017).

    Args:
        measure: "kid" or "fid".
    """
    from torchmetrics.image.fid import _compute_fid
    from torchmetrics.image.kid import poly_mmd

    count = min(len(drawn), len(true))
    if count < _FEWEST:
        return None
    first, second = torch.stack(list(drawn)).double(), torch.stack(list(true)).double()
    if measure == "fid":
        return float(_compute_fid(first.mean(0), first.T.cov(), second.mean(0), second.T.cov()))
    generator = torch.Generator().manual_seed(0)
    size = max(2, count // 2)
    values = []
    for _ in range(_KID_SUBSETS):
        picks = [torch.randperm(len(features), generator=generator)[:size] for features in (first, second)]
        values.append(poly_mmd(first[picks[0]], second[picks[1]]))
    return float(torch.stack(values).mean())
