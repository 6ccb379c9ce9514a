"""What made something, in a short string: kept results count as long as their inputs and the code are the same."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable
from pathlib import Path


def files_fingerprint(files: Iterable[Path], root: Path) -> str:
    """SHA-256, in hexadecimal, of the files' names below `root`, their sizes and their times."""
    digest = hashlib.sha256()
    for file in files:
        status = file.stat()
        digest.update(f"{file.relative_to(root).as_posix()} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


@functools.cache
def code_fingerprint(places: tuple[Path, ...], without: tuple[Path, ...] = ()) -> str:
    """SHA-256, in hexadecimal, of Python source.

    Args:
        places: files, or folders with everything below them.
        without: files and folders among these that do not count.

    Raises:
        FileNotFoundError: a place is not there: a list that is out of date must not pass for unchanged code.
    """
    digest = hashlib.sha256()
    for place in (*places, *without):
        if not place.exists():
            raise FileNotFoundError(f"{place} is named for a fingerprint and does not exist")
    for place in places:
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            if not any(file == left_out or left_out in file.parents for left_out in without):
                digest.update(file.read_bytes())
    return digest.hexdigest()
