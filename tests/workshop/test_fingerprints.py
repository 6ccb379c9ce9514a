"""Fingerprints: what changes them, and what must not pass unnoticed."""

from pathlib import Path

import pytest

from workshop.fingerprints import code_fingerprint, files_fingerprint


@pytest.fixture
def code(tmp_path: Path) -> Path:
    for name in ("a.py", "part/b.py", "report/c.py", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def changed(code: Path, name: str, without: tuple[Path, ...] = ()) -> bool:
    """Whether another line in a file gives another fingerprint of all code but `without`."""
    before = code_fingerprint((code,), without)
    code_fingerprint.cache_clear()
    (code / name).write_text("another line")
    return code_fingerprint((code,), without) != before


@pytest.mark.parametrize("name, counts", [("a.py", True), ("part/b.py", True), ("notes.txt", False)])
def test_code_below_a_folder_counts(code: Path, name: str, counts: bool) -> None:
    assert changed(code, name) is counts


def test_what_is_left_out_does_not_count(code: Path) -> None:
    assert not changed(code, "report/c.py", without=(code / "report",))
    assert not changed(code, "part/b.py", without=(code / "part" / "b.py",))


def test_a_list_that_is_out_of_date_is_noticed(code: Path) -> None:
    with pytest.raises(FileNotFoundError, match="gone.py"):
        code_fingerprint((code / "a.py", code / "gone.py"))
    with pytest.raises(FileNotFoundError, match="moved"):
        code_fingerprint((code,), without=(code / "moved",))


def test_files_count_by_name_and_size(code: Path) -> None:
    files = [code / "a.py", code / "notes.txt"]
    before = files_fingerprint(files, code)
    assert files_fingerprint(files, code) == before != files_fingerprint(files[:1], code)
    (code / "notes.txt").write_text("longer than before")
    assert files_fingerprint(files, code) != before
