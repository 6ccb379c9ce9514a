"""Intervals know that people in one outfit are no independent witnesses."""

from pathlib import Path

import numpy as np
import pytest

from workshop.evaluation.datasets import Source
from workshop.evaluation.methods import ABLATION
from workshop.evaluation.plan import Plan
from workshop.evaluation.protocols import PROTOCOLS
from workshop.evaluation.report.summary import by_azimuth, cluster_mean, report
from workshop.evaluation.results import Measurement, Result

PLAN = Plan(out=Path("nowhere"), source=Source(), rows=("symmetry",), protocols=PROTOCOLS)


def _result(name: str, cluster: str, values: dict[tuple[str, str, float], float], **failures: str) -> Result:
    measurements = tuple(
        Measurement(protocol=protocol, row="symmetry", column=column, azimuth_deg=azimuth, value=value)
        for (protocol, column, azimuth), value in values.items()
    )
    return Result(subject=name, cluster=cluster, measurements=measurements, failures=failures, features={})


def test_intervals_are_wider_where_outfits_decide() -> None:
    values = np.repeat([1.0, 2.0, 3.0, 4.0], 6) + np.random.default_rng(0).normal(0, 0.01, 24)
    clustered = cluster_mean(list(values), [str(n // 6) for n in range(24)])
    alone = cluster_mean(list(values), [str(n) for n in range(24)])
    assert clustered["mean"] == alone["mean"] == pytest.approx(values.mean())
    width, narrow = (figure["ci95"][1] - figure["ci95"][0] for figure in (clustered, alone))
    assert width > 1.5 * narrow
    assert clustered["ci95"][0] < 2.5 < clustered["ci95"][1]


def test_one_outfit_has_no_interval() -> None:
    assert cluster_mean([1.0, 3.0], ["suit", "suit"]) == {"mean": 2.0, "ci95": None}


def test_the_interval_covers_the_mean_as_often_as_it_says() -> None:
    rng, hits = np.random.default_rng(1), 0
    for _ in range(100):
        figure = cluster_mean(list(rng.normal(0, 1, 40)), [str(n) for n in range(40)])
        hits += figure["ci95"][0] < 0 < figure["ci95"][1]
    assert 85 <= hits <= 99


def test_the_report_has_the_shape_that_was_promised() -> None:
    values = {("dinar-1", "front_psnr", 0.0): 20.0, ("dinar-2", "psnr", 90.0): 18.0, ("dinar-2", "psnr", 0.0): 22.0}
    other = {("dinar-1", "front_psnr", 0.0): 22.0, ("dinar-2", "psnr", 0.0): 10.0}
    people = [_result("a", "suit", values), _result("b", "dress", other, reposing="no second pose")]
    told = report(PLAN, people)
    assert told["dinar-1"]["symmetry"]["front_psnr"]["mean"] == 21
    low, high = told["dinar-1"]["symmetry"]["front_psnr"]["ci95"]
    assert 20 <= low <= 21 <= high <= 22
    assert told["dinar-1"]["symmetry"]["people"] == 2
    assert told["dinar-2"]["symmetry"]["psnr"]["mean"] == 15  # of each person's own mean
    assert set(ABLATION) < set(told["dinar-2"]) and "missing" in told["dinar-2"]["both"]
    assert told["reposing"] == {"missing": "no second pose"}
    assert told["dinar-1"]["symmetry"]["front_lpips"]["missing"].startswith(("weights missing", "library missing"))


def test_curves_run_from_back_to_back() -> None:
    people = [_result("a", "suit", {("human-sgd-1", "psnr", 270.0): 1.0, ("human-sgd-1", "psnr", 180.0): 3.0})]
    assert by_azimuth("human-sgd-1", "psnr", people) == {"symmetry": {-180.0: 3.0, -90.0: 1.0}}
