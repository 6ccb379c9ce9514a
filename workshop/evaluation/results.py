"""What was measured of one person, and the file in which a later run finds it again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from safetensors.torch import load_file, save_file
from torch import Tensor

from bodydouble.files import whole_file
from workshop.evaluation.plan import Plan

TRUTH = "truth"  # the row under which true pictures' features stand


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One number: of one person, seen from one side."""

    protocol: str
    row: str
    column: str
    azimuth_deg: float  # relative to the input's
    value: float


@dataclass(frozen=True, kw_only=True)
class Result:
    """Everything that was measured of one person."""

    subject: str
    cluster: str
    measurements: tuple[Measurement, ...]
    failures: dict[str, str]  # by protocol: why it has no numbers for this person
    features: dict[str, Tensor]  # by "protocol/column/row": N×D, for measures of sets


def read_result(plan: Plan, name: str) -> Result | None:
    """A person's kept result; None where there is none, or one of another plan or of older code."""
    path = plan.folder("results") / f"{name}.json"
    if not path.exists():
        return None
    fields = json.loads(path.read_text())
    if fields["stamp"] != plan.stamp():
        return None
    features = path.with_suffix(".safetensors")
    return Result(
        subject=fields["subject"],
        cluster=fields["cluster"],
        measurements=tuple(Measurement(**row) for row in fields["measurements"]),
        failures=fields["failures"],
        features=load_file(features) if fields["features"] else {},
    )


def write_result(plan: Plan, result: Result) -> None:
    """Keep a person's result."""
    path = plan.folder("results") / f"{result.subject}.json"
    if result.features:
        with whole_file(path.with_suffix(".safetensors")) as temporary:
            save_file(result.features, temporary)
    fields = {
        "stamp": plan.stamp(),
        "subject": result.subject,
        "cluster": result.cluster,
        "failures": result.failures,
        "features": sorted(result.features),
        "measurements": [asdict(row) for row in result.measurements],
    }
    with whole_file(path) as temporary:
        temporary.write_text(json.dumps(fields))
