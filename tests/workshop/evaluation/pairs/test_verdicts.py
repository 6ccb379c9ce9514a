"""Verdicts of blind pairs are counted for the method that stood on that side."""

import json
from pathlib import Path

import pytest

from bodydouble.errors import InputError
from workshop.evaluation.pairs.__main__ import main
from workshop.evaluation.pairs.make import sides
from workshop.evaluation.pairs.verdicts import count_verdicts, read_key, read_object

KEY = {
    "first": "latent",
    "second": "symmetry",
    "pairs": {
        "pair-01": {"photo": "a.jpg", "left": "latent", "right": "symmetry"},
        "pair-02": {"photo": "b.jpg", "left": "symmetry", "right": "latent"},
        "pair-03": {"photo": "c.jpg", "left": "symmetry", "right": "latent"},
        "pair-04": {"photo": "d.jpg", "left": "latent", "right": "symmetry"},
    },
}


def test_sides_are_turned_back_into_methods() -> None:
    count = count_verdicts(KEY, {"pair-01": "left", "pair-02": "left", "pair-03": "right"})
    assert (count.for_first, count.for_second, count.same, count.open) == (2, 1, 0, 1)
    assert "latent: preferred in 2 of 3 pairs" in count.text() and "67 %" in count.text()
    assert "not judged: 1" in count.text()


def test_no_difference_is_nobodys_win() -> None:
    count = count_verdicts(KEY, dict.fromkeys(KEY["pairs"], "same"))
    assert (count.for_first, count.for_second, count.same) == (0, 0, 4) and "%" not in count.text()


@pytest.mark.parametrize("verdicts, message", [({"pair-09": "left"}, "no pair"), ({"pair-01": "latent"}, "expected")])
def test_other_words_are_refused(verdicts: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        count_verdicts(KEY, verdicts)


@pytest.mark.parametrize(
    "told", ["[]", "{", '{"first": "a", "second": "a", "pairs": {}}', '{"first": "a", "second": "b", "pairs": [1]}']
)
def test_a_file_that_is_no_key_is_refused(told: str, tmp_path: Path) -> None:
    (tmp_path / "key.json").write_text(told)
    with pytest.raises(InputError):
        read_key(tmp_path / "key.json")
    with pytest.raises(InputError, match="JSON"):
        read_object(tmp_path / "nowhere.json")


def test_the_lot_is_fair_and_repeats_itself() -> None:
    drawn = [sides(16, seed) for seed in range(8)]
    assert all(sum(swapped) == 8 for swapped in drawn)
    assert drawn[0] == sides(16, 0) and len({tuple(swapped) for swapped in drawn}) == 8


def test_the_command_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "key.json").write_text(json.dumps(KEY))
    (tmp_path / "said.json").write_text(json.dumps({"pair-02": "right"}))
    main(["--out", str(tmp_path), "--verdicts", str(tmp_path / "said.json")])
    assert "latent: preferred in 1 of 1 pairs" in capsys.readouterr().out
    (tmp_path / "said.json").write_text("[1]")
    with pytest.raises(SystemExit) as stopped:
        main(["--out", str(tmp_path), "--verdicts", str(tmp_path / "said.json")])
    assert stopped.value.code == 2 and capsys.readouterr().err.count("\n") == 1
