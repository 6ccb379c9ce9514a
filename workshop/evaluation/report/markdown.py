"""The tables as Markdown, for the documentation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workshop.evaluation.report.columns import has_value, heading, measure_of, measured_columns, measured_rows, reasons


def markdown(tables: Mapping[str, Any]) -> str:
    """Every table with its means and, behind them, 95 % intervals; what has no numbers is told below it."""
    return "\n".join(_section(name, table) for name, table in tables.items())


def _section(name: str, table: Mapping[str, Any]) -> str:
    if "missing" in table:
        return f"### {name}\n\nNot measured: {table['missing']}.\n"
    columns = measured_columns(table)
    lines = [
        f"### {name}\n",
        f"| | people | {' | '.join(heading(column) for column in columns)} |",
        "|---|---|" + "---|" * len(columns),
    ]
    for row, figures in measured_rows(table).items():
        cells = " | ".join(_cell(figures.get(column), column) for column in columns)
        lines.append(f"| {row} | {figures['people']} | {cells} |")
    return "\n".join([*lines, "", *(f"- {line}" for line in reasons(table))]).rstrip() + "\n"


def _cell(figure: Any, column: str) -> str:
    if not has_value(figure):
        return "–"
    digits, interval = measure_of(column)[1], figure["ci95"]
    spread = f" ({interval[0]:.{digits}f} – {interval[1]:.{digits}f})" if interval else ""
    return f"{figure['mean']:.{digits}f}{spread}"
