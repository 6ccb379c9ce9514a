"""The whole benchmark: people shared out to worker processes, results collected, the report written."""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from bodydouble.body import body_model
from bodydouble.errors import InputError
from bodydouble.files import whole_file
from workshop.evaluation.learned import Learned
from workshop.evaluation.markdown import markdown
from workshop.evaluation.measure import Plan, Result, measure, read_result
from workshop.evaluation.methods import ROWS, check_rows
from workshop.evaluation.page import page
from workshop.evaluation.protocols import FITTING, FLICKER, NAMES, PROTOCOLS, quick
from workshop.evaluation.subjects import TURNING, VARIED, Source, open_dataset
from workshop.evaluation.summary import report

Say = Callable[[str], None]

_QUICK_PEOPLE, _QUICK_VIEWS, _QUICK_FRAMES = 3, 6, 8


@dataclass(frozen=True, kw_only=True)
class EvaluationConfig:
    """What can be chosen about a run."""

    out: Path
    source: Source
    quick: bool = False  # three people a set, six views around
    methods: tuple[str, ...] = tuple(ROWS)
    protocols: tuple[str, ...] = NAMES
    people: int = 24  # of each set, at most
    workers: int = 2
    weights: Path | None = None
    reid: str | None = None


def evaluate(config: EvaluationConfig, say: Say = lambda line: print(line, file=sys.stderr, flush=True)) -> None:
    """Measure everybody, or those not measured yet, and write `report.json` and `report.html` into `config.out`.

    Raises:
        InputError: something that was asked for does not exist, or the output folder's parent does not.
    """
    plan = make_plan(config)
    dataset = open_dataset(config.source, body_model())
    names = [name for kind in (TURNING, VARIED) for name in _needed(plan, kind, dataset.sets.get(kind, ()))]
    if not names:
        raise InputError(f"nobody of {dataset.name} takes part in {', '.join(config.protocols)}; ask for another table")
    for kind in ("fits", "results", "pictures"):
        plan.folder(kind).mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    results = _measure_all(plan, names, config.workers, say)
    write_report(plan, results, time.perf_counter() - start)
    say(f"Report: {config.out / 'report.html'}")


def make_plan(config: EvaluationConfig) -> Plan:
    """What the workers are told. Raises InputError for what does not exist."""
    if not config.out.parent.is_dir():
        raise InputError(f"cannot write {config.out}: the folder {config.out.parent} does not exist; create it first")
    if config.out.exists() and not config.out.is_dir():
        raise InputError(f"cannot write into {config.out}: it is a file; give a folder")
    unknown = [name for name in config.protocols if name not in NAMES]
    if unknown:
        raise InputError(f"unknown table {unknown[0]!r}; known: {', '.join(NAMES)}")
    if config.weights is not None and not config.weights.is_dir():
        raise InputError(f"there is no folder {config.weights}; give the folder that holds the weights")
    check_rows(config.methods)
    people = min(config.people, _QUICK_PEOPLE) if config.quick else config.people
    if people < 1 or config.workers < 1:
        raise InputError("people and workers are numbers from 1")
    protocols = [replace(p, at_most=min(p.at_most, people)) for p in PROTOCOLS if p.name in config.protocols]
    if config.quick:
        protocols = [quick(protocol, people, _QUICK_VIEWS) for protocol in protocols]
    frames = _QUICK_FRAMES if config.quick else 33
    return Plan(
        out=config.out,
        source=config.source,
        rows=config.methods,
        protocols=tuple(protocols),
        fitting=FITTING in config.protocols,
        flicker_frames=frames if FLICKER in config.protocols else 0,
        people=people,
        learned=Learned(weights=config.weights, reid=config.reid),
    )


def _needed(plan: Plan, kind: str, names: tuple[str, ...]) -> tuple[str, ...]:
    counts = [protocol.at_most for protocol in plan.protocols if protocol.people == kind]
    if plan.fitting or (plan.flicker_frames > 1 and kind == TURNING):
        counts.append(plan.people)
    return names[: max(counts, default=0)]


def _measure_all(plan: Plan, names: list[str], workers: int, say: Say) -> list[Result]:
    """In the order of `names`; what is kept from an earlier run is not measured again."""
    found = {name: read_result(plan, name) for name in names}
    # The longest work first: people in varied poses are in most tables.
    open_names = [name for name in reversed(names) if found[name] is None]
    if len(open_names) < len(names):
        say(f"{len(names) - len(open_names)} of {len(names)} people are measured already")
    start = time.perf_counter()
    context = multiprocessing.get_context("spawn")
    count = min(workers, max(1, len(open_names)))
    with ProcessPoolExecutor(count, context, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        jobs = {pool.submit(measure, plan, name): name for name in open_names}
        try:
            for done, job in enumerate(as_completed(jobs), start=1):
                found[jobs[job]] = result = job.result()
                spent = time.perf_counter() - start
                left = spent / done * (len(jobs) - done)
                say(f"{done}/{len(jobs)} {result.subject}, {spent:.0f} s, about {left:.0f} s left")
                for table, reason in result.failures.items():
                    say(f"    {table}: {reason}")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [result for result in found.values() if result is not None]


def write_report(plan: Plan, results: list[Result], seconds: float) -> None:
    """`report.json` and `report.md` with the tables alone, and `report.html` with everything."""
    tables: dict[str, Any] = report(plan, results)
    plan.out.mkdir(exist_ok=True)
    with whole_file(plan.out / "report.json") as temporary:
        temporary.write_text(json.dumps(tables, indent=1))
    with whole_file(plan.out / "report.md") as temporary:
        temporary.write_text(markdown(tables), encoding="utf-8")
    with whole_file(plan.out / "report.html") as temporary:
        temporary.write_text(page(plan, tables, results, seconds), encoding="utf-8")
