"""How far a garment reaches to the left and to the right in each row of a view, what lies before it set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import scipy.sparse as sparse
import torch
from scipy.ndimage import gaussian_filter1d, label
from scipy.sparse.linalg import spsolve
from torch import Tensor

from bodydouble.clothing.garment_view import GarmentView

_BEND = 60.0  # weight of a span's curvature against one visible pixel of its border; evens steps of a few pixels
_HIDDEN = 0.3  # weight of the body's border where an arm hides the garment's, against a visible one
_ROUND_M = 0.08  # at most, by which a hem is lower in its middle than at its sides: the last rows tell no side's place
_LEDGE = 0.33  # of that, by which a side jumps inwards from one row to the next where it is the hem's
_BESIDE_M = 0.02  # beside a border; what lies before a garment as near there may hide the rest of it
_LOOSE_M = 0.05  # beside the body; what stands off farther is the garment only if it does so near its hem, too
_TIGHT_M = 0.02  # beside the body, where a garment lies of which a bag hides the border
_NEAR_HEM_M = 0.15  # of a garment's last rows
_STEEPEST = 0.6  # columns a row, by which a side leans that runs on beside the hem
_HEM_STEPS = 33  # at which a hem's height is told, from the left border to the right one
_HEM_SIGMA = 2.0  # steps, of the hem's smoothing
_HEM_REACH = 0.35  # of the garment's height: as far up a hem may rise


@dataclass(frozen=True, kw_only=True)
class RowSpans:
    """Left and right borders in rows `top`, `top` + 1, …; pixels, with fractions."""

    top: int
    left: Tensor  # (R,)
    right: Tensor  # (R,)

    def at(self, y: Tensor) -> tuple[Tensor, Tensor]:
        """Middle and half width at heights y, pixels; continued beyond the first and last row."""
        left, right = (line_at(border, y - self.top - 0.5) for border in (self.left, self.right))
        return (left + right) / 2, (right - left) / 2


def line_at(line: Tensor, place: Tensor) -> Tensor:
    """Values of a line, (R,), between its numbered points; those of its ends beyond them."""
    place = place.clamp(0, len(line) - 1)
    low = place.floor().long().clamp(max=max(0, len(line) - 2))
    return torch.lerp(line[low], line[(low + 1).clamp(max=len(line) - 1)], place - low)


def even_line(line: np.ndarray, sigma: float) -> Tensor:
    """(R,): a line, smoothed by so many places, over those without a value, nan, too; 0 where none has any."""
    finite, places = np.isfinite(line), np.arange(len(line))
    filled = np.interp(places, places[finite], line[finite]) if finite.any() else np.zeros(len(line))
    return torch.from_numpy(gaussian_filter1d(filled, sigma, mode="nearest")).float()


def measure_spans(garment: Tensor, view: GarmentView, top: int, bottom: int) -> RowSpans:
    """The smooth borders of a garment, S×S bool, in rows top to bottom; where it is hidden, see `fill_hidden`."""
    left, right = row_borders(garment[top:bottom].numpy())
    bare_left, bare_right = row_borders(torch.isfinite(view.near[top:bottom]).numpy())
    cover, beside = view.cover[top:bottom].numpy(), max(1, round(view.pixels(_BESIDE_M)))
    # Where a row ends as the body does, it was the body that told.
    hidden_left = ~(np.abs(left - bare_left) > 0) | _any_from(cover, left - 1 - beside, beside)
    hidden_right = ~(np.abs(right - bare_right) > 0) | _any_from(cover, right + 1, beside)
    out = [cut_bulge(-left, -bare_left, hidden_left, view), cut_bulge(right, bare_right, hidden_right, view)]
    hidden = [hidden_left, hidden_right]
    filled = fill_hidden(out, [-bare_left, bare_right], hidden)
    hem_rows = round(view.pixels(_ROUND_M))
    return RowSpans(
        top=top,
        left=-_smooth_border(filled[0], hidden[0], hem_rows),
        right=_smooth_border(filled[1], hidden[1], hem_rows),
    )


def fill_hidden(
    borders: Sequence[np.ndarray], bare: Sequence[np.ndarray], hidden: Sequence[np.ndarray]
) -> list[np.ndarray]:
    """(R,) each: a garment's left and right border, larger outwards, also where an arm or a bag hides it.

    Cloth hangs straight from where it is seen above to where it is below, outside of the body and what is seen of it.
    Below the last row that is seen it goes on as the other border does, but goes out no more than that does from the
    middle of the legs: who leans to one side has a coat that hangs to that side.

    Args:
        borders, bare, hidden: (R,) each, left and right, the borders, the body's, and which rows something lies before;
            nan where there is none.
    """
    rows, filled, last = np.arange(len(borders[0])), [], []
    for border, body, covered in zip(borders, bare, hidden, strict=True):
        bound = np.fmax(border, body)
        seen = ~covered & np.isfinite(border)
        seen[0] |= np.isfinite(bound[0])
        line = np.interp(rows, rows[seen], bound[seen]) if seen.any() else bound
        filled.append(np.where(covered, np.fmax(line, bound), border))
        last.append(int(rows[seen][-1]) if seen.any() else 0)
    middle = _find_middle(*bare)
    for one, other, sign in ((0, 1, -1), (1, 0, 1)):
        tail = slice(last[one] + 1, max(last[one], last[other]) + 1)
        lean = 2 * sign * (middle[tail] - middle[last[one]])
        flare = filled[other][tail] - filled[other][last[one]] + np.minimum(lean, 0)
        filled[one][tail] = np.fmax(filled[one][tail], filled[one][last[one]] + flare)  # straight down at least
    return filled


def _find_middle(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """(R,): the columns between the legs' borders, (R,) each, larger outwards; where there is no leg, as near by."""
    rows, middle = np.arange(len(left)), (right - left) / 2
    told = np.isfinite(middle)
    return np.interp(rows, rows[told], middle[told]) if told.any() else np.zeros(len(rows))


