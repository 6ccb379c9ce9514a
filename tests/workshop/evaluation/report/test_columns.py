"""Every column of every table can be told, and what has no number says why."""

import pytest

from workshop.evaluation.measures import fitting, flicker
from workshop.evaluation.protocols import PROTOCOLS
from workshop.evaluation.report.columns import heading, measure_of, reasons
from workshop.evaluation.report.markdown import markdown
from workshop.evaluation.report.plots import azimuth_plot

TABLE = {
    "symmetry": {
        "front_psnr": {"mean": 20.125, "ci95": [19.0, 21.5]},
        "back_psnr": {"mean": 18.0, "ci95": None},
        "back_lpips": {"missing": "weights missing: LPIPS"},
        "people": 3,
    },
    "latent": {"missing": "not there yet"},
}


@pytest.mark.parametrize(
    "column",
    [*(c for protocol in PROTOCOLS for c in protocol.columns()), *fitting.COLUMNS, *flicker.COLUMNS],
)
def test_every_column_has_a_heading(column: str) -> None:
    assert heading(column)


def test_the_longest_name_wins() -> None:
    assert measure_of("front_ms_ssim")[0] == "MS-SSIM" and measure_of("back_person_psnr")[0] == "PSNR of the person"
    assert heading("back_lpips") == "back LPIPS ↓" and heading("psnr") == "PSNR ↑"
    assert heading("back_judge") == "back own discriminator features ↓"


def test_markdown_tells_numbers_and_reasons() -> None:
    told = markdown({"dinar-1": TABLE, "reposing": {"missing": "no second pose"}})
    assert "| symmetry | 3 | 20.12 (19.00 – 21.50) | 18.00 |" in told
    assert reasons(TABLE) == ["back LPIPS ↓: weights missing: LPIPS", "latent: not there yet"]
    assert "- latent: not there yet" in told and "Not measured: no second pose." in told


def test_a_plot_has_a_line_a_row_that_closes_at_the_back() -> None:
    drawn = azimuth_plot({"a": {-180.0: 1.0, 0.0: 5.0, 90.0: 2.0}, "b": {0.0: 3.0, 90.0: 3.0}}, "PSNR, dB")
    assert drawn.count("<polyline") == 2
    first = drawn.split('points="')[1].split('"')[0].split()
    assert len(first) == 4 and first[0].split(",")[1] == first[-1].split(",")[1]
    heights = [float(point.split(",")[1]) for point in first]
    assert heights[1] < heights[2] < heights[0]  # more is higher up
