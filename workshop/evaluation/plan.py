"""What is measured: told to every worker, and part of what a kept result must have been made with."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path

from bodydouble.weights import WeightsFile
from workshop.evaluation.cases import LIBRARY, WORKSHOP
from workshop.evaluation.datasets import Source
from workshop.evaluation.measures.learned import LearnedMeasures
from workshop.evaluation.methods.rows import ROWS
from workshop.evaluation.protocols import Protocol
from workshop.fingerprints import code_fingerprint

_EVALUATION = Path(__file__).parent
# What shows results, and makes none.
_SHOWS_RESULTS = ("report", "pairs", "benchmarks", "run.py", "export_judge.py", "human_sgd.py", "__main__.py")
_NOT_MEASURING = tuple(_EVALUATION / name for name in _SHOWS_RESULTS)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One run of the benchmark."""

    out: Path
    source: Source
    rows: tuple[str, ...] | None  # of every table; None: `ROWS`, and those of each table that networks paint
    protocols: tuple[Protocol, ...]
    fitting: bool = True
    flicker_frames: int = 24  # of a walk at 30 frames a second; 0: no flicker
    people: int = 24  # of each set, for the tables beside the protocols
    learned: LearnedMeasures = LearnedMeasures()
    networks: WeightsFile | None = None

    def rows_of(self, painted: tuple[str, ...], further: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The rows of a table in which `painted` are those that need networks, and `further` are its own."""
        if self.rows is not None:
            return self.rows
        return (*ROWS, *further, *(painted if self.networks else ()))

    def folder(self, kind: str) -> Path:
        """Where fits, results and pictures of the data set are kept."""
        return self.out / kind / self.source.dataset.replace(":", ".")

    def files(self) -> list[str]:
        """A phrase for each file of networks that took part."""
        named = {"Networks": self.networks, "Own discriminator": self.learned.judge}
        return [f"{what}: {f.path.name}, sha256 {f.sha256[:16]}…" for what, f in named.items() if f is not None]

    def stamp(self) -> str:
        """What a kept result must have been made with to count."""
        fields = asdict(self)
        del fields["out"]
        for holder, name in ((fields, "networks"), (fields["learned"], "judge")):
            holder[name] = holder[name] and holder[name]["sha256"]  # wherever the file lies
        code = code_fingerprint(LIBRARY) + code_fingerprint(WORKSHOP, _NOT_MEASURING)
        return hashlib.sha256((repr(fields) + code).encode()).hexdigest()
