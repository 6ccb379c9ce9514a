"""Writing files so that an interrupted write never leaves a broken one behind, and names as they can be shown."""

import os
import re
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bodydouble.errors import InputError

_TEMPORARY = re.compile(r"\.[0-9a-f]{16}(\.\w*)?")  # how `whole_file` names what it has not finished


def cache_folder() -> Path:
    """Where what can be made again is kept between runs. It need not exist.

    `bodydouble` in $XDG_CACHE_HOME where that is set, else in ~/.cache, on Windows in %LOCALAPPDATA%.
    """
    local = os.environ.get("LOCALAPPDATA") if sys.platform == "win32" else None
    return Path(os.environ.get("XDG_CACHE_HOME") or local or Path.home() / ".cache") / "bodydouble"


def check_parent(path: Path) -> None:
    """Raise InputError unless `path` is in a folder that exists."""
    if not path.parent.is_dir():
        raise InputError(f"cannot write {path}: the folder {path.parent} does not exist; create it first")


def check_writable(path: Path) -> None:
    """Raise InputError unless `path` is a name for a file in a folder that exists."""
    check_parent(path)
    if path.is_dir():
        raise InputError(f"cannot write {path}: it is a folder; give a file name")


def printable(text: str) -> str:
    """The text on one line, with what is no visible character escaped: control characters, and bytes of a file's name
    that are no UTF-8 (which Python keeps as lone surrogates)."""
    return "".join(character if character.isprintable() else _escaped(character) for character in text)


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii") if not 0xD800 <= code <= 0xDFFF else f"\\u{code:04x}"


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` when the block ends without an error.

    The temporary name keeps the suffix, because writers choose their format by it. An existing `path` stays
    untouched until the rename. The file has the permissions of any new one, whatever its writer gives it.

    Raises:
        InputError: the folder of `path` does not exist, or `path` is a folder.
    """
    path = Path(path)
    check_writable(path)
    # Without the stem, which may be as long as a name can be.
    temporary = path.with_name(f".{secrets.token_hex(8)}{path.suffix}")
    try:
        temporary.touch()
        mode = temporary.stat().st_mode  # as the user's umask has it; some writers make files only the user can read
        temporary.unlink()
        yield temporary
        temporary.chmod(mode)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> None:
    """Remove what `whole_file` left in a folder when its process was killed. Nobody may be writing into it."""
    for path in folder.iterdir():
        if _TEMPORARY.fullmatch(path.name) and path.is_file():
            path.unlink()


def check_replaceable(path: Path, ours: Callable[[str], bool]) -> None:
    """Raise InputError unless `whole_folder` may write the folder `path`.

    Args:
        ours: whether a file of that name may be what an earlier run wrote.
    """
    check_parent(path)
    replaceable = path.is_dir() and all(ours(entry.name) for entry in path.iterdir())
    if path.name in ("", "..") or (path.exists() and not replaceable):
        raise InputError(f"cannot write {path}: something else is there; give a new name or an empty folder")


@contextmanager
def whole_folder(path: Path, ours: Callable[[str], bool]) -> Iterator[Path]:
    """Yield a new folder beside `path` that takes its place when the block ends without an error.

    Args:
        ours: whether a file of that name may be what an earlier run wrote.

    Raises:
        InputError: the parent folder does not exist, or `path` holds anything but an earlier run's files.
    """
    check_replaceable(path, ours)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    temporary.mkdir()
    try:
        yield temporary
        if path.exists():
            earlier = temporary.with_name(f"{temporary.name}.earlier")
            path.rename(earlier)
            temporary.rename(path)
            shutil.rmtree(earlier)
        else:
            temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
