"""What hides the top of a skirt, a jacket's or a jumper's hem: it goes on around as far down as it is seen in front."""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.parsing.labels import OUTER, UPPER

_TOPS = (OUTER, UPPER)
_TOP = 0.05  # of the texture's height: whose columns show another garment's label so far up are hidden there
_MOST_COLUMNS = 0.6  # of those that are seen so far up, from which on something goes around
_FLANK = 0.25  # of the columns that are seen, on either side
_LOWEST = 0.5  # of the texture's height: what reaches farther down is no hem over a skirt
_APART = 0.2  # distance of the usual colours of both; what is nearer is one coat or dress that has two labels


def find_worn_over(rgb: Tensor, labels: Tensor, seen: Tensor) -> Tensor:
    """S×S, bool: seen texels of a top over the skirt, whose own label is the commonest.

    Args:
        rgb: 3×S×S, of what is seen.
        labels: S×S, of the photo's pixels.
        seen: S×S, bool.
    """
    over = torch.zeros_like(seen)
    if not bool(seen.any()):
        return over
    usual = int(labels[seen].mode().values)
    skirt = _usual_colour(rgb, seen & (labels == usual))
    for label in _TOPS:
        top = seen & (labels == label)
        if label != usual and bool(top.any()) and float((_usual_colour(rgb, top) - skirt).norm()) > _APART:
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
    outer = round(_FLANK * len(columns))
    flanks = columns[torch.cat([torch.arange(outer), len(columns) - 1 - torch.arange(outer)])]
    hem = int((rows * worn_over).amax(0)[flanks].median())
    return hem if hem <= _LOWEST * size else 0


def _usual_colour(rgb: Tensor, shown: Tensor) -> Tensor:
    """(3,): of texels, S×S bool."""
    return rgb[:, shown].median(1).values
