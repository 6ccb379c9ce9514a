"""Where a skirt ends over the legs, by colour: to the parser, its cloth and tights or trousers are often alike."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from scipy.ndimage import median_filter
from torch import Tensor

from bodydouble.clothing.garment_view import GarmentView
from bodydouble.clothing.row_spans import last_rows, row_runs

_REACH_M = 0.1  # up and down from where labels have the hem end
_SAMPLE_M = 0.1  # of cloth above that, and of leg below it, from which their colours are learned
_ASIDE_M = 0.05  # to either side of a column, as far as its colours are learned from
_LEAST_CONTRAST = 14.0  # CIELAB, between the two colours, or no edge is looked for; a fold's shade is about 10
_LEAST_PURE = 0.85  # share of a column's pixels that have the colour of their side of the edge
_EVEN_M = 0.08  # of columns of which one edge is the median
_MOST = 0.5  # of a garment's width, in which an edge must show to tell where it ends
_LEVEL_M = 0.03  # from the highest to the lowest place of a level hem; 5 of 7 pairs of trousers had 5 cm and more
_ABOVE_M = 0.08  # a hem, where the columns are taken that it is looked for in
_CORNER = 0.1  # of those, on either side, which round corners take up
_AROUND_HEM_M = (0.04, 0.03)  # above and below a hem, where the garment's width and that of the legs are compared
_WIDER = 1.5  # times the legs' width: trouser legs that hang so far off the ankles have a notch between them
_LEAST_WIDTH_M = 0.06  # of columns in which an edge shows; with fewer the labels' hem stays


def trim_hem(garment: Tensor, end: int, view: GarmentView) -> tuple[Tensor, int]:
    """A skirt's pixels down to where its colour ends, and the row after the last of them.

    Args:
        garment: S×S, bool, cloth, which may go on below the hem as tights or trousers.
        end: row in which labels and outline have it end; it does where the colours tell nothing.
    """
    edges = _find_edges(garment, end, view)
    cut = torch.full((len(garment),), float(end))
    if np.isfinite(edges).sum() >= view.pixels(_LEAST_WIDTH_M):
        known = np.flatnonzero(np.isfinite(edges))
        even = median_filter(edges[known], 2 * round(view.pixels(_EVEN_M) / 2) + 1, mode="mirror")
        cut = torch.from_numpy(np.interp(np.arange(len(edges)), known, even)).float()
    rows = torch.arange(len(garment))[:, None]
    below = view.person & ~view.cover & (rows >= end) & garment.any(0)
    kept = (garment | below) & (rows < cut)
    filled = kept.any(1).nonzero()
    return kept, int(filled.max()) + 1 if len(filled) else end


def shows_hem(garment: Tensor, end: int, view: GarmentView) -> bool:
    """Whether across most of a garment's width its colour ends about where labels and outline have it end, at `end`."""
    width = int(garment[max(0, end - 1)].sum())
    edges = np.isfinite(_find_edges(garment, end, view)) & garment[max(0, end - 1)].numpy()
    return width > 0 and int(edges.sum()) > _MOST * width


def is_level(garment: Tensor, end: int, view: GarmentView) -> bool:
    """Whether a garment that ends at `end` does at one height all across, without a notch between two trouser legs."""
    columns = garment[max(0, end - round(view.pixels(_ABOVE_M)))].nonzero()[:, 0]
    corner = round(_CORNER * len(columns))
    middle = columns[corner : len(columns) - corner]
    if not len(middle):
        return False
    lowest = last_rows(garment)[middle]
    return int(lowest.max() - lowest.min()) < view.pixels(_LEVEL_M)


def spans_legs(garment: Tensor, end: int, view: GarmentView) -> bool:
    """Whether a garment that ends at `end` is in one piece there and much wider than all that comes out of it."""
    above, below = (round(view.pixels(metres)) for metres in _AROUND_HEM_M)
    cloth = garment[max(0, end - above)]
    legs = (view.person & ~garment)[end + below : end + 2 * below].sum(1)
    out = float(legs[legs > 0].float().median()) if bool((legs > 0).any()) else torch.inf
    return len(row_runs(cloth, 1.0)) == 1 and float(cloth.sum()) > _WIDER * out


def _find_edges(garment: Tensor, end: int, view: GarmentView) -> np.ndarray:
    """(S,): row at which each column's colour turns from the cloth's into the leg's; nan where that does not show."""
    reach, sample, aside = (round(view.pixels(metres)) for metres in (_REACH_M, _SAMPLE_M, _ASIDE_M))
    side = len(garment)
    edges = np.full(side, np.nan)
    if end - reach - sample < 0 or end + reach + sample > side:
        return edges
    lab = cv2.cvtColor(view.colours.permute(1, 2, 0).clamp(0, 1).contiguous().numpy(), cv2.COLOR_RGB2LAB)
    usable = (view.person & ~view.cover).numpy()
    near = slice(end - reach, end + reach)
    above, below = slice(near.start - sample, near.start), slice(near.stop, near.stop + sample)
    clear, continued = usable[near].all(0), garment[end : near.stop]
    goes_on = continued.float().mean(0).numpy() > 0.5  # where labels tell leg from cloth, they decide
    edges[clear & ~goes_on] = (end + continued.int().cumprod(0).sum(0).numpy())[clear & ~goes_on]
    for column in np.flatnonzero(clear & goes_on):
        beside = slice(max(0, column - aside), column + aside + 1)
        cloth, leg = lab[above, beside][usable[above, beside]], lab[below, beside][usable[below, beside]]
        if min(len(cloth), len(leg)) >= sample:
            edges[column] = near.start + _split(lab[near, column], np.median(cloth, 0), np.median(leg, 0))
    return edges


def _split(line: np.ndarray, cloth: np.ndarray, leg: np.ndarray) -> float:
    """Where a line of colours, N×3, turns from one into the other; nan where it does not."""
    if float(np.linalg.norm(cloth - leg)) < _LEAST_CONTRAST:
        return np.nan
    is_leg = np.linalg.norm(line - leg, axis=1) < np.linalg.norm(line - cloth, axis=1)
    wrong = np.concatenate([[0], np.cumsum(is_leg)]) + np.concatenate([np.cumsum(~is_leg[::-1])[::-1], [0]])
    split = int(wrong.argmin())
    return float(split) if 1 - wrong[split] / len(is_leg) >= _LEAST_PURE else np.nan