def measure_hem(garment: Tensor, cover: Tensor, spans: RowSpans, end: int, opening: RowSpans | None = None) -> Tensor:
    """(H,) pixels: a garment's hem at even steps from the left border of its spans to the right one.

    Args:
        cover: S×S, bool, what lies before it.
        end: the row below its last one.
        opening: its front edges, in the rows of its spans, between which it hangs open; None: it is closed.
    """
    below = last_rows(garment).numpy() + 1
    middle, half = spans.at(torch.tensor([end - 1.0]))
    steps = np.linspace(-0.95, 0.95, _HEM_STEPS)
    columns = (float(middle) + float(half) * steps).round().astype(int).clip(0, len(garment) - 1)
    hem = below[columns].astype(float)
    shown = hem > end - _HEM_REACH * (end - spans.top)
    shown &= ~cover.numpy()[below[columns].clip(0, len(garment) - 1), columns]
    if opening is not None:  # between two fronts, what lies above the hem is where these part
        fronts = [shown & (columns < float(opening.left.min())), shown & (columns > float(opening.right.max()))]
        shown = np.logical_or(*fronts) if all(front.any() for front in fronts) else shown
    # Where something lies before the hem, or the garment hangs open, it goes on as beside it.
    hem = np.interp(steps, steps[shown], hem[shown]) if shown.any() else np.full(len(steps), float(end))
    return torch.from_numpy(gaussian_filter1d(hem, _HEM_SIGMA, mode="nearest")).float()


def last_rows(mask: Tensor) -> Tensor:
    """(S,) int64: the last row of each column of an R×S mask; 0 where it is empty."""
    return torch.where(mask, torch.arange(len(mask))[:, None], 0).amax(0)


