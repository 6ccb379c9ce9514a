"""A run is checked before anything is measured."""

from dataclasses import replace
from pathlib import Path

import pytest

from bodydouble.errors import InputError
from workshop.evaluation import human_sgd
from workshop.evaluation.config import EvaluationConfig, make_plan
from workshop.evaluation.datasets import Source
from workshop.evaluation.protocols import NAMES


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"protocols": ("dinar-9",)}, "unknown table"),
        ({"methods": ("magic",)}, "unknown method"),
        ({"people": 0}, "from 1"),
        ({"views": 0}, "views is a number from 1"),
        ({"measure_weights": Path("nowhere")}, "no folder"),
        ({"weights": Path("nowhere.safetensors")}, "no such file"),
        ({"weights": Path(".")}, "is a folder.*--measure-weights"),
        ({"judge": Path("nowhere.safetensors")}, "no file nowhere"),
        ({"methods": ("symmetry", "both")}, "'both' needs networks.*--weights"),
        ({"out": Path("nowhere/at/all")}, "does not exist"),
    ],
)
def test_mistakes_are_told_before_anything_is_measured(
    changes: dict, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workshop.evaluation.config.SHIPPED", {})
    config = replace(EvaluationConfig(out=tmp_path / "out", source=Source()), **changes)
    with pytest.raises(InputError, match=message):
        make_plan(config)


def test_quick_is_smaller_but_whole(tmp_path: Path) -> None:
    plan = make_plan(EvaluationConfig(out=tmp_path / "out", source=Source(), quick=True))
    assert {p.name for p in plan.protocols} | {"fitting", "flicker"} == set(NAMES)
    assert max(p.at_most for p in plan.protocols) == plan.people == 3


def test_human_sgd_s_tables_one_person_at_a_time(tmp_path: Path) -> None:
    config = human_sgd.parse_config(["--wardrobe", str(tmp_path), "--out", str(tmp_path / "out")])
    assert config.workers == 1 and (config.people, config.views) == (12, 18)
    plan = make_plan(config)
    assert [protocol.name for protocol in plan.protocols] == ["human-sgd-1", "human-sgd-2"]
    assert plan.rows == ("create", "digitize", "no back view", "no guidance", "normals only", "silhouette only")
    for protocol in plan.protocols:
        assert protocol.at_most == 12 and protocol.groups[0].azimuths_deg == tuple(20.0 * step for step in range(18))
    assert not plan.fitting and not plan.flicker_frames
