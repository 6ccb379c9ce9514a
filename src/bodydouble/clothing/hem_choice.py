"""Where a garment ends over the legs, and whether it is there: one choice among all rows, by weights that were learned.

Every row speaks for the garment or against it. A garment that ends at some row has all rows above it for it, and the
look of a hem there; "no garment" has odds of one. That is a conditional logit (McFadden 1974) over all rows.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from bodydouble.clothing.garment_view import GarmentView

_BAND_M = 0.03  # above and below a hem, over which rows are compared


def choose_end(
    of_rows: Mapping[str, Tensor],
    of_hems: Mapping[str, Tensor],
    weights: Mapping[str, float],
    first: int,
) -> int | None:
    """The number of the last row of a garment plus one; None where it is not there.

    Args:
        of_rows: (R,) each, what every row shows, as shares of it.
        of_hems: (R,) each, how much each row looks like a garment's last one.
        weights: of all of these, by name.
        first: the first row that may be the last one.
    """
    odds = log_odds(of_rows, of_hems, weights)
    odds[:first] = -torch.inf
    return None if float(odds.logsumexp(0)) < 0 else int(odds.argmax()) + 1


def log_odds(
    of_rows: Mapping[str, Tensor], of_hems: Mapping[str, Tensor], weights: Mapping[str, float] | Mapping[str, Tensor]
) -> Tensor:
    """(R,): logarithms of the odds of a garment that ends with each row against none."""
    rows = torch.stack([weights[name] * line for name, line in of_rows.items()]).sum(0)
    hems = torch.stack([weights[name] * line for name, line in of_hems.items()]).sum(0)
    return rows.cumsum(0) / len(rows) + hems


def hem_band(view: GarmentView) -> int:
    """Rows above and below a hem that are compared."""
    return max(2, round(view.pixels(_BAND_M)))


def mean_beside(line: Tensor, band: int, side: int) -> Tensor:
    """(R,): means over the `band` places after each one where `side` is 1, or up to it where that is -1."""
    total = torch.cat([torch.zeros(1), line.cumsum(0)])
    place = torch.arange(len(line)) + 1
    first, last = (place, place + band) if side > 0 else (place - band, place)
    first, last = first.clamp(0, len(line)), last.clamp(0, len(line))
    return (total[last] - total[first]) / (last - first).clamp_min(1)


def drop_below(line: Tensor, band: int) -> Tensor:
    """(R,): how much less there is of something below each row than above it."""
    return mean_beside(line, band, -1) - mean_beside(line, band, 1)
