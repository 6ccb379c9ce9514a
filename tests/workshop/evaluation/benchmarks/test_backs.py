"""Pairs are measured once, skipped ones are told and counted, and all rows share one fit."""

import json
from pathlib import Path

import pytest

from bodydouble.body.anny import AnnyBody
from bodydouble.errors import InputError
from bodydouble.pipeline import Pipeline
from tests.sample import SAMPLE, quick
from workshop.evaluation.benchmarks import backs
from workshop.evaluation.benchmarks.__main__ import main

CELLS = dict.fromkeys(backs._COLUMNS, 1.0)


class Counting:
    """Measures nothing: pair b has nobody in its back."""

    measured: list[str] = []

    def __call__(self, front: Path, back: Path) -> backs.Figures:
        self.measured.append(front.name)
        if back.name == "b_back.jpg":
            raise InputError("b_back.jpg shows nobody")
        return {row: {**CELLS, "IoU": float(number)} for number, row in enumerate(backs.ROWS)}


@pytest.fixture
def pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}_front.jpg").touch()
    monkeypatch.setattr(backs, "BackMeasures", Counting)
    Counting.measured.clear()
    return tmp_path


def test_a_stopped_run_goes_on_and_says_what_it_skipped(pairs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = pairs / "results.json"
    main(["backs", str(pairs), "a", "b", "--results", str(results)])
    main(["backs", str(pairs), "--results", str(results)])
    assert Counting.measured == ["a_front.jpg", "b_front.jpg", "c_front.jpg"]
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines[-4:-1]] == ["0.000", "1.000", "2.000"]
    assert lines[-1] == "2 pairs measured, 1 skipped"
    assert sum("skipped: b_back.jpg shows nobody" in line for line in lines) == 2


def test_figures_of_other_code_do_not_count(pairs: Path) -> None:
    results = pairs / "results.json"
    main(["backs", str(pairs), "a", "--results", str(results)])
    kept = json.loads(results.read_text())
    results.write_text(json.dumps({**kept, "code": "other"}))
    main(["backs", str(pairs), "a", "--results", str(results)])
    assert Counting.measured == ["a_front.jpg"] * 2
    assert set(kept["pairs"]["a"]) == set(backs.ROWS)


def test_the_rows_differ_in_what_was_not_seen_alone(anny: AnnyBody) -> None:
    config = quick(body=anny, inpainter=f"{backs.__name__}:{backs.row_inpainter.__name__}")
    first, *others = Pipeline(config).create_samples(SAMPLE, len(backs.ROWS))
    observed = first.texture.confidence > 0
    for other in others:
        assert other.fit is first.fit
        assert (other.texture.rgb - first.texture.rgb)[:, observed].abs().max() == 0
        assert (other.texture.rgb - first.texture.rgb)[:, ~observed].abs().mean() > 0.005
