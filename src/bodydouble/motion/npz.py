"""Arrays of an `.npz` file that a stranger may have made; nothing is unpickled."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from bodydouble.errors import InputError
from bodydouble.motion.clip import MAX_FILE_BYTES


def array_names(path: Path) -> set[str]:
    """Names of the arrays in a file; none of what is no archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {item.filename.removesuffix(".npy") for item in archive.infolist()}
    except (zipfile.BadZipFile, OSError):
        return set()


def read_arrays(path: Path, names: Iterable[str], what: str) -> dict[str, np.ndarray]:
    """Those of the named arrays that the file has.

    Args:
        what: the file should be, for errors.

    Raises:
        InputError: it is damaged, holds objects, or unpacks to too much.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {item.filename: item.file_size for item in archive.infolist()}
        wanted = {f"{name}.npy" for name in names} & set(sizes)
        if sum(sizes[name] for name in wanted) > MAX_FILE_BYTES:
            raise InputError(f"{path} unpacks to more than {MAX_FILE_BYTES} bytes, the most a motion may have")
        with np.load(path, allow_pickle=False) as file:
            return {name.removesuffix(".npy"): file[name.removesuffix(".npy")] for name in wanted}
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, RuntimeError, MemoryError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} cannot be read as {what}: {error}") from None
