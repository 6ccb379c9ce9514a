"""Colours of a small sheet (a shoe's, a hat's) that was seen in parts: what is near goes on, the rest is as usual."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import Tensor

from bodydouble.geometry.distance import distance_to
from bodydouble.geometry.uv import spread_colours

_SAMPLES = 1000  # colours that are compared, at most
_ALIKE = 0.08  # distance within which colours are one
_COMMON = 0.15  # share of them that has the commonest one; with less they are motley, and a median is as good

Other = TypeVar("Other", Tensor, None)


def spread_to_usual(rgb: Tensor, seen: Tensor, usual: Tensor, reach: float) -> Tensor:
    """3×S×S: seen colours (S×S, bool) and what lies around them, farther away the usual one (3,).

    Args:
        reach: of the texture's side, so far a seen colour goes on.
    """
    far = usual[:, None, None].expand_as(rgb)
    if not bool(seen.any()):
        return far
    distance = distance_to(seen)
    near = (1 - distance / (reach * len(seen))).clamp(0, 1)
    return torch.lerp(far, spread_colours(rgb * seen, seen[None]), near)


def median_colour(rgb: Tensor, chosen: Tensor, least: float, otherwise: Other) -> Tensor | Other:
    """(3,): of the chosen texels (S×S, bool); `otherwise` where there are fewer than `least`."""
    return rgb[:, chosen].median(1).values if int(chosen.sum()) >= least else otherwise


def commonest_colour(rgb: Tensor) -> Tensor:
    """(3,): the colour that most of 3×N have, N at least 1; of motley ones their median.

    Of shoes in two colours, of leather that shines here and there, a median is neither: a grey that is nowhere.
    """
    sample = rgb.T[:: max(1, rgb.shape[1] // _SAMPLES)]
    near = torch.cdist(sample, sample) < _ALIKE
    commonest = near[near.sum(1).argmax()]
    return (sample[commonest] if float(commonest.float().mean()) > _COMMON else sample).median(0).values
