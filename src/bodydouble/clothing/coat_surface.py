"""Coats, jackets, shirts and tunics that reach past the hips: whether the photo shows one, and where it hangs open.

What is labelled as a top and hangs on over legs that wear something else is told from these by its label alone, however
close the legs stand. Between its front edges the photo shows what is worn beneath.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from scipy.ndimage import binary_fill_holes, gaussian_filter1d
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.clothing.coat_rows import choose_coat_hem, leg_rows, tell_tops
from bodydouble.clothing.garment_view import GarmentView
from bodydouble.clothing.row_spans import RowSpans, main_parts, measure_hem, measure_spans, row_runs
from bodydouble.parsing.labels import OUTER, TOP_LABELS, UPPER

_OUTER_LEAST = 0.3  # of the pixels of all tops at the hip: as many show that the outermost one is a coat
_REACH_M = 0.16  # beside trunk and legs; what stands off farther is a sleeve, or a coat that is worn as a cape
_GAP_M = 0.02  # between two front edges; narrower ones are closed
_OPEN_M = 0.1  # of rows that show a gap; fewer are a slit or a spot
_BARE = 0.5  # of a row that a gap takes up: a coat of which one front alone is seen is open, too
_EDGE_SIGMA_M = 0.05  # of the smoothing of front edges along the rows


@dataclass(frozen=True, kw_only=True)
class CoatShape:
    """Where a coat lies in its view, from the waist down."""

    label: int  # what its pixels are: OUTER, or UPPER, which some dresses are taken for
    garment: Tensor  # S×S, bool, its pixels
    spans: RowSpans  # from the waist to the hem
    waist: float  # pixels, the height at which the tube begins
    hip: int  # the row of the hip joints
    hem: Tensor  # (H,), pixels, the hem's height at even steps from the left border to the right one
    opening: RowSpans | None  # its front edges in the same rows; they meet where it is closed. None: it is closed


def find_coat(view: GarmentView, body: BodyModel) -> CoatShape | None:
    """The coat that the photo shows below the waist; None where no top reaches as far."""
    place = leg_rows(view, body)
    if place is None:
        return None
    waist, rows = place
    tops = tell_tops(view)
    end = choose_coat_hem(view, tops, waist, rows, body)
    if end is None:
        return None
    label = _choose_label(tops, slice(rows.start, end))
    legs = torch.isfinite(view.near)
    top = torch.stack([tops[each] for each in TOP_LABELS[label]]).any(0)
    garment = main_parts(_within_arms(top & ~view.cover, view), legs)
    garment[:waist] = False
    garment[end:] = False
    edges = legs.clone()
    edges[end:] = False
    spans = measure_spans(garment | edges & ~view.cover, view, waist, end)
    opening = _find_opening(garment, view, spans)
    return CoatShape(
        label=label,
        garment=garment,
        spans=spans,
        waist=float(waist),
        hip=rows.start,
        hem=measure_hem(garment, view.cover, spans, end, opening),
        opening=opening,
    )


def _choose_label(tops: dict[int, Tensor], rows: slice) -> int:
    """Whether what covers the legs in these rows is a coat, or a shirt, which some dresses are taken for."""
    counts = {label: int(top[rows].sum()) for label, top in tops.items()}
    return OUTER if counts[OUTER] > _OUTER_LEAST * sum(counts.values()) else UPPER


def _within_arms(garment: Tensor, view: GarmentView) -> Tensor:
    """S×S, bool: without what lies beyond an arm in its row: the rim of a sleeve that is wider than the arm's cover."""
    kept, reach = garment.clone(), round(view.pixels(_REACH_M))
    legs = torch.isfinite(view.near)
    for row in legs.any(1).nonzero()[:, 0].tolist():
        columns = legs[row].nonzero()[:, 0]
        middle = float(columns.float().mean())
        for start, end in row_runs(view.cover[row], 1.0):
            if end < middle:
                kept[row, :start] = False
            elif start > middle:
                kept[row, end:] = False
        kept[row, : max(0, int(columns[0]) - reach)] = False
        kept[row, int(columns[-1]) + reach :] = False
    return kept


def _find_opening(garment: Tensor, view: GarmentView, spans: RowSpans) -> RowSpans | None:
    """The front edges: in each row the widest gap in the garment that no arm fills; None where hardly a row has one."""
    gap_px = view.pixels(_GAP_M)
    edges = np.full((2, len(spans.left)), np.nan)
    beneath = _find_beneath(garment, view)
    between = 0  # rows whose gap has the garment on both sides, or leaves little of it
    for number, (first, last) in enumerate(zip(spans.left.tolist(), spans.right.tolist(), strict=True)):
        row = spans.top + number
        shown = beneath[row].clone()
        shown[: max(0, round(first))] = False
        shown[round(last) :] = False
        gaps = row_runs(shown, gap_px)
        if gaps:
            start, end = max(gaps, key=lambda gap: gap[1] - gap[0])
            edges[:, number] = start, end
            both = bool(garment[row, :start].any()) and bool(garment[row, end:].any())
            between += both or end - start > _BARE * (last - first)
    if between < view.pixels(_OPEN_M):
        return None
    return _smooth_edges(edges, np.isfinite(edges[0]), view.pixels(_EDGE_SIGMA_M), spans.top)


def _find_beneath(garment: Tensor, view: GarmentView) -> Tensor:
    """S×S, bool: neither the garment nor what lies before it; narrow gaps and spots are taken for the garment."""
    radius = max(1, round(view.pixels(_GAP_M / 2)))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    closed = cv2.morphologyEx((garment | view.cover).numpy().astype(np.uint8), cv2.MORPH_CLOSE, disc)
    return torch.from_numpy(~binary_fill_holes(closed))


def _smooth_edges(edges: np.ndarray, open_rows: np.ndarray, sigma: float, top: int) -> RowSpans:
    """Smooth edges; where a row is closed they meet in the middle between those of the open rows around."""
    rows = np.arange(edges.shape[1])
    middle = np.interp(rows, rows[open_rows], edges[:, open_rows].mean(0))
    half = np.where(open_rows, (edges[1] - edges[0]) / 2, 0.0)
    middle, half = (gaussian_filter1d(line, sigma, mode="nearest") for line in (middle, half))
    return RowSpans(
        top=top,
        left=torch.from_numpy(middle - half).float(),
        right=torch.from_numpy(middle + half).float(),
    )
