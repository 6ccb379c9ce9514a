"""The renderer's benchmark runs as it stands, on the smallest networks."""

from pathlib import Path

import pytest
from PIL import Image

from workshop.evaluation.benchmarks.__main__ import main

SMALL = ["rendering", "--preset", "tiny", "--runs", "1", "--sides", "32", "64"]


def test_a_line_for_each_side_and_a_plot(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    main([*SMALL, "--plot", str(tmp_path / "cost.png")])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()[2:]]
    assert [line[0] for line in lines[:2]] == ["32²", "64²"] and all(float(line[-1]) > 0 for line in lines)
    assert lines[-1][1] == "float32"
    with Image.open(tmp_path / "cost.png") as picture:
        assert min(picture.size) > 300


def test_a_plot_that_cannot_be_written_is_told_before_anything_is_measured(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in ("cost.svg", "nowhere/cost.png"):
        with pytest.raises(SystemExit) as stopped:
            main([*SMALL, "--plot", str(tmp_path / name)])
        output = capsys.readouterr()
        assert stopped.value.code == 2 and output.out == "" and output.err.count("\n") == 1
