"""The renderer's benchmark runs as it stands, on the smallest networks."""

import runpy
import sys
from pathlib import Path

import pytest
from PIL import Image

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "rendering.py"


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(
        sys, "argv", [str(SCRIPT), "--preset", "tiny", "--runs", "1", "--sides", "32", "64", *arguments]
    )
    runpy.run_path(str(SCRIPT), run_name="__main__")


def test_a_line_for_each_side_and_a_plot(monkeypatch, capsys, tmp_path) -> None:
    run(monkeypatch, "--plot", str(tmp_path / "cost.png"))
    lines = [line.split() for line in capsys.readouterr().out.splitlines()[2:]]
    assert [line[0] for line in lines[:2]] == ["32", "64"] and all(float(line[-1]) > 0 for line in lines)
    assert lines[-1][1] == "float32"
    with Image.open(tmp_path / "cost.png") as picture:
        assert min(picture.size) > 300


def test_a_plot_that_cannot_be_written_is_told_before_anything_is_measured(monkeypatch, capsys, tmp_path) -> None:
    for name in ("cost.svg", "nowhere/cost.png"):
        with pytest.raises(SystemExit) as stopped:
            run(monkeypatch, "--plot", str(tmp_path / name))
        told = capsys.readouterr()
        assert stopped.value.code == 2 and told.out == "" and told.err.count("\n") == 1
