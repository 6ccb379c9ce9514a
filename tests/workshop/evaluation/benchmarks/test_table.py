"""Rows appear as they are known; means leave out what is no number."""

import math

import pytest

from workshop.evaluation.benchmarks.table import Table


def test_means_of_what_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table({"PSNR": 2, "face %": 1})
    table.add("a, bare", 10.0, None)
    table.add("b, bare", 20.0, 3.0)
    table.add("b, clothed", 30.0, math.nan)
    table.add_mean("all")
    table.add_mean("bare", of=", bare")
    table.add_mean("none", of=", without")
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[0] == ["PSNR", "face", "%"] and rows[1][2:] == ["10.00", "-"]
    assert rows[4:] == [["all", "20.00", "3.0"], ["bare", "15.00", "3.0"]]


def test_a_row_without_numbers_counts_in_no_mean(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table({"PSNR": 2})
    table.note("dark.jpg", "no person found")
    table.add_mean()
    assert capsys.readouterr().out.splitlines()[1:] == [f"{'dark.jpg':44} no person found"]


def test_a_row_must_fill_the_columns() -> None:
    with pytest.raises(ValueError, match="argument"):
        Table({"PSNR": 2, "IoU": 3}).add("a", 1.0)
