"""From single numbers to the tables: means over people, and how sure they are.

Intervals are 95 % percentile bootstraps over clusters: people in the same outfit are no independent witnesses, so
outfits are drawn with replacement and bring all their people (Field and Welsh, "Bootstrapping clustered data", 2007).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor

from workshop.evaluation.measures.learned import OF_SETS, PAIRWISE
from workshop.evaluation.measures.sets import set_distance
from workshop.evaluation.methods.rows import MISSING
from workshop.evaluation.plan import Plan
from workshop.evaluation.protocols import FITTING, FLICKER, Protocol
from workshop.evaluation.results import TRUTH, Result

_RESAMPLES = 2000
_SET_RESAMPLES = 50  # of measures of sets, which cost seconds each

Figure = dict[str, Any]  # {"mean": …, "ci95": […, …] or null} or {"missing": why}: what stands in report.json


def cluster_mean(values: Sequence[float], clusters: Sequence[str]) -> Figure:
    """The mean over people with its 95 % interval; no interval where all people share one cluster."""
    numbers = np.asarray(values, dtype=np.float64)
    groups = [numbers[[c == name for c in clusters]] for name in sorted(set(clusters))]
    mean = float(numbers.mean())
    if len(groups) < 2:
        return {"mean": mean, "ci95": None}
    totals, counts = np.array([g.sum() for g in groups]), np.array([len(g) for g in groups])
    picks = np.random.default_rng(0).integers(len(groups), size=(_RESAMPLES, len(groups)))
    means = totals[picks].sum(1) / counts[picks].sum(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return {"mean": mean, "ci95": [float(low), float(high)]}


def report(plan: Plan, results: Sequence[Result]) -> dict[str, dict[str, Any]]:
    """The tables as `report.json` has them: protocol, row, column."""
    tables: dict[str, dict[str, Any]] = {}
    for protocol in plan.protocols:
        table = _table(protocol.name, results)
        if table:
            for row, figures in table.items():
                figures |= _learned(plan, protocol, row, results)
            if plan.networks is None:
                table |= {row: {"missing": MISSING[row]} for row in protocol.networks}
        tables[protocol.name] = table or {"missing": _reason(protocol.name, results)}
    if plan.fitting:
        tables[FITTING] = _table(FITTING, results) or {"missing": _reason(FITTING, results)}
    if plan.flicker_frames > 1:
        tables[FLICKER] = _table(FLICKER, results) or {"missing": _reason(FLICKER, results)}
    return tables


def _table(name: str, results: Sequence[Result]) -> dict[str, Any]:
    """Rows and columns of everything that was measured person by person."""
    per_person: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    clusters = {result.subject: result.cluster for result in results}
    for result in results:
        for m in result.measurements:
            if m.protocol == name:
                per_person[m.row, m.column][result.subject].append(m.value)
    table: dict[str, Any] = defaultdict(dict)
    for (row, column), people in per_person.items():
        means = [float(np.mean(values)) for values in people.values()]
        table[row][column] = cluster_mean(means, [clusters[person] for person in people])
        table[row]["people"] = max(table[row].get("people", 0), len(people))
    return dict(table)


def _learned(plan: Plan, protocol: Protocol, row: str, results: Sequence[Result]) -> Figure:
    """Columns that need weights: measures of sets, and why others have no value."""
    figures: Figure = {}
    for group in protocol.groups:
        for measure in group.learned:
            column, missing = group.column(measure), plan.learned.missing(measure)
            if missing:
                figures[column] = {"missing": missing}
            elif measure in OF_SETS:
                figures[column] = _of_sets(measure, f"{protocol.name}/{column}", row, results)
            else:
                assert measure in PAIRWISE
    return figures


def _of_sets(measure: str, key: str, row: str, results: Sequence[Result]) -> Figure:
    groups: dict[str, list[tuple[Tensor, Tensor]]] = defaultdict(list)
    for result in results:
        if f"{key}/{row}" in result.features:
            groups[result.cluster].append((result.features[f"{key}/{row}"], result.features[f"{key}/{TRUTH}"]))

    def value(names: Sequence[str]) -> float | None:
        people = [person for name in names for person in groups[name]]
        drawn, true = ([f for person in people for f in person[side]] for side in (0, 1))
        return set_distance(measure, drawn, true)

    names = sorted(groups)
    mean = value(names)
    if mean is None:
        return {"missing": "too few pictures"}
    rng = np.random.default_rng(0)
    drawn = [value([names[i] for i in rng.integers(len(names), size=len(names))]) for _ in range(_SET_RESAMPLES)]
    values = [v for v in drawn if v is not None]
    if len(names) < 2 or not values:
        return {"mean": mean, "ci95": None}
    low, high = np.percentile(values, [2.5, 97.5])
    return {"mean": mean, "ci95": [float(low), float(high)]}


def _reason(name: str, results: Sequence[Result]) -> str:
    """Why a table has no numbers: what was said most often."""
    reasons = [result.failures[name] for result in results if name in result.failures]
    return max(set(reasons), key=reasons.count) if reasons else "the data set has no people for it"


def by_azimuth(name: str, column: str, results: Sequence[Result]) -> dict[str, dict[float, float]]:
    """Of each row, the mean over people at each azimuth (degrees, -180 to 180)."""
    values: dict[str, dict[float, list[float]]] = defaultdict(lambda: defaultdict(list))
    for result in results:
        for m in result.measurements:
            if (m.protocol, m.column) == (name, column):
                values[m.row][(m.azimuth_deg + 180) % 360 - 180].append(m.value)
    return {row: {a: float(np.mean(v)) for a, v in sorted(places.items())} for row, places in values.items()}
