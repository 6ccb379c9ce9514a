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
from bodydouble.dinar.inpainter import SHIPPED as SHIPPED_DINAR
from bodydouble.errors import InputError
from bodydouble.files import whole_file
from bodydouble.weights import SHIPPED, WeightsFile, find_weights, sha256_of
from workshop.evaluation.judge import load_judge
from workshop.evaluation.learned import Learned
from workshop.evaluation.markdown import markdown
from workshop.evaluation.measure import Result, measure, read_result
from workshop.evaluation.methods import MISSING, ROWS, check_rows
from workshop.evaluation.page import page
from workshop.evaluation.plan import Plan
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
    methods: tuple[str, ...] | None = None  # rows; None: all that can be made, each in its tables
    protocols: tuple[str, ...] = NAMES
    people: int = 24  # of each set, at most
    workers: int = 2
    weights: str | Path | None = None  # networks: a file, or the name of those that ship; None: the first that ship
    judge: Path | None = None  # a discriminator's file, for the distance of our own
    measure_weights: Path | None = None  # folder with weights of other people's measures
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
    if config.measure_weights is not None and not config.measure_weights.is_dir():
        raise InputError(f"there is no folder {config.measure_weights}; give the folder that holds the weights")
    networks, judge = networks_file(config.weights), judge_file(config.judge)
    check_rows((*ROWS, *(MISSING if networks else ())) if config.methods is None else config.methods, networks)
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
        learned=Learned(weights=config.measure_weights, reid=config.reid, judge=judge),
        networks=networks,
    )


def networks_file(name: str | Path | None) -> WeightsFile | None:
    """The networks that rows are painted with; None where none were named and none ship.

    Raises:
        InputError: there is no such file, or none under that name.
    """
    if name is None:
        return find_weights(SHIPPED_DINAR) if SHIPPED_DINAR in SHIPPED else None
    if Path(name).is_dir():
        raise InputError(f"{name} is a folder; --weights names a file of networks, --measure-weights such a folder")
    return find_weights(name)


def judge_file(path: Path | None) -> WeightsFile | None:
    """The discriminator of the distance of our own, looked into; None where none was named. Raises InputError."""
    if path is None:
        return None
    load_judge(path)
    return WeightsFile(name=str(path), path=path, sha256=sha256_of(path))


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
        files = "".join(f"{line}\n\n" for line in plan.files())
        temporary.write_text(files + markdown(tables), encoding="utf-8")
    with whole_file(plan.out / "report.html") as temporary:
        temporary.write_text(page(plan, tables, results, seconds), encoding="utf-8")
