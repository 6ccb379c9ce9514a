"""Doubles and jobs on disk, found by id: an address never becomes a path.

doubles/ID/upload     the photo or video, as it came; further ones as upload-2 and so on
doubles/ID/motion.*   the motion that was dropped on it
doubles/ID/*          what was made of it (`products`), and about.json
jobs/ID.json          one job each, written whole or not at all

A double that is another one changed has what that took beside it: source.double, clothes.double, region.json (`edits`).
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from bodydouble.errors import InputError
from bodydouble.files import whole_file
from bodydouble.studio.products import DOUBLE, PRODUCTS

CREATE = "create"  # what a job makes, where that is no product's file
UPLOAD, MOTION, ABOUT = "upload", "motion", "about.json"
_ID = re.compile(r"[0-9a-f]{16}")


class State(StrEnum):
    """Of a job."""

    waiting = "waiting"
    running = "running"
    done = "done"
    failed = "failed"
    cancelled = "cancelled"
    interrupted = "interrupted"  # the studio was closed before it was done


PENDING = (State.waiting, State.running)


@dataclass(frozen=True, kw_only=True)
class Job:
    """Something to be made for one double."""

    id: str
    double: str  # the id of the double
    makes: str  # CREATE, or a product's file
    name: str  # of the photo, for people
    created: float  # seconds since 1970
    options: dict[str, Any] = field(default_factory=dict)  # of CREATE
    state: State = State.waiting
    stage: str = ""  # what is being done: a stage of `pipeline`, or what the product says
    done: float = 0.0  # [0, 1]
    error: str = ""  # one sentence

    @staticmethod
    def from_json(text: str) -> Job:
        """Raises ValueError or TypeError for anything but a job; what another version's jobs have beside is ignored."""
        values = json.loads(text, parse_constant=_refuse_constant)
        if not isinstance(values, dict) or not is_id(values.get("id")) or not is_id(values.get("double")):
            raise ValueError("no job")
        names = {each.name for each in fields(Job)}
        job = Job(**{name: value for name, value in values.items() if name in names})
        return replace(job, state=State(job.state), created=float(job.created), options=dict(job.options))


def _refuse_constant(text: str) -> None:
    """NaN and infinities, which no answer to the page can hold."""
    raise ValueError(f"{text} in JSON")


def new_id() -> str:
    """16 hexadecimal digits."""
    return secrets.token_hex(8)


def is_id(text: object) -> bool:
    """Whether that can be an id; nothing else is looked up on disk."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def uploads_in(folder: Path) -> list[Path]:
    """The photos of a double in the order in which they were given."""
    further = folder.glob(f"{UPLOAD}-*")
    return [folder / UPLOAD, *sorted(further, key=lambda path: int(path.name.rpartition("-")[2]))]


def write_json(value: Any, path: Path) -> None:
    """Write a .json, whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(json.dumps(value), encoding="utf-8")


class StudioFolder:
    """The one folder that the studio reads and writes."""

    def __init__(self, root: Path) -> None:
        """Make it where it is missing. Raises InputError where that is impossible."""
        self._doubles, self._jobs = root / "doubles", root / "jobs"
        self.log = root / "worker.log"
        try:
            for folder in (self._doubles, self._jobs):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{root} cannot be the studio's folder: {error.strerror or error}") from error

    def double_folder(self, double: str) -> Path:
        """Where a double's files lie. Raises InputError for what is no id."""
        if not is_id(double):
            raise InputError("there is no such double")
        return self._doubles / double

    def product_path(self, double: str, file: str) -> Path:
        """Where a product lies or will lie. Raises InputError for what is no id, and for what is no product."""
        if file not in PRODUCTS:
            raise InputError(f"there is no {file!r} of a double; known: {', '.join(PRODUCTS)}")
        return self.double_folder(double) / file

    def motion_path(self, double: str, suffix: str) -> Path:
        """Where a dropped motion file lies, for a suffix of MOTION_SUFFIXES. Raises InputError for what is no id."""
        return self.double_folder(double) / f"{MOTION}{suffix}"

    def has_double(self, double: str) -> bool:
        """Whether it was made."""
        folder = self.double_folder(double)
        return (folder / DOUBLE.file).is_file() and (folder / ABOUT).is_file()

    def doubles(self) -> list[dict[str, Any]]:
        """What the page shows of each double that was made, the newest first."""
        names = [folder.name for folder in self._doubles.iterdir() if is_id(folder.name)]
        found = [about for name in names if (about := self.about(name))]
        return sorted(found, key=lambda about: about["created"], reverse=True)

    def files(self, double: str) -> list[str]:
        """The products that are there, even of a double that is still being made."""
        try:
            there = set(os.listdir(self.double_folder(double)))  # the page asks again and again: one look for all
        except OSError:
            return []
        return [file for file in PRODUCTS if file in there]

    def copy_files(self, double: str, folder: Path, names: Mapping[str, str]) -> None:
        """Copy files of a double into a new one's folder, under the names that they are to have there."""
        for name, new_name in names.items():
            if (path := self.double_folder(double) / name).is_file():
                shutil.copyfile(path, folder / new_name)

    def remove_double(self, double: str) -> None:
        """With everything that was made of it, and its photo."""
        shutil.rmtree(self.double_folder(double), ignore_errors=True)

    def save(self, job: Job) -> None:
        """Remember a job."""
        write_json(asdict(job), self._jobs / f"{job.id}.json")

    def forget(self, job: Job) -> None:
        """No more of that job."""
        (self._jobs / f"{job.id}.json").unlink(missing_ok=True)

    def load_jobs(self) -> Iterator[Job]:
        """All jobs; those that an earlier studio did not end are interrupted. Files that are no jobs are left alone."""
        for path in sorted(self._jobs.glob("*.json")):
            try:
                job = Job.from_json(path.read_text(encoding="utf-8"))
            except (OSError, ValueError, TypeError):
                continue
            yield replace(job, state=State.interrupted, stage="", done=0.0) if job.state in PENDING else job

    def about(self, double: str) -> dict[str, Any] | None:
        """What the page shows of a double; None where it was not made. Raises InputError for what is no id."""
        if not self.has_double(double):
            return None
        try:
            text = (self.double_folder(double) / ABOUT).read_text(encoding="utf-8")
            about = json.loads(text, parse_constant=_refuse_constant)
            created, options = float(about["created"]), dict(about.get("options", {}))
            return {**about, "id": double, "created": created, "options": options, "files": self.files(double)}
        except (OSError, ValueError, TypeError, KeyError):
            return None
