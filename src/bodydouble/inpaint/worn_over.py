"""What hides the top of a skirt, a jacket's or a jumper's hem: it goes on around as far down as it is seen in front."""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.parsing.labels import OUTER, UPPER

_TOPS = (OUTER, UPPER)
_TOP = 0.05  # of the texture's height: whose columns show another garment's label so far up are hidden there
_MOST_COLUMNS = 0.6  # of those that are seen so far up, from which on something goes around
_FLANK = 0.25  # of the columns that are seen, on either side
_LOWEST = 0.7  # of the texture's height: what reaches farther down is no hem over a skirt
_NEAR_HEM = 0.3  # of a skirt's height, that is its own: a long jumper hides more than half of it
_APART = 0.2  # distance of the usual colours of both; what is nearer is one coat or dress that has two labels
_TINTS_APART = 0.1  # the same of their tints; a cloth in light and shade has 0.03
_GREY = 0.1  # that is added to colours before that: the dark have no tint


def find_worn_over(rgb: Tensor, labels: Tensor, seen: Tensor) -> Tensor:
    """S×S, bool: seen texels of a top over the skirt, whose own label is the commonest near its hem.

    Args:
        rgb: 3×S×S, of what is seen.
        labels: S×S, of the photo's pixels.
        seen: S×S, bool.
    """
    over = torch.zeros_like(seen)
    if not bool(seen.any()):
        return over
    last = int(seen.any(1).nonzero().max())
    low = seen & (torch.arange(len(seen)) >= (1 - _NEAR_HEM) * last)[:, None]
    usual = int(labels[low].mode().values)
    skirt = _usual_colour(rgb, seen & (labels == usual))
    for label in _TOPS:
        top = seen & (labels == label)
        if label != usual and bool(top.any()) and _is_apart(_usual_colour(rgb, top), skirt):
            over |= top
    return over


def measure_hem(worn_over: Tensor, seen: Tensor) -> int:
    """Rows of the texture down to which a top hides a skirt behind; 0 where it is seen only here and there.

    Behind, it ends as high as at the flanks: the points of a vest hang in front alone.

    Args:
        worn_over: S×S, bool; see `find_worn_over`.
        seen: S×S, bool.
    """
    size = len(seen)
    first = slice(0, round(_TOP * size))
    shown, hidden = seen[first].any(0), worn_over[first].any(0)
    if not bool(shown.any()) or float(hidden.sum() / shown.sum()) < _MOST_COLUMNS:
        return 0
    rows, columns = torch.arange(1, size + 1)[:, None], shown.nonzero()[:, 0]
    outer = max(1, round(_FLANK * len(columns)))
    flanks = torch.cat([columns[:outer], columns[-outer:]])
    hem = int((rows * worn_over).amax(0)[flanks].median())
    return hem if hem <= _LOWEST * size else 0


def _is_apart(first: Tensor, second: Tensor) -> bool:
    """Whether two usual colours, (3,) each, are of two garments; dark ones may differ in their tint alone."""
    tints = [(colour + _GREY) / (colour + _GREY).sum() for colour in (first, second)]
    return float((first - second).norm()) > _APART or float((tints[0] - tints[1]).norm()) > _TINTS_APART


def _usual_colour(rgb: Tensor, shown: Tensor) -> Tensor:
    """(3,): of texels, S×S bool."""
    return rgb[:, shown].median(1).values