def row_borders(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(R,) each: first column of every row of an R×S mask, and the one after its last; nan where it is empty."""
    filled = rows.any(1)
    left = np.where(filled, rows.argmax(1), np.nan)
    return left, np.where(filled, rows.shape[1] - rows[:, ::-1].argmax(1), np.nan)


def main_parts(garment: Tensor, body: Tensor) -> Tensor:
    """S×S, bool: the connected pieces of a garment that lie on the body, the small ones left out."""
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(garment.numpy().astype(np.uint8))
    kept = torch.zeros_like(garment)
    for piece in range(1, count):
        region = torch.from_numpy(pieces == piece)
        if stats[piece, cv2.CC_STAT_AREA] > 0.02 * float(garment.sum()) and bool((region & body).any()):
            kept |= region
    return kept


def cut_bulge(border: np.ndarray, bare: np.ndarray, hidden: np.ndarray, view: GarmentView) -> np.ndarray:
    """(R,): a garment's border, larger outwards, without what a bag before the hip or a coat behind it adds.

    A flared garment is widest near its hem; what stands out from the body higher up alone is something else. Where the
    hem is hidden, the border stays.

    Args:
        bare: (R,), the body's border.
        hidden: (R,), bool, rows whose border something lies before.
    """
    tight, loose, last = (view.pixels(metres) for metres in (_TIGHT_M, _LOOSE_M, _NEAR_HEM_M))
    near_hem = np.where(hidden, np.nan, border)[-round(last) :]
    if not np.isfinite(near_hem).any():
        return border
    flare = np.nanmax(near_hem)
    kept = np.fmax(bare + tight, flare)
    stretches = label(border > kept)[0]
    bulges = np.unique(stretches[border > np.fmax(bare + loose, flare)])
    return np.where(np.isin(stretches, bulges), kept, border)


def _any_from(mask: np.ndarray, column: np.ndarray, count: int) -> np.ndarray:
    """(R,): whether an R×S mask has any of the `count` places from one column, (R,), of each row on."""
    columns = np.nan_to_num(column).astype(int)[:, None] + np.arange(count)
    found: np.ndarray = mask[np.arange(len(mask))[:, None], columns.clip(0, mask.shape[1] - 1)].any(1)
    return found


def _smooth_border(border: np.ndarray, hidden: np.ndarray, hem_rows: int) -> Tensor:
    """(R,): the smoothest line near a border, larger outwards; beside the hem it runs straight on."""
    count = len(border)
    side = _side_end(border, hem_rows) if count > 2 * hem_rows else count
    weight = np.where(np.isnan(border), 0.0, np.where(hidden, _HIDDEN, 1.0))
    weight[side:] = 0
    bend = sparse.diags([1.0, -2.0, 1.0], [0, 1, 2], shape=(max(0, count - 2), count))
    system = sparse.diags(weight + 1e-6) + _BEND * (bend.T @ bend)
    line = spsolve(system.tocsc(), weight * np.nan_to_num(border) + 1e-6 * float(np.nanmean(border)))
    if side < count:
        lean = float(np.clip(line[side] - line[side - 1], -_STEEPEST, _STEEPEST))
        line[side:] = _run_on(float(line[side - 1]), lean, np.where(hidden, np.nan, border)[side:])
    return torch.from_numpy(line).float()


def _run_on(start: float, lean: float, shown: np.ndarray) -> np.ndarray:
    """(N,): a straight line beside the hem; it leans no farther inwards than what is shown there allows.

    Args:
        lean: columns a row, outwards, of the rows above.
        shown: (N,), the garment's border, larger outwards; nan where it is hidden.
    """
    steps = np.arange(1, len(shown) + 1)
    beyond = float(np.fmax.reduce((shown - start) / steps - lean, initial=0.0))
    return start + (lean + min(beyond, max(0.0, -lean))) * steps


def _side_end(border: np.ndarray, hem_rows: int) -> int:
    """The row from which a border, (R,), is the hem's: one of the last, or where it jumps inwards not far above."""
    last = len(border) - hem_rows
    above = max(1, last - 2 * hem_rows)
    jumps = np.flatnonzero(-np.diff(border[above - 1 : last]) > _LEDGE * hem_rows)
    return above + int(jumps[0]) if len(jumps) else last


def row_runs(row: Tensor, gap_px: float) -> list[tuple[int, int]]:
    """First column of each run of a row, (S,) bool, and the one after its last; those narrower than `gap_px` and gaps
    as narrow do not count."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], row.numpy().astype(np.int8), [0]]))).reshape(-1, 2).tolist()
    runs: list[tuple[int, int]] = []
    for start, end in edges:
        if runs and start - runs[-1][1] < gap_px:
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    return [(start, end) for start, end in runs if end - start >= gap_px]
