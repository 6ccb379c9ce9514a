"""From the command to the report, with people small enough for a test."""

import html.parser
import json
from dataclasses import replace
from pathlib import Path

import pytest

from bodydouble.body.anny import AnnyBody
from workshop.evaluation import __main__ as command
from workshop.evaluation import measure as measuring
from workshop.evaluation.datasets import Source
from workshop.evaluation.measure import measure
from workshop.evaluation.plan import Plan
from workshop.evaluation.protocols import PROTOCOLS, quick
from workshop.evaluation.results import read_result
from workshop.evaluation.run import write_report


@pytest.fixture
def plan(tmp_path: Path, tiny_by_name: str, anny: AnnyBody, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """True geometry and two cheap rows: no detector and no fit."""
    monkeypatch.setattr(measuring, "body_model", lambda: anny)
    measuring._open_source.cache_clear()
    (protocol,) = [quick(p, 1, 2) for p in PROTOCOLS if p.name == "human-sgd-2"]
    plan = Plan(
        out=tmp_path / "out",
        source=Source(dataset=tiny_by_name),
        rows=("mean-colour", "mirrored-photo"),
        protocols=(protocol,),
        fitting=False,
        flicker_frames=0,
    )
    for kind in ("fits", "results", "pictures"):
        plan.folder(kind).mkdir(parents=True)
    return plan


class _Checked(html.parser.HTMLParser):
    """Counts tags that stay open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.sources += [value or "" for name, value in attributes if name in ("src", "href")]
        if tag not in ("meta", "img", "line", "circle", "polyline"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_measure_keep_and_report(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    result = measure(plan, "varied-a")
    values = {(m.row, m.column, m.azimuth_deg): m.value for m in result.measurements}
    assert values["mean-colour", "iou", 0.0] > 0.9 and values["mean-colour", "iou", 180.0] > 0.85
    assert values["mirrored-photo", "psnr", 0.0] > values["mean-colour", "psnr", 180.0]

    monkeypatch.setattr(measuring, "_open_source", lambda *_: pytest.fail("measured again"))
    again = measure(plan, "varied-a")
    assert again.measurements == result.measurements
    assert read_result(replace(plan, rows=("mean-colour",)), "varied-a") is None

    write_report(plan, [result], 60.0)
    told = json.loads((plan.out / "report.json").read_text())
    assert told["human-sgd-2"]["mean-colour"]["psnr"]["mean"] > 10
    text = (plan.out / "report.html").read_text()
    page = _Checked()
    page.feed(text)
    assert page.open == [] and "mean-colour" in text and "varied-a" in text
    assert any(source.startswith("data:image/jpeg") for source in page.sources)
    assert all(source.startswith(("data:", "#")) for source in page.sources)


def test_a_table_that_cannot_be_measured_says_why(plan: Plan) -> None:
    reposing = next(p for p in PROTOCOLS if p.name == "reposing")
    other = replace(plan, protocols=(replace(reposing, geometry="true"),))
    result = measure(other, "turning-a")
    assert result.measurements == () and "second pose" in result.failures["reposing"]
    write_report(other, [result], 1.0)
    assert "second pose" in (plan.out / "report.html").read_text()


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    config = command.parse_config(["--out", str(tmp_path), "--dataset", "thuman:/data/thuman", "--quick"])
    assert config.source.dataset == "thuman" and config.source.folder == Path("/data/thuman") and config.quick
    assert command.source_of("own.module:People", None).dataset == "own.module:People"
    monkeypatch.setattr("sys.argv", ["evaluation", "--out", str(tmp_path / "a/b"), "--methods", "telea"])
    with pytest.raises(SystemExit) as stopped:
        command.main()
    assert stopped.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith("error: ") and told.count("\n") == 1
