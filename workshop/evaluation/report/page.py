"""The report as one HTML page that needs no other file: tables, curves over the azimuth, pictures side by side."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from workshop.evaluation.plan import Plan
from workshop.evaluation.protocols import FITTING, FLICKER, Protocol
from workshop.evaluation.report.columns import has_value, heading, measure_of, measured_columns, measured_rows, reasons
from workshop.evaluation.report.plots import azimuth_plot, legend
from workshop.evaluation.report.style import STYLE
from workshop.evaluation.report.summary import by_azimuth
from workshop.evaluation.results import Result

_ALL_AROUND = 6  # views from which a curve is worth drawing
_SHEETS = 12  # people whose pictures the page holds, of each table


def page(plan: Plan, tables: Mapping[str, Any], results: Sequence[Result], seconds: float) -> str:
    """The whole page.

    Args:
        tables: as `summary.report` makes them.
        seconds: that this run took.
    """
    sections = [_protocol(plan, protocol, tables[protocol.name], results) for protocol in plan.protocols]
    if FITTING in tables:
        note = (
            "The fitted bare body against the true one. Vertices and joints: mean distance with the roots laid over "
            "each other, in the camera's axes; after Procrustes: with size and tilt made alike."
        )
        sections.append(_section(FITTING, "Fitting error", note, tables[FITTING], best=False))
    if FLICKER in tables:
        note = "Mean change of colour at the same point of the surface between neighbouring frames of a walk."
        sections.append(_section(FLICKER, "Flicker of a walk", note, tables[FLICKER]))
    links = "".join(f'<a href="#{name}">{name}</a>' for name in tables)
    files = "".join(f" {escape(line)}." for line in plan.files())
    people = f"{len(results)} people, {len({r.cluster for r in results})} outfits" if results else "nobody"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Bodydouble benchmark</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style></head><body>'
        f"<header><h1>Bodydouble benchmark</h1><p>{escape(plan.source.dataset)}, split {escape(plan.source.split)}: "
        f"{people}. Means over people; below them 95 % intervals over outfits. Pictures are 512², on white. "
        f"{seconds / 60:.1f} min.{files}</p><nav>{links}</nav></header><main>{''.join(sections)}</main></body></html>"
    )


def _protocol(plan: Plan, protocol: Protocol, table: Mapping[str, Any], results: Sequence[Result]) -> str:
    extra = ""
    if any(len(group.azimuths_deg) >= _ALL_AROUND for group in protocol.groups):
        for column, unit in (("psnr", "PSNR, dB"), ("ssim", "SSIM"), ("iou", "IoU")):
            curves = by_azimuth(protocol.name, column, results)
            if curves:
                extra += f"<figure><figcaption>{unit}</figcaption>{legend(curves)}{azimuth_plot(curves, unit)}</figure>"
    views = len({azimuth for group in protocol.groups for azimuth in group.azimuths_deg})
    note = f"{protocol.source}. Here {views} views of each person and pose."
    return _section(protocol.name, protocol.title, note, table, extra + _pictures(plan, protocol, results))


def _section(name: str, title: str, note: str, table: Mapping[str, Any], extra: str = "", best: bool = True) -> str:
    head = f'<section id="{name}"><h2>{escape(title)} <small>{name}</small></h2><p>{escape(note)}</p>'
    if "missing" in table:
        return f"{head}<p class='none'>Not measured: {escape(table['missing'])}.</p></section>"
    return f"{head}{_table(table, best)}{extra}</section>"


def _table(table: Mapping[str, Any], best: bool) -> str:
    measured, columns = measured_rows(table), measured_columns(table)
    winners = {c: _winner(c, measured) for c in columns} if best else {}
    head = "".join(f"<th>{escape(heading(column))}</th>" for column in columns)
    body = ""
    for row, figures in measured.items():
        cells = "".join(_cell(figures.get(column), column, winners.get(column) == row) for column in columns)
        body += f"<tr><th>{escape(row)}</th><td>{figures.get('people', '')}</td>{cells}</tr>"
    return (
        f'<div class="wide"><table><thead><tr><th></th><th>people</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{_absent(table)}"
    )


def _cell(figure: Any, column: str, wins: bool) -> str:
    if not has_value(figure):
        return "<td>–</td>"
    digits = measure_of(column)[1]
    interval = figure["ci95"]
    spread = f"<small>{interval[0]:.{digits}f} – {interval[1]:.{digits}f}</small>" if interval else ""
    return f"<td{' class=best' if wins else ''}>{figure['mean']:.{digits}f}{spread}</td>"


def _absent(table: Mapping[str, Any]) -> str:
    """What has no numbers, folded away."""
    lines = reasons(table)
    if not lines:
        return ""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f'<details class="none"><summary>Not measured: {len(lines)}</summary><ul>{items}</ul></details>'


def _winner(column: str, rows: Mapping[str, Any]) -> str | None:
    """The row with the best mean; None where two are equally good, as they are told."""
    _, digits, direction = measure_of(column)
    means = {row: round(f[column]["mean"], digits) for row, f in rows.items() if has_value(f.get(column))}
    best = max(means.values(), key=lambda mean: mean * direction, default=0.0)
    winners = [row for row, mean in means.items() if mean == best]
    return winners[0] if direction and len(means) > 1 and len(winners) == 1 else None


def _pictures(plan: Plan, protocol: Protocol, results: Sequence[Result]) -> str:
    heads = "".join(
        f"<span>{escape(name)}</span>" for name in ("photo", "truth", *plan.rows_of(protocol.networks, protocol.rows))
    )
    people = ""
    for result in results:
        path = plan.folder("pictures") / protocol.name / f"{result.subject}.jpg"
        measured = any(m.protocol == protocol.name for m in result.measurements)
        if measured and path.exists() and people.count("<figure") < _SHEETS:
            data = base64.b64encode(path.read_bytes()).decode()
            alt = f"{result.subject} in {protocol.name}"
            people += (
                f"<figure><figcaption>{escape(result.subject)} · {escape(result.cluster)}</figcaption>"
                f'<div class="wide"><div class="sheet"><div class="heads">{heads}</div>'
                f'<img loading="lazy" alt="{escape(alt)}" src="data:image/jpeg;base64,{data}"></div></div></figure>'
            )
    return f"<details open><summary>Pictures</summary>{people}</details>" if people else ""
