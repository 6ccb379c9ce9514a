"""The whole benchmark: people spread over worker processes, results collected, the report written."""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any

import torch

from bodydouble.body import body_model
from bodydouble.errors import InputError
from bodydouble.files import whole_file
from workshop.evaluation.config import EvaluationConfig, make_plan
from workshop.evaluation.datasets import TURNING, VARIED, open_dataset
from workshop.evaluation.measure import measure
from workshop.evaluation.plan import Plan
from workshop.evaluation.report.markdown import markdown
from workshop.evaluation.report.page import page
from workshop.evaluation.report.summary import report
from workshop.evaluation.results import Result, read_result

Say = Callable[[str], None]


def evaluate(config: EvaluationConfig, say: Say = lambda line: print(line, file=sys.stderr, flush=True)) -> None:
    """Measure everybody, or those not measured yet, and write `report.json` and `report.html` into `config.out`.

    Raises:
        InputError: something that was asked for does not exist, or the output folder's parent does not.
    """
    plan = make_plan(config)
    dataset = open_dataset(config.source, body_model())
    names = [name for kind in (TURNING, VARIED) for name in _participants(plan, kind, dataset.sets.get(kind, ()))]
    if not names:
        raise InputError(f"nobody of {dataset.name} takes part in {', '.join(config.protocols)}; ask for another table")
    for kind in ("fits", "results", "pictures"):
        plan.folder(kind).mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    for results in _measure_all(plan, names, config.workers, say):
        write_report(plan, results, time.perf_counter() - start)
    say(f"Report: {config.out / 'report.html'}")


def _participants(plan: Plan, kind: str, names: tuple[str, ...]) -> tuple[str, ...]:
    counts = [protocol.at_most for protocol in plan.protocols if protocol.people == kind]
    if plan.fitting or (plan.flicker_frames > 1 and kind == TURNING):
        counts.append(plan.people)
    return names[: max(counts, default=0)]


def _measure_all(plan: Plan, names: list[str], workers: int, say: Say) -> Iterator[list[Result]]:
    """All results that there are, in the order of `names`, after each person; kept ones are not measured again."""
    results = {name: read_result(plan, name) for name in names}
    # The longest work first: people in varied poses are in most tables.
    open_names = [name for name in reversed(names) if results[name] is None]
    if len(open_names) < len(names):
        say(f"{len(names) - len(open_names)} of {len(names)} people are measured already")
        yield [result for result in results.values() if result is not None]
    start = time.perf_counter()
    context = multiprocessing.get_context("spawn")
    count = min(workers, max(1, len(open_names)))
    with ProcessPoolExecutor(count, context, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        jobs = {pool.submit(measure, plan, name): name for name in open_names}
        try:
            for done, job in enumerate(as_completed(jobs), start=1):
                results[jobs[job]] = result = job.result()
                spent = time.perf_counter() - start
                left = spent / done * (len(jobs) - done)
                say(f"{done}/{len(jobs)} {result.subject}, {spent:.0f} s, about {left:.0f} s left")
                for table, reason in result.failures.items():
                    say(f"    {table}: {reason}")
                yield [result for result in results.values() if result is not None]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


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
