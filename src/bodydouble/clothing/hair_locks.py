"""Locks: how long hair parts into tufts that fall side by side, each of which ends in a tip of its own.

Where its locks lie is told from one field over the unrolled sheet, so that the shade between locks, which
`inpaint.strands` draws, leads to the notches in the edge below, which are drawn here.
"""

from __future__ import annotations

import functools

import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

from bodydouble.geometry.blur import blur_plane

TIPS_M = 0.028  # up to which locks end below and above the usual end
_WIDTH, _FALL = 0.018, 0.22  # of the sheet's width and height: of a lock, and along which it stays the same
_FINE, _FINE_FALL = 0.0035, 0.05  # the same of the strands of a tip
_LENGTHS = 0.035  # of the sheet's width, over which the length of hair varies
_OF_LOCK, _OF_LENGTH, _OF_STRAND = 0.8, 0.35, 0.15  # shares of `TIPS_M` for each deviation of these
_SHORTEST, _LONGEST = -1.2, 1.0  # times `TIPS_M`, where the shortest and longest hair ends
_SOFT_M = 0.012  # over which a tip fades
_TUFT, _TUFT_FALL = 0.012, 0.05  # the same of a tuft of curls, which has no tip
_OF_TUFT = 0.25  # its share of `TIPS_M`
_GAP = 0.35  # deviations from the border of two locks, within which it is dark


@functools.lru_cache(maxsize=2)
def _field(size: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """S×S thrice and (S,), mean 0, deviation 1: locks, whose borders are at 0; strands; tufts; and how long hair is."""
    random = np.random.default_rng(1)

    def draw(fall: float, width: float) -> Tensor:
        layer = blur_plane(random.standard_normal((size, size)), (fall * size, width * size), mode="wrap")
        return torch.from_numpy(layer / layer.std())

    locks, strands = draw(_FALL, _WIDTH), draw(_FINE_FALL, _FINE)
    length = gaussian_filter1d(random.standard_normal(size), _LENGTHS * size, mode="wrap")
    return locks, strands, draw(_TUFT_FALL, _TUFT), torch.from_numpy(length / length.std()).float()


def draw_gaps(size: int) -> Tensor:
    """S×S in [0, 1]: 1 on the border of two locks, 0 within one."""
    return torch.exp(-((_field(size)[0] / _GAP) ** 2))


def draw_tips(below_m: Tensor, curl: float = 0.0) -> Tensor:
    """S×S in [0, 1]: the edge of hair, in tips, or in tufts where it is curly; 1 above, 0 below it.

    Args:
        below_m: S×S, metres from each texel up to where hair usually ends; negative above that.
        curl: 0 straight to 1 curly.
    """
    locks, strands, tufts, length = _field(len(below_m))
    tip = _OF_LOCK * (locks.abs() - locks.abs().mean()) + _OF_LENGTH * length + _OF_STRAND * strands
    tip = torch.lerp(tip, _OF_TUFT * tufts, curl)
    return torch.sigmoid(4 * (TIPS_M * tip.clamp(_SHORTEST, _LONGEST) - below_m) / _SOFT_M)
