"""Borders of a garment in each row, and its runs."""

import pytest
import torch

from bodydouble.clothing.row_spans import RowSpans, row_runs


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
