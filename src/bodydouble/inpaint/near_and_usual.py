"""Colours of a small sheet (a shoe's, a hat's) that was seen in parts: what is near goes on, the rest is as usual."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import Tensor

from bodydouble.geometry.distance import distance_to
from bodydouble.geometry.uv import spread_colours

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
