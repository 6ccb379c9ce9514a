"""Borders of a garment in each row, and its runs."""

import types

import numpy as np
import pytest
import torch

from bodydouble.clothing.row_spans import RowSpans, cut_bulge, fill_hidden, measure_hem, measure_spans, row_runs


def test_runs_skip_narrow_gaps_and_narrow_pieces():
    row = torch.zeros(40, dtype=torch.bool)
    row[2:10] = row[11:15] = row[25:35] = True
    row[38] = True
    assert row_runs(row, 3) == [(2, 15), (25, 35)]


def test_spans_lie_between_rows_and_go_on_beyond_them():
    spans = RowSpans(top=10, left=torch.tensor([2.0, 4.0]), right=torch.tensor([8.0, 8.0]))
    middle, half = spans.at(torch.tensor([0.0, 10.5, 11.0, 99.0]))
    assert middle.tolist() == pytest.approx([5.0, 5.0, 5.5, 6.0])
    assert half.tolist() == pytest.approx([3.0, 3.0, 2.5, 2.0])


HALF_METRE = 80  # rows of a skirt in a view of 160 pixels a metre; its body's border is at column 100


def cut(border: np.ndarray, hidden: slice = slice(0)) -> np.ndarray:
    covered = np.zeros(HALF_METRE, dtype=bool)
    covered[hidden] = True
    view = types.SimpleNamespace(pixels=lambda metres: 160 * metres)
    return cut_bulge(border, np.full(HALF_METRE, 100.0), covered, view)


def test_what_stands_out_at_the_hip_alone_is_no_skirt():
    border = np.full(HALF_METRE, 102.0)
    border[10:40] += 25 * np.hanning(30)  # a bag stands out by 16 cm
    assert cut(border).max() < 104
    assert cut(border)[40:] == pytest.approx(border[40:])


@pytest.mark.parametrize("shape", [40 * np.linspace(0, 1, HALF_METRE), 6 * np.hanning(HALF_METRE)])
def test_what_is_as_wide_at_its_hem_or_stands_off_a_little_stays(shape):
    assert cut(100 + shape) == pytest.approx(100 + shape)


def test_a_hidden_hem_cuts_nothing_and_rows_without_a_garment_stay_empty():
    border = np.full(HALF_METRE, 125.0)
    border[40:], border[5] = 101, np.nan
    assert cut(border, slice(50, None)) == pytest.approx(border, nan_ok=True)
    assert np.isnan(cut(border)[5]) and cut(border)[:5].max() < 104


def test_a_side_that_a_hand_hides_ends_where_the_hem_shows():
    """Beneath the hand the body's border leans inwards; below it the skirt's corner is seen."""
    columns, rows = torch.arange(160), torch.arange(80)[:, None]
    body = (columns >= 50) & (columns < 110 - rows / 4)
    cover = (rows >= 20) & (rows < 70) & (columns >= 85)
    garment = (columns >= 50) & (columns < 108) & ~cover
    view = types.SimpleNamespace(
        near=torch.where(body, 2.0, torch.inf), cover=cover, pixels=lambda metres: 160 * metres
    )
    spans = measure_spans(garment, view, 0, 80)
    assert float(spans.right[-1]) == pytest.approx(108, abs=2) and float(spans.left[-1]) == pytest.approx(50, abs=1)


def test_beside_an_arm_cloth_hangs_straight_and_outside_of_the_body():
    body, flare = 100 + 3 * np.hanning(80), np.linspace(100, 130, 80)
    covered = (np.arange(80) > 5) & (np.arange(80) < 60)
    seen = np.where(covered, 90.0, flare)  # within the arm
    right, left = fill_hidden([seen, flare], [body, body], [covered, np.zeros(80, bool)])
    assert right == pytest.approx(flare, abs=3) and np.diff(right)[6:].min() >= -0.1
    assert (right[covered] >= body[covered]).all() and left == pytest.approx(flare)


def test_below_what_is_seen_of_one_border_cloth_flares_as_at_the_other():
    body, flare = np.full(80, 95.0), np.linspace(100, 130, 80)
    covered = np.arange(80) > 20
    for order in (slice(None), slice(None, None, -1)):
        borders = [np.where(covered, np.nan, flare - 8), flare][order]
        filled = fill_hidden(borders, [body, body], [covered, np.zeros(80, bool)][order])[order]
        assert filled[0] == pytest.approx(flare - 8, abs=1)


def test_who_leans_to_one_side_has_a_coat_that_hangs_there():
    """Its right border is hidden from the waist down; the left one goes out as the legs do; no bell."""
    lean, covered = np.linspace(0, 20, 80), np.arange(80) > 10
    bodies = [95 + lean, 95 - lean]  # left and right, outwards
    left, right = fill_hidden([105 + lean, np.where(covered, np.nan, 105 - lean)], bodies, [~covered & False, covered])
    assert left == pytest.approx(105 + lean) and right == pytest.approx(105, abs=3)


def test_fronts_that_part_downwards_do_not_raise_a_coat_s_hem():
    columns, rows = torch.arange(160), torch.arange(80)[:, None]
    half = 0.6 * torch.arange(80)  # of the opening: a V from the waist to the hem
    garment = (columns >= 20) & (columns < 140) & ((columns - 80).abs() >= half[:, None]) & (rows < 80)
    garment = torch.cat([garment, torch.zeros(80, 160, dtype=torch.bool)])
    spans = RowSpans(top=0, left=torch.full((80,), 20.0), right=torch.full((80,), 140.0))
    opening = RowSpans(top=0, left=80 - half, right=80 + half)
    hem = measure_hem(garment, torch.zeros_like(garment), spans, 80, opening)
    assert float(hem.min()) == pytest.approx(80, abs=0.5)
    assert float(measure_hem(garment, torch.zeros_like(garment), spans, 80).median()) < 77, "which they did"
