"""What became of each photo, one line of JSON each: a run that was interrupted goes on where it stopped."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bodydouble.batch import Order, Outcome
from bodydouble.weights import sha256_of

MANIFEST = "manifest.jsonl"


class State(StrEnum):
    """Of a photo."""

    done = "done"
    failed = "failed"


@dataclass(frozen=True, kw_only=True)
class Record:
    """What became of one photo."""

    photo: str  # its path
    bytes: int  # its size
    sha256: str  # of its file
    options: Mapping[str, Any]  # what was chosen: `settings.plain_settings`, but the device
    double: str  # the file's name
    state: State
    error: str = ""  # one sentence
    seconds: float = 0.0
    version: str = ""  # of Bodydouble
    seen_fraction: float | None = None  # of the double's surface, by area, in [0, 1]
    silhouette_iou: float | None = None  # of the double and the person
    notes: tuple[str, ...] = ()  # what `create` prints of it

    @staticmethod
    def from_json(line: str) -> Record:
        """What another version's lines have beside is ignored. Raises ValueError, TypeError or KeyError else."""
        values = json.loads(line)
        if not isinstance(values, dict):
            raise ValueError("no record")
        names = {each.name for each in fields(Record)}
        values = {name: value for name, value in values.items() if name in names}
        return Record(**{**values, "state": State(values["state"]), "notes": tuple(values.get("notes") or ())})


@dataclass
class Manifest:
    """The records of one folder; of a double that was ordered several times the last one counts."""

    path: Path
    records: dict[str, Record] = field(default_factory=dict)  # by `Record.double`

    @staticmethod
    def load(folder: Path) -> Manifest:
        """Of an earlier run, or a new one. A line that is not whole, as of a run that was killed, is passed over."""
        manifest = Manifest(folder / MANIFEST)
        if manifest.path.is_file():
            for line in manifest.path.read_text(encoding="utf-8", errors="replace").splitlines():
                try:
                    record = Record.from_json(line)
                except (ValueError, TypeError, KeyError):
                    continue
                manifest.records[record.double] = record
        return manifest

    def add(self, record: Record) -> None:
        """Append a line; when this returns, it is on the disk."""
        self.records[record.double] = record
        with self.path.open("ab+") as file:
            if file.tell() and not self._ends_with_line(file.tell()):
                file.write(b"\n")  # after the half line of a run that was killed
            file.write(json.dumps(asdict(record)).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def made(self, order: Order) -> bool:
        """Whether the double of an order is there, of the same bytes with the same options."""
        record = self.records.get(order.double.name)
        if record is None or record.state != State.done or not order.double.is_file() or not order.picture.is_file():
            return False
        return record.options == options_of(order) and record.sha256 == _fingerprint(order.photo)[1]

    def _ends_with_line(self, size: int) -> bool:
        with self.path.open("rb") as file:
            file.seek(size - 1)
            return file.read(1) == b"\n"


def options_of(order: Order) -> dict[str, Any]:
    """What makes one double another; the device does not."""
    return {name: value for name, value in order.settings.items() if name != "device"}


def record_outcome(outcome: Outcome) -> Record:
    """The line of an outcome."""
    order = outcome.order
    size, sha256 = _fingerprint(order.photo)
    return Record(
        photo=str(order.photo.absolute()),
        bytes=size,
        sha256=sha256,
        options=options_of(order),
        double=order.double.name,
        state=State.failed if outcome.error else State.done,
        error=outcome.error,
        seconds=round(outcome.seconds, 2),
        version=version("bodydouble"),
        **outcome.facts,
    )


def _fingerprint(photo: Path) -> tuple[int, str]:
    """A file's size and SHA-256; 0 and nothing where it cannot be read, which its outcome tells."""
    try:
        return photo.stat().st_size, sha256_of(photo)
    except OSError:
        return 0, ""
