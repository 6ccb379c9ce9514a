"""What can be chosen about a run of the benchmark, checked and made into a plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from bodydouble.errors import InputError
from bodydouble.weights import DINAR, SHIPPED, WeightsFile, find_weights, sha256_of
from workshop.evaluation.datasets import Source
from workshop.evaluation.measures.judge import load_judge
from workshop.evaluation.measures.learned import LearnedMeasures
from workshop.evaluation.methods.rows import MISSING, ROWS, check_rows
from workshop.evaluation.plan import Plan
from workshop.evaluation.protocols import FITTING, FLICKER, NAMES, PROTOCOLS, quick
from workshop.measures.pretrained import PretrainedNetworks

_QUICK_PEOPLE, _QUICK_VIEWS, _QUICK_FRAMES = 3, 6, 8  # people a set, views around, frames of the walk
_FRAMES = 33  # of the walk, at 30 a second


@dataclass(frozen=True, kw_only=True)
class EvaluationConfig:
    """What can be chosen about a run."""

    out: Path
    source: Source
    quick: bool = False  # three people a set, six views around
    methods: tuple[str, ...] | None = None  # rows; None: all that can be made, each in its tables
    protocols: tuple[str, ...] = NAMES
    people: int = 24  # of each set, at most
    views: int | None = None  # around, of tables that see people from all sides; None: all there are
    workers: int = 2
    weights: str | Path | None = None  # networks: a file, or the name of those that ship; None: the first that ship
    judge: Path | None = None  # a discriminator's file, for the distance of our own
    measure_weights: Path | None = None  # folder with weights of other people's measures
    reid: str | None = None


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
    if config.views is not None and config.views < 1:
        raise InputError("views is a number from 1")
    protocols = [replace(p, at_most=min(p.at_most, people)) for p in PROTOCOLS if p.name in config.protocols]
    views = _QUICK_VIEWS if config.quick else config.views
    if views is not None:
        protocols = [quick(protocol, people, views) for protocol in protocols]
    frames = _QUICK_FRAMES if config.quick else _FRAMES
    return Plan(
        out=config.out,
        source=config.source,
        rows=config.methods,
        protocols=tuple(protocols),
        fitting=FITTING in config.protocols,
        flicker_frames=frames if FLICKER in config.protocols else 0,
        people=people,
        learned=LearnedMeasures(
            networks=PretrainedNetworks(weights=config.measure_weights), reid=config.reid, judge=judge
        ),
        networks=networks,
    )


def networks_file(name: str | Path | None) -> WeightsFile | None:
    """The networks that rows are painted with; None where none were named and none ship.

    Raises:
        InputError: there is no such file, or none under that name.
    """
    if name is None:
        return find_weights(DINAR) if DINAR in SHIPPED else None
    if Path(name).is_dir():
        raise InputError(f"{name} is a folder; --weights names a file of networks, --measure-weights such a folder")
    return find_weights(name)


def judge_file(path: Path | None) -> WeightsFile | None:
    """The discriminator of the distance of our own, looked into; None where none was named. Raises InputError."""
    if path is None:
        return None
    load_judge(path)
    return WeightsFile(name=str(path), path=path, sha256=sha256_of(path))
