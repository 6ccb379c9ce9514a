"""Curves over the azimuth as inline SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape

_WIDTH, _HEIGHT = 760, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 16, 12, 40
SERIES = 8  # colours in the style sheet, .s0 to .s7


def azimuth_plot(curves: Mapping[str, Mapping[float, float]], label: str) -> str:
    """One line a row, over azimuths of -180 to 180 degrees; both ends are the back.

    Args:
        curves: of each row, its values by azimuth.
        label: what the values are, with their unit.
    """
    values = [value for curve in curves.values() for value in curve.values()]
    low, high, step = _scale(min(values), max(values))
    elements = [f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(label)} against azimuth">']
    for tick in range(round((high - low) / step) + 1):
        value = low + tick * step
        y = _y(value, low, high)
        elements.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        elements.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    for azimuth, name in ((-180, "back"), (-90, "right side"), (0, "front"), (90, "left side"), (180, "back")):
        anchor = {-180: "start", 180: "end"}.get(azimuth, "middle")
        x, y = _x(azimuth), _HEIGHT - _BOTTOM + 18
        elements.append(f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}">{azimuth}° {name}</text>')
    for number, (row, curve) in enumerate(curves.items()):
        elements.append(_line(number, row, _closed(curve), low, high))
    elements.append("</svg>")
    return "".join(elements)


def _closed(curve: Mapping[float, float]) -> dict[float, float]:
    """The back on both ends."""
    closed = dict(curve)
    if -180.0 in closed:
        closed[180.0] = closed[-180.0]
    return dict(sorted(closed.items()))


def _line(number: int, row: str, curve: Mapping[float, float], low: float, high: float) -> str:
    points = " ".join(f"{_x(azimuth):.1f},{_y(value, low, high):.1f}" for azimuth, value in curve.items())
    dots = "".join(
        f'<circle cx="{_x(azimuth):.1f}" cy="{_y(value, low, high):.1f}" r="3">'
        f"<title>{escape(row)}, {azimuth:.0f}°: {value:.2f}</title></circle>"
        for azimuth, value in curve.items()
    )
    return f'<g class="s{number % SERIES}"><polyline points="{points}"/>{dots}</g>'


def legend(rows: Mapping[str, object]) -> str:
    """The rows' names beside their colours."""
    items = (f'<span class="s{n % SERIES}"><i></i>{escape(row)}</span>' for n, row in enumerate(rows))
    return f'<p class="legend">{"".join(items)}</p>'


def _scale(lowest: float, highest: float) -> tuple[float, float, float]:
    """Round ends, and a round step with four to eight lines between them."""
    span = max(highest - lowest, 1e-6)
    power = 10 ** math.floor(math.log10(span / 4))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if span / (factor * power) <= 6)
    return math.floor(lowest / step) * step, math.ceil(highest / step) * step, step


def _x(azimuth: float) -> float:
    return _LEFT + (azimuth + 180) / 360 * (_WIDTH - _LEFT - _RIGHT)


def _y(value: float, low: float, high: float) -> float:
    return _TOP + (high - value) / max(high - low, 1e-9) * (_HEIGHT - _TOP - _BOTTOM)
