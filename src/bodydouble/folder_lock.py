"""One owner for each folder: a second one would take what the first one is doing for interrupted."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import IO

from bodydouble.errors import InputError

if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def lock_folder(folder: Path, refusal: str) -> IO[bytes]:
    """A folder's lock, held until it is closed or this process ends, however it ends.

    Args:
        refusal: what is said where somebody else holds it.

    Raises:
        InputError: somebody else holds it.
    """
    file = (folder / ".lock").open("wb")
    try:
        _lock(file)
    except OSError:
        file.close()
        raise InputError(refusal) from None
    return file
